//! What an import tells while it runs.

use std::{fmt, sync::Arc};

use super::ImportSummary;

/// Something that happened during an import.
#[derive(Debug, Clone, Copy)]
pub enum ImportEvent<'a> {
    /// A record was refused, here or by the service. The rest goes on.
    Refused(&'a Remark),
    /// A document was taken with a warning.
    Warned(&'a Remark),
    /// The service acknowledged documents: this is what was done so far.
    Acknowledged(&'a ImportSummary),
}

/// Something about one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Where the record stands.
    pub place: Place,
    /// The document's id; empty where the record has none.
    pub document_id: String,
    /// What is to be said of it.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, document_id, message } = self;
        if document_id.is_empty() {
            write!(formatter, "{place}: {message}")
        } else {
            write!(formatter, "{place}: {document_id}: {message}")
        }
    }
}

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named or found.
    pub file: Arc<str>,
    /// The line, from 1, where a file has a record a line.
    pub line: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}", self.file),
            None => formatter.write_str(&self.file),
        }
    }
}
