//! What a document is: its identity, its metadata, and how its text falls into paragraphs.
//!
//! Pure. Knows nothing of how documents are stored, searched or sent.

mod date;
mod id;
mod layout;
mod model;
mod reading;
mod recognize;
mod split;

pub use date::{PublishDate, UnknownDate};
pub use id::{DocumentId, InvalidDocumentId, InvalidParagraphId, MAX_ID_BYTES, ParagraphId};
pub use layout::{Layout, Paragraph};
pub use model::{Content, Document, Etag, MAX_READY_PARAGRAPHS, MAX_TEXT_BYTES, Metadata, ReadyParagraph};
pub use reading::{Reading, read, read_while};
pub use recognize::{MetadataField, Recognition, Recognized, recognize};
pub use split::{Section, split, split_while};
