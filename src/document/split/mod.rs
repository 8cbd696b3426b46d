//! How a text falls into paragraphs: lines, markers, outline, packing.
//!
//! ```text
//! text → lines (hard wraps joined) → markers (一、 第一条 …) → outline (blocks under headings) → packing → sections
//! ```

mod headings;
mod lines;
mod markers;
mod nesting;
mod numerals;
mod outline;
mod packing;
mod section;
mod sentences;
mod span;

pub(super) use packing::CRUMB;
pub use section::{Section, split};
