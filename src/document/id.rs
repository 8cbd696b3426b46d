//! Names: what a caller calls a document, and what the service calls its paragraphs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest id in bytes: room for a path, and well under what an index takes as one term.
pub const MAX_ID_BYTES: usize = 512;

/// The caller's name for a document: 1 to [`MAX_ID_BYTES`] bytes without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentId(String);

/// Why a text is no document id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocumentId {
    /// It has no characters.
    #[error("must not be empty: give a name that stays the same for the same document")]
    Empty,
    /// It has more than [`MAX_ID_BYTES`].
    #[error("has {bytes} bytes: at most {MAX_ID_BYTES} are allowed, a hash of the name would do")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// It would break lines of logs and lists.
    #[error("has the control character `{}` at byte {offset}: leave it out", .character.escape_unicode())]
    ControlCharacter {
        /// The first one.
        character: char,
        /// Where it stands.
        offset: usize,
    },
}

/// The name of a paragraph, written `{document_id}#{ordinal}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ParagraphId {
    /// The document.
    pub document: DocumentId,
    /// Its place among the document's paragraphs, from 0.
    pub ordinal: u32,
}

/// Why a text is no paragraph id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParagraphId {
    /// It has no `#`.
    #[error("has no `#`: give the document's id, `#` and the paragraph's ordinal")]
    NoOrdinal,
    /// What follows the last `#` is not a number as this service writes it.
    #[error("`{0}` is no ordinal: give a number from 0 to 4294967295 without leading zeros after the last `#`")]
    Ordinal(String),
    /// Nothing stands before the last `#`.
    #[error("names no document: give its id before the last `#`")]
    NoDocument,
    /// What stands before the last `#` is no document id.
    #[error("names a document whose id {0}")]
    Document(#[from] InvalidDocumentId),
}

impl DocumentId {
    /// As the caller wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DocumentId {
    type Error = InvalidDocumentId;

    fn try_from(text: String) -> Result<Self, InvalidDocumentId> {
        if text.is_empty() {
            return Err(InvalidDocumentId::Empty);
        }
        if text.len() > MAX_ID_BYTES {
            return Err(InvalidDocumentId::TooLong { bytes: text.len() });
        }
        match text.char_indices().find(|(_, character)| character.is_control()) {
            Some((offset, character)) => Err(InvalidDocumentId::ControlCharacter { character, offset }),
            None => Ok(Self(text)),
        }
    }
}

impl FromStr for DocumentId {
    type Err = InvalidDocumentId;

    fn from_str(text: &str) -> Result<Self, InvalidDocumentId> {
        text.to_owned().try_into()
    }
}

impl From<DocumentId> for String {
    fn from(id: DocumentId) -> Self {
        id.0
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ParagraphId {
    type Err = InvalidParagraphId;

    /// Splits at the last `#`: a document's id may have some of its own.
    fn from_str(text: &str) -> Result<Self, InvalidParagraphId> {
        let (document, digits) = text.rsplit_once('#').ok_or(InvalidParagraphId::NoOrdinal)?;
        let ordinal = digits
            .parse::<u32>()
            .ok()
            .filter(|ordinal| ordinal.to_string() == digits)
            .ok_or_else(|| InvalidParagraphId::Ordinal(digits.to_owned()))?;
        if document.is_empty() {
            return Err(InvalidParagraphId::NoDocument);
        }
        Ok(Self { document: document.parse()?, ordinal })
    }
}

impl fmt::Display for ParagraphId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.document, self.ordinal)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<(), &str>) {
        let found = text.parse::<DocumentId>().map(|id| assert_eq!(id.as_str(), text)).map_err(|e| e.to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "{text:?}");
    }

    fn check_paragraph(text: &str, expected: Result<(&str, u32), &str>) {
        let found = text.parse::<ParagraphId>().map_err(|e| e.to_string());
        let expected = expected.map_err(str::to_owned);
        assert_eq!(found.map(|id| (id.document.to_string(), id.ordinal)), expected.map(|(d, o)| (d.to_owned(), o)));
    }

    #[test]
    fn document_ids() {
        check("notices/2024/优化 营商环境#2.txt", Ok(()));
        check(&"章".repeat(170), Ok(()));
        check("", Err("must not be empty: give a name that stays the same for the same document"));
        check(&"章".repeat(171), Err("has 513 bytes: at most 512 are allowed, a hash of the name would do"));
        check("a\u{7}b", Err("has the control character `\\u{7}` at byte 1: leave it out"));
        check("a\nb", Err("has the control character `\\u{a}` at byte 1: leave it out"));
    }

    #[test]
    fn paragraph_ids() {
        check_paragraph("a#0", Ok(("a", 0)));
        check_paragraph("a#1#12", Ok(("a#1", 12)));
        check_paragraph("a##3", Ok(("a#", 3)));
        check_paragraph("a", Err("has no `#`: give the document's id, `#` and the paragraph's ordinal"));
        check_paragraph("#1", Err("names no document: give its id before the last `#`"));
        for digits in ["", "01", "+1", "-1", "４", "4294967296"] {
            check_paragraph(
                &format!("a#{digits}"),
                Err(&format!(
                    "`{digits}` is no ordinal: give a number from 0 to 4294967295 without leading zeros after the last `#`"
                )),
            );
        }
    }

    proptest! {
        #[test]
        fn a_paragraph_id_survives_being_written(document in "[^\\p{Cc}]{1,40}", ordinal: u32) {
            let id = ParagraphId { document: DocumentId(document), ordinal };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
