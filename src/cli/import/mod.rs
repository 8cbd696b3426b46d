//! Brings files in over `ImportDocuments`.
//!
//! A thread reads the files and makes documents of them; the stream carries them to the service and hears what became
//! of them. Between the two stand bounded queues, so memory does not grow with the size of the input.

mod beginning;
pub(super) mod command;
mod event;
mod files;
mod journal;
mod reader;
mod record;
mod stream;
mod summary;
mod unacknowledged;
mod values;

pub use beginning::{Rest, begin};
pub use event::{ImportEvent, Place, Remark};
pub use files::PathError;
pub use journal::JournalError;
pub use reader::{Content, ImportOptions};
pub use stream::{ImportError, run};
pub use summary::ImportSummary;
