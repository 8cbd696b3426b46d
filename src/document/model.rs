//! A document as its caller sent it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::{DocumentId, PublishDate, split};

/// The largest text of a document, in bytes: the largest official compilations are below a tenth of it.
pub const MAX_TEXT_BYTES: usize = 16 << 20;

/// The most paragraphs that a caller may send ready-made; a text of the largest size cannot have as many.
pub const MAX_READY_PARAGRAPHS: usize = 1_000_000;
const _: () = assert!(1 + MAX_TEXT_BYTES / split::CRUMB < MAX_READY_PARAGRAPHS);

/// A document, checked: what it says and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The caller's name for it.
    pub id: DocumentId,
    /// What is known about it.
    pub metadata: Metadata,
    /// What it says.
    pub content: Content,
}

/// What is known about a document. Empty means unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Its title.
    pub title: String,
    /// Where it was found.
    pub source: String,
    /// Who wrote it.
    pub author: String,
    /// Who issued it (发文机关).
    pub agency: String,
    /// Its number (发文字号).
    pub document_number: String,
    /// Its kind, such as 通知.
    pub document_type: String,
    /// When it was published.
    pub publish_date: Option<PublishDate>,
    /// Its level, in words of the caller's.
    pub level: String,
    /// The collection that it belongs to.
    pub collection: String,
    /// Labels, in the caller's order.
    pub labels: Vec<String>,
    /// Anything else that the caller wants kept.
    pub attributes: BTreeMap<String, String>,
}

impl Metadata {
    /// Bytes of all its texts.
    pub fn text_bytes(&self) -> usize {
        let Self {
            title,
            source,
            author,
            agency,
            document_number,
            document_type,
            publish_date: _,
            level,
            collection,
            labels,
            attributes,
        } = self;
        let fields = [title, source, author, agency, document_number, document_type, level, collection];
        let pairs = attributes.iter().flat_map(|(key, value)| [key, value]);
        fields.into_iter().chain(labels).chain(pairs).map(String::len).sum()
    }
}

/// What a document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The text as it was found; at most [`MAX_TEXT_BYTES`].
    Text(String),
    /// Paragraphs that the caller split.
    Ready(Vec<ReadyParagraph>),
}

/// A paragraph that the caller split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyParagraph {
    /// Taken as it is.
    pub text: String,
    /// The headings above it, outermost first.
    pub heading_path: Vec<String>,
}

/// Names a document's content: equal content, equal etag. The first 128 bits of a BLAKE3 hash: a document with the
/// etag of the stored one is not written, so two contents must never meet in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Etag(pub u128);

impl std::fmt::Display for Etag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
