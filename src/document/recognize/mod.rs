//! What a text says about itself: title, source, author, agency, number, date.
//!
//! ```text
//! head and tail lines → labels, bylines, notes, signature, share line → one value a field
//! ```
//!
//! Only reads: what is recognised stays in the text. Knows nothing of what the caller set, nor of paragraphs.

mod byline;
mod day;
mod issue;
mod label;
mod line;
mod number;
mod page;
mod person;
mod recognition;
mod shape;
mod share;
#[cfg(test)]
mod tests;
mod title;

pub use recognition::{MetadataField, Recognition, Recognized, recognize};
