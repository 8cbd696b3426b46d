//! `xunzhang repair`: what is lost of an index that is damaged, for people and for programs.

use std::{
    io::{self, Write},
    path::Path,
};

use crate::engine::{RepairError, Repaired, Repairing, tantivy};

/// Who reads what is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportForm {
    /// People, and programs that want ids: one a line.
    Text,
    /// Programs: a line of JSON for each document, and one with all counts.
    Json,
}

/// Why there is an index that is not sound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepairFailure {
    /// It was not repaired.
    #[error(transparent)]
    Repair(#[from] RepairError),
    /// Nothing of it is lost.
    #[error("the index is damaged; start the service, which makes that anew")]
    Derivable,
    /// Some of it is, and was not left out.
    #[error(
        "the index is damaged; restore a backup, or go on with what is left of it: `xunzhang repair --leave-out-damaged`"
    )]
    Lost,
    /// What was found could not be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl RepairFailure {
    /// Whether the reader of the results has simply had enough.
    #[must_use]
    pub fn reader_left(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Looks, or repairs, and says what came of it.
pub(super) fn repair(
    directory: &Path,
    repairing: Repairing,
    form: ReportForm,
    results: &mut impl Write,
    notices: &mut impl Write,
) -> Result<(), RepairFailure> {
    let repaired = tantivy::repair(directory, repairing)?;
    // Who does not read it learns from the exit code how it went.
    let _nobody_reads = write_notices(notices, &repaired, directory);
    match form {
        ReportForm::Json => repaired.write_lines(results)?,
        ReportForm::Text => repaired.lost.iter().try_for_each(|lost| writeln!(results, "{}", lost.document_id))?,
    }
    results.flush()?;
    match () {
        () if repaired.damaged.is_empty() || repaired.quarantine.is_some() => Ok(()),
        () if repaired.lost_segments.is_empty() => Err(RepairFailure::Derivable),
        () => Err(RepairFailure::Lost),
    }
}

fn write_notices(out: &mut impl Write, repaired: &Repaired, directory: &Path) -> io::Result<()> {
    let Repaired { generation, files, damaged, derivable_segments, lost_segments, documents, paragraphs, .. } =
        repaired;
    if damaged.is_empty() {
        return writeln!(
            out,
            "generation {generation} in `{}` is sound: {files} files, {documents} documents, {paragraphs} paragraphs",
            directory.display()
        );
    }
    writeln!(
        out,
        "generation {generation} in `{}` is damaged, {} of {files} files:",
        directory.display(),
        damaged.len()
    )?;
    damaged.iter().try_for_each(|file| writeln!(out, "{file}"))?;
    if *derivable_segments > 0 {
        writeln!(out, "segments that the next start makes anew from what is stored: {derivable_segments}")?;
    }
    if lost_segments.is_empty() {
        return writeln!(out, "nothing is lost: {documents} documents, {paragraphs} paragraphs");
    }
    write_lost(out, repaired)
}

fn write_lost(out: &mut impl Write, repaired: &Repaired) -> io::Result<()> {
    let Repaired { lost_segments, lost_documents, documents, paragraphs, quarantine, .. } = repaired;
    writeln!(out, "segments that are lost, with what they say of deletions: {}", lost_segments.len())?;
    writeln!(out, "documents that are lost: {lost_documents}")?;
    let (unnamed, deleted) = (repaired.unnamed_documents(), repaired.deleted_documents());
    if unnamed > 0 && repaired.lost.iter().any(|lost| lost.may_have_been_deleted) {
        writeln!(
            out,
            "of these, without an id that can be read: {unnamed} at most, as others may have been deleted before"
        )?;
    } else if unnamed > 0 {
        writeln!(out, "of these, without an id that can be read: {unnamed}")?;
    }
    if let Some(deleted @ 1..) = deleted {
        writeln!(out, "named as well, as nobody knows which of them were deleted before: {deleted}")?;
    }
    writeln!(out, "left: {documents} documents, {paragraphs} paragraphs")?;
    let Some(quarantine) = quarantine else { return writeln!(out, "nothing was left out") };
    writeln!(
        out,
        "left out: what is lost, and `lost.jsonl` with the documents, is in `{}`\n\
         the rest is an index of its own: put the lost documents again; who follows it or pages through it begins anew",
        quarantine.display()
    )
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::engine::{Generation, LostDocument};

    fn check(repaired: &Repaired, expected: &Expect) {
        let mut out = Vec::new();
        write_notices(&mut out, repaired, Path::new("data")).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap());
    }

    fn sound() -> Repaired {
        Repaired {
            generation: Generation { index: 7, commit: 12 },
            files: 30,
            damaged: Vec::new(),
            derivable_segments: 0,
            lost_segments: Vec::new(),
            lost_documents: 0,
            lost: Vec::new(),
            unnamed_segments: 0,
            documents: 40,
            paragraphs: 400,
            quarantine: None,
        }
    }

    #[test]
    fn what_people_are_told_where_nothing_is_lost() {
        check(
            &sound(),
            &expect![[r"
                generation 00000007-c in `data` is sound: 30 files, 40 documents, 400 paragraphs
            "]],
        );
        let derivable = Repaired { damaged: vec!["a.idx".into()], derivable_segments: 1, ..sound() };
        check(
            &derivable,
            &expect![[r"
                generation 00000007-c in `data` is damaged, 1 of 30 files:
                a.idx
                segments that the next start makes anew from what is stored: 1
                nothing is lost: 40 documents, 400 paragraphs
            "]],
        );
    }

    #[test]
    fn what_people_are_told_of_what_is_lost() {
        let lost = |id: &str| LostDocument { document_id: id.parse().unwrap(), may_have_been_deleted: true };
        let lost = Repaired {
            damaged: vec!["a.idx".into(), "b.store".into()],
            lost_segments: vec!["b".into()],
            lost_documents: 3,
            derivable_segments: 1,
            lost: vec![lost("甲"), lost("乙")],
            unnamed_segments: 1,
            ..sound()
        };
        check(
            &lost,
            &expect![[r"
                generation 00000007-c in `data` is damaged, 2 of 30 files:
                a.idx
                b.store
                segments that the next start makes anew from what is stored: 1
                segments that are lost, with what they say of deletions: 1
                documents that are lost: 3
                of these, without an id that can be read: 3 at most, as others may have been deleted before
                left: 40 documents, 400 paragraphs
                nothing was left out
            "]],
        );
        let left_out =
            Repaired { lost_documents: 1, unnamed_segments: 0, quarantine: Some("data/quarantine/1".into()), ..lost };
        check(
            &left_out,
            &expect![[r"
                generation 00000007-c in `data` is damaged, 2 of 30 files:
                a.idx
                b.store
                segments that the next start makes anew from what is stored: 1
                segments that are lost, with what they say of deletions: 1
                documents that are lost: 1
                named as well, as nobody knows which of them were deleted before: 1
                left: 40 documents, 400 paragraphs
                left out: what is lost, and `lost.jsonl` with the documents, is in `data/quarantine/1`
                the rest is an index of its own: put the lost documents again; who follows it or pages through it begins anew
            "]],
        );
    }
}
