//! An index of which something is damaged that cannot be made anew, without that: for whoever has no backup.
//!
//! What is lost of it is left out as whole segments, and the rest becomes an index of its own: removals may be lost, too, so
//! nobody goes on from what was known of the one before. Numbers are not given out twice. What can be made anew is when the
//! index is opened.
//!
//! In an order in which the index is there at any point as it was, or without what is lost: first the files of what is lost
//! are put aside, then the format file gets its new id, then the list of segments is replaced. Only then files go. Whoever
//! was cut off between does it again.

use std::{io, path::Path};

use tantivy::{Index, IndexMeta};

use crate::engine::{
    Generation, RepairError, Repaired, Repairing,
    tantivy::{
        check,
        directory::{DataDirectory, IndexDirectory},
        durable::{KnownList, LIST, WriterDirectory},
        files::Files,
        founding::random,
        index::write_list,
        lost::Losses,
        quarantine::set_aside,
        verify::OTHER_FILES,
    },
};

/// Looks at every file of the index in a directory, which nobody uses, and says what is lost of it. Leaves that out if it is
/// to.
///
/// # Errors
/// When there is no index, another process has it, it cannot be read or written, or what says what belongs to it is damaged.
pub fn repair(directory: &Path, repairing: Repairing) -> Result<Repaired, RepairError> {
    repair_in(&DataDirectory::find(directory)?, repairing)
}

/// The same on other files than a file system's, which nobody else may use; `name` names them in messages.
///
/// # Errors
/// When there is no index, it cannot be read or written, or what says what belongs to it is damaged.
pub fn repair_on(name: &Path, files: Box<dyn Files>, repairing: Repairing) -> Result<Repaired, RepairError> {
    repair_in(&DataDirectory::find_on(name, files)?, repairing)
}

fn repair_in(directory: &IndexDirectory, repairing: Repairing) -> Result<Repaired, RepairError> {
    let place = || directory.data.path().to_owned();
    let unread = |source| RepairError::Read { directory: place(), source };
    let Some(list) = check::list(directory.files.as_ref()).map_err(unread)? else {
        return Err(RepairError::Beyond { directory: place(), files: vec![LIST.to_owned()] });
    };
    let (files, damaged) = check::compared(directory).map_err(unread)?;
    let losses = Losses::of(directory, &damaged).map_err(unread)?;
    let unwritten = |source| RepairError::Write { directory: place(), source };
    if !damaged.is_empty() {
        // Else the next start would take it for sound.
        check::take_note_away(directory.data.own.as_ref()).map_err(unwritten)?;
    }
    let mut repaired = told(directory, files + OTHER_FILES, damaged, &losses);
    if repairing == Repairing::LeaveOut && !losses.segments.is_empty() {
        repaired.quarantine = Some(set_aside(directory, &list, &losses.segments, &repaired).map_err(unwritten)?);
        leave_out(directory, losses).map_err(unwritten)?;
    }
    Ok(repaired)
}

/// What is said of it.
fn told(directory: &IndexDirectory, files: u64, damaged: Vec<String>, losses: &Losses) -> Repaired {
    let Losses { segments, documents, unnamed_segments, kept: _, derivable, before, commit } = losses;
    Repaired {
        generation: Generation { index: directory.data.index_id, commit: before.number },
        files,
        damaged,
        derivable_segments: derivable.len() as u64,
        lost_segments: segments.iter().map(|segment| segment.id().uuid_string()).collect(),
        lost_documents: before.documents.saturating_sub(commit.documents),
        lost: documents.clone(),
        unnamed_segments: *unnamed_segments,
        documents: commit.documents,
        paragraphs: commit.paragraphs,
        quarantine: None,
    }
}

/// Has the index be what is not lost of it, on disk.
fn leave_out(directory: &IndexDirectory, losses: Losses) -> io::Result<()> {
    let (data, Losses { kept, commit, .. }) = (&directory.data, losses);
    let index = Index::open(directory.files.clone()).map_err(io::Error::other)?;
    let left = IndexMeta { segments: kept, ..index.load_metas().map_err(io::Error::other)? };
    let list = KnownList::read(directory.files.as_ref()).map_err(io::Error::other)?;
    let files = WriterDirectory::begin(directory, list.clone())?;
    let replaced = data.rename_index(random()).and_then(|()| write_list(&files, left, &commit));
    if let Err(error) = replaced {
        files.end();
        // Not the id alone: what is on disk by then may be the new list.
        let taken_back = WriterDirectory::begin(directory, list).and_then(|_| data.settle());
        if let Err(error) = taken_back {
            tracing::warn!(%error, "what was begun is not taken back: the index has another id, and is damaged as before");
        }
        return Err(error);
    }
    if let Err(error) = files.delete_unnamed() {
        tracing::warn!(%error, "files of what was left out are still there: they go when the index is written to");
    }
    Ok(())
}
