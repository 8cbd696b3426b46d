//! What repairing an index comes to where not all that is damaged can be made anew.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use serde::Serialize;

use crate::{
    document::DocumentId,
    engine::{Generation, OpenError, ReadError},
};

/// What is done about the parts of an index that are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repairing {
    /// They are named, and what is there stays as it is; but where anything is damaged it is not believed any more that the
    /// index was closed in order, so that the next start looks, too.
    Look,
    /// They are left out, and the rest becomes an index of its own.
    LeaveOut,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The state that was looked at.
    pub generation: Generation,
    /// How many files were read.
    pub files: u64,
    /// Those that are not what was written.
    pub damaged: Vec<String>,
    /// Parts of the index of which all that is damaged can be derived: they are made anew when it is opened.
    pub derivable_segments: u64,
    /// Parts that are lost, as a whole.
    pub lost_segments: Vec<String>,
    /// Documents that are lost with them.
    pub lost_documents: u64,
    /// Those of them whose ids can be read, in order of these.
    pub lost: Vec<LostDocument>,
    /// How many of the lost parts say nothing of the ids that they had.
    pub unnamed_segments: u64,
    /// Documents that are left.
    pub documents: u64,
    /// Paragraphs of these that can be found.
    pub paragraphs: u64,
    /// Where the files of what was left out are now, with a list of the documents; `None` when nothing was.
    pub quarantine: Option<PathBuf>,
}

/// A document that is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LostDocument {
    /// Its id.
    pub document_id: DocumentId,
    /// Whether it may have been deleted before: which entries of its part of the index were, is damaged.
    pub may_have_been_deleted: bool,
}

impl Repaired {
    /// How many documents are lost of which no id can be read; at most so many where others may have been deleted before.
    #[must_use]
    pub fn unnamed_documents(&self) -> u64 {
        let certain = self.lost.iter().filter(|lost| !lost.may_have_been_deleted).count() as u64;
        if self.unnamed_segments == 0 { 0 } else { self.lost_documents.saturating_sub(certain) }
    }

    /// How many of the documents whose ids were read had been deleted before; which, is not known, and not how many where
    /// some have no ids.
    #[must_use]
    pub fn deleted_documents(&self) -> Option<u64> {
        let deleted = (self.lost.len() as u64).saturating_sub(self.lost_documents);
        (self.unnamed_segments == 0).then_some(deleted)
    }

    /// Writes it as JSON lines: one for each document that is lost, and at last one with all counts.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn write_lines(&self, out: &mut impl Write) -> io::Result<()> {
        for document in &self.lost {
            serde_json::to_writer(&mut *out, document)?;
            out.write_all(b"\n")?;
        }
        serde_json::to_writer(&mut *out, &Line { summary: Summary::of(self) })?;
        out.write_all(b"\n")
    }
}

#[derive(Serialize)]
struct Line<'a> {
    summary: Summary<'a>,
}

/// All but the documents' ids.
#[derive(Serialize)]
struct Summary<'a> {
    generation: String,
    files: u64,
    damaged_files: &'a [String],
    derivable_segments: u64,
    lost_segments: &'a [String],
    lost_documents: u64,
    unnamed_documents: u64,
    documents: u64,
    paragraphs: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<String>,
}

impl<'a> Summary<'a> {
    fn of(repaired: &'a Repaired) -> Self {
        let unnamed_documents = repaired.unnamed_documents();
        let Repaired {
            generation,
            files,
            damaged,
            derivable_segments,
            lost_segments,
            lost_documents,
            lost: _,
            unnamed_segments: _,
            documents,
            paragraphs,
            quarantine,
        } = repaired;
        Self {
            generation: generation.to_string(),
            files: *files,
            damaged_files: damaged,
            derivable_segments: *derivable_segments,
            lost_segments,
            lost_documents: *lost_documents,
            unnamed_documents,
            documents: *documents,
            paragraphs: *paragraphs,
            quarantine: quarantine.as_ref().map(|path| path.display().to_string()),
        }
    }
}

/// Why an index was not repaired.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepairError {
    /// Nothing is there that could be.
    #[error("`{}` holds no index; name the data directory of the service with --data-dir", .0.display())]
    NoIndex(PathBuf),
    /// What is there is a copy that is not an index yet.
    #[error("`{}` holds a backup that was never served; start the service on it, which looks at it, or copy another backup", .0.display())]
    Backup(PathBuf),
    /// What says which parts the index has is damaged itself.
    #[error("the index in `{}` cannot be repaired: {} is damaged, which says what belongs to it; restore a backup, or begin with an empty directory and import again", .directory.display(), .files.join(", "))]
    Beyond {
        /// The data directory.
        directory: PathBuf,
        /// The files.
        files: Vec<String>,
    },
    /// The directory cannot be had.
    #[error(transparent)]
    Open(OpenError),
    /// The index cannot be read.
    #[error("the index in `{}` cannot be looked at: {source}", .directory.display())]
    Read {
        /// The data directory.
        directory: PathBuf,
        /// What was met.
        source: ReadError,
    },
    /// The disk took no change.
    #[error("the index in `{}` is damaged and cannot be written to: {source}; nothing of it is gone, try again when the disk takes it", .directory.display())]
    Write {
        /// The data directory.
        directory: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

impl From<OpenError> for RepairError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Damaged { directory, files } => Self::Beyond { directory, files },
            error => Self::Open(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn documents_are_lines_and_counts_the_last_one() {
        let lost =
            |id: &str, may_have_been_deleted| LostDocument { document_id: id.parse().unwrap(), may_have_been_deleted };
        let repaired = Repaired {
            generation: Generation { index: 7, commit: 12 },
            files: 30,
            damaged: vec!["a.store".to_owned()],
            derivable_segments: 1,
            lost_segments: vec!["a".to_owned()],
            lost_documents: 3,
            lost: vec![lost("甲 \"一\"", false), lost("乙", true)],
            unnamed_segments: 1,
            documents: 40,
            paragraphs: 400,
            quarantine: Some("data/quarantine/1".into()),
        };
        let mut out = Vec::new();
        repaired.write_lines(&mut out).unwrap();
        expect![[r#"
            {"document_id":"甲 \"一\"","may_have_been_deleted":false}
            {"document_id":"乙","may_have_been_deleted":true}
            {"summary":{"generation":"00000007-c","files":30,"damaged_files":["a.store"],"derivable_segments":1,"lost_segments":["a"],"lost_documents":3,"unnamed_documents":2,"documents":40,"paragraphs":400,"quarantine":"data/quarantine/1"}}
        "#]]
        .assert_eq(&String::from_utf8(out).unwrap());
        assert_eq!(repaired.deleted_documents(), None, "as many may have no id");
        let named = Repaired { lost_documents: 1, unnamed_segments: 0, ..repaired };
        assert_eq!((named.unnamed_documents(), named.deleted_documents()), (0, Some(1)));
    }
}
