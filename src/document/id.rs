//! stub
/// The longest id in bytes.
pub const MAX_ID_BYTES: usize = 512;
/// The caller's name for a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentId(String);
/// Why a text is no id.
#[derive(Debug, thiserror::Error)]
pub enum InvalidDocumentId {
    /// stub
    #[error("must not be empty")]
    Empty,
}
impl TryFrom<String> for DocumentId {
    type Error = InvalidDocumentId;
    fn try_from(s: String) -> Result<Self, InvalidDocumentId> {
        Ok(Self(s))
    }
}
impl From<DocumentId> for String {
    fn from(id: DocumentId) -> Self {
        id.0
    }
}
impl DocumentId {
    /// As the caller wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl std::fmt::Display for DocumentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
/// `{document_id}#{ordinal}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ParagraphId {
    /// The document.
    pub document: DocumentId,
    /// From 0.
    pub ordinal: u32,
}
impl std::fmt::Display for ParagraphId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.document, self.ordinal)
    }
}
