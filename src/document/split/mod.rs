//! How a text falls into paragraphs: lines, markers, outline, packing.
//!
//! ```text
//! text → lines (hard wraps joined) → markers (一、 第一条 …) → outline (blocks under headings) → packing → sections
//! ```

mod around;
mod below;
mod contents;
mod cutting;
mod enumerations;
mod headings;
mod inner;
mod labels;
#[cfg(test)]
mod laws;
mod letters;
mod lines;
mod markers;
mod marks;
mod members;
mod nesting;
mod numerals;
mod outline;
mod packing;
mod parallels;
mod people;
mod rank;
mod section;
mod series;
mod shape;
mod span;
#[cfg(test)]
mod tests;
mod widths;

pub(super) use packing::CRUMB;
pub use section::{Section, split, split_while};
