//! What an import did.

use std::{
    fmt,
    io::{self, Write},
    time::Duration,
};

use bytesize::ByteSize;
use serde::Serialize;

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Documents that were new.
    pub created: u64,
    /// Documents that replaced another content.
    pub replaced: u64,
    /// Documents that were there already.
    pub unchanged: u64,
    /// Records that were refused, here or by the service, and files that could not be read.
    pub failed: u64,
    /// Warnings about documents that were taken.
    pub warnings: u64,
    /// Files and hidden folders that were passed over.
    pub skipped: u64,
    /// Records that were not sent, as an earlier run had their acknowledgements.
    pub resumed: u64,
    /// Bytes of text of the documents that were taken.
    pub bytes: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// The JSON form.
#[derive(Serialize)]
struct JsonSummary {
    documents: u64,
    created: u64,
    replaced: u64,
    unchanged: u64,
    failed: u64,
    warnings: u64,
    skipped: u64,
    resumed: u64,
    bytes: u64,
    seconds: f64,
}

impl ImportSummary {
    /// Documents that were taken, unchanged ones included.
    pub fn documents(&self) -> u64 {
        self.created + self.replaced + self.unchanged
    }

    /// Says whether the index is as it was, though there were documents, and none was refused.
    pub fn nothing_changed(&self) -> bool {
        self.unchanged > 0 && self.created + self.replaced + self.failed == 0
    }

    /// Writes it as one JSON object.
    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let documents = self.documents();
        let Self { created, replaced, unchanged, failed, warnings, skipped, resumed, bytes, elapsed } = *self;
        let seconds = elapsed.as_secs_f64();
        let json =
            JsonSummary { documents, created, replaced, unchanged, failed, warnings, skipped, resumed, bytes, seconds };
        serde_json::to_writer(&mut *out, &json)?;
        out.write_all(b"\n")
    }
}

/// One line for people.
impl fmt::Display for ImportSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let documents = self.documents();
        let Self { created, replaced, unchanged, failed, warnings, skipped, resumed, bytes, elapsed } = *self;
        if self.nothing_changed() {
            let (noun, verb) = if unchanged == 1 { ("document", "was") } else { ("documents", "were") };
            write!(formatter, "nothing changed: {unchanged} {noun} {verb} there already")?;
        } else {
            let noun = if documents == 1 { "document" } else { "documents" };
            write!(
                formatter,
                "imported {documents} {noun} ({created} created, {replaced} replaced, {unchanged} unchanged), {} in {:.1} s, \
                 {failed} failed, {warnings} warnings",
                ByteSize(bytes).display().si(),
                elapsed.as_secs_f64(),
            )?;
        }
        if skipped > 0 {
            let files = if skipped == 1 { "file" } else { "files" };
            write!(formatter, ", {skipped} {files} skipped")?;
        }
        if resumed > 0 {
            write!(formatter, ", {resumed} acknowledged before")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(summary: ImportSummary, expected: &Expect) {
        expected.assert_eq(&summary.to_string());
    }

    #[test]
    fn summaries_for_people() {
        let summary = ImportSummary {
            created: 3475,
            warnings: 2,
            bytes: 58_000_000,
            elapsed: Duration::from_millis(9_120),
            ..ImportSummary::default()
        };
        check(
            summary,
            &expect![
                "imported 3475 documents (3475 created, 0 replaced, 0 unchanged), 58.0 MB in 9.1 s, 0 failed, 2 warnings"
            ],
        );
        check(
            ImportSummary { created: 1, resumed: 7, ..ImportSummary::default() },
            &expect![
                "imported 1 document (1 created, 0 replaced, 0 unchanged), 0 B in 0.0 s, 0 failed, 0 warnings, 7 acknowledged before"
            ],
        );
        let again = ImportSummary { unchanged: 12, skipped: 3, ..ImportSummary::default() };
        check(again, &expect!["nothing changed: 12 documents were there already, 3 files skipped"]);
        check(
            ImportSummary { failed: 1, ..again },
            &expect![
                "imported 12 documents (0 created, 0 replaced, 12 unchanged), 0 B in 0.0 s, 1 failed, 0 warnings, 3 files skipped"
            ],
        );
    }

    #[test]
    fn summaries_for_programs() {
        let summary = ImportSummary {
            created: 2,
            replaced: 1,
            bytes: 10,
            elapsed: Duration::from_millis(1500),
            ..ImportSummary::default()
        };
        let mut line = Vec::new();
        summary.write_json(&mut line).unwrap();
        expect![[r#"
            {"documents":3,"created":2,"replaced":1,"unchanged":0,"failed":0,"warnings":0,"skipped":0,"resumed":0,"bytes":10,"seconds":1.5}
        "#]]
        .assert_eq(&String::from_utf8(line).unwrap());
    }
}
