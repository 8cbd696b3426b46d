//! What operators see of the service: log lines and metrics.
//!
//! The module does not know who logs and who counts; it never sees query text, ids or addresses as labels.

mod logs;
mod metrics;
mod shed;

pub use logs::{LogError, LogForm, init};
pub use metrics::{CONTENT_TYPE, Counted, Metrics};
pub use shed::ShedReason;
