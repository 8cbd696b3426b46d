//! How far an import has come, in a file that outlives it: what was acknowledged is not sent again.

use std::{
    collections::HashMap,
    fs::{File, Metadata},
    io::{self, BufRead as _, BufReader, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

use super::{Content, ImportOptions, reader::Sent};

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("cannot use `{}`: {source}; name another file with --resume", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is of an import that took the same files in another way.
    #[error("`{}` is of an import with another --ready-made or --collection; give the same, or name another file", .0.display())]
    OtherOptions(PathBuf),
    /// It is something else.
    #[error("`{}` is no file that --resume has written; name another file", .0.display())]
    Foreign(PathBuf),
}

/// Tells a file from a changed one of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) bytes: u64,
    /// Nanoseconds since 1970; 0 when unknown.
    modified: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or_default();
        Self { bytes: metadata.len(), modified }
    }
}

/// The first line: how texts were taken.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    ready_made: bool,
    collection: Option<String>,
}

/// A further line: up to here a file is done.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    file: String,
    #[serde(flatten)]
    stamp: Stamp,
    /// The last line that is done; `None` where a file is one document.
    line: Option<u64>,
    /// A state of the index that has it.
    generation: String,
}

/// What was done before.
#[derive(Clone, Debug, Default)]
pub(super) struct Done(HashMap<Arc<str>, (Stamp, Option<u64>)>);

impl Done {
    /// Whether a file that is one document is done.
    pub(super) fn has_file(&self, file: &str, stamp: Stamp) -> bool {
        self.0.get(file) == Some(&(stamp, None))
    }

    /// The last line of a file that is done, 0 for none.
    pub(super) fn through(&self, file: &str, stamp: Stamp) -> u64 {
        self.0.get(file).filter(|(known, _)| *known == stamp).and_then(|(_, line)| *line).unwrap_or_default()
    }
}

/// A journal that is open.
#[derive(Debug)]
pub(in crate::cli) struct Journal {
    path: PathBuf,
    file: File,
    done: Done,
    /// The newest state of the index that has what is done.
    generation: String,
}

impl Journal {
    /// Goes on with the journal in a file, or begins one.
    pub(super) fn open(path: &Path, options: &ImportOptions) -> Result<Self, JournalError> {
        let failed = |source| JournalError::Io { path: path.to_owned(), source };
        let file = File::options().read(true).append(true).create(true).open(path).map_err(failed)?;
        let head = Head { ready_made: options.content == Content::ReadyMade, collection: options.collection.clone() };
        let mut journal = Self { path: path.to_owned(), file, done: Done::default(), generation: String::new() };
        let mut lines = BufReader::new(journal.file.try_clone().map_err(failed)?).lines();
        match lines.next().transpose().map_err(failed)? {
            None => journal.write(&head).map_err(failed)?,
            Some(line) => match serde_json::from_str::<Head>(&line) {
                Ok(found) if found == head => {}
                Ok(_) => return Err(JournalError::OtherOptions(path.to_owned())),
                Err(_) => return Err(JournalError::Foreign(path.to_owned())),
            },
        }
        for line in lines {
            // The last one may be cut off: what it said is sent again.
            if let Ok(Entry { file, stamp, line, generation }) = serde_json::from_str(&line.map_err(failed)?) {
                journal.done.0.insert(file.into(), (stamp, line));
                journal.generation = generation;
            }
        }
        // Whatever is written next has a line of its own.
        journal.file.write_all(b"\n").map_err(failed)?;
        Ok(journal)
    }

    /// A state of the index that has all that is done; empty when nothing is.
    pub(super) fn generation(&self) -> &str {
        &self.generation
    }

    /// What was done before.
    pub(super) fn done(&self) -> Done {
        self.done.clone()
    }

    /// Forgets what was done: it is not in this index.
    pub(super) fn begin_anew(&mut self) -> io::Result<()> {
        let mut lines = BufReader::new(&self.file);
        lines.rewind()?;
        let mut head = String::new();
        lines.read_line(&mut head)?;
        self.file.set_len(head.len() as u64)?;
        (self.done, self.generation) = (Done::default(), String::new());
        Ok(())
    }

    /// Notes documents that were acknowledged, in order.
    pub(super) fn note(&mut self, acknowledged: &[Sent], generation: &str) -> io::Result<()> {
        if !generation.is_empty() {
            generation.clone_into(&mut self.generation);
        }
        let of_one_file = |one: &Sent, next: &Sent| Arc::ptr_eq(&one.place.file, &next.place.file);
        let mut entries = Vec::new();
        for run in acknowledged.chunk_by(of_one_file) {
            let Some((Sent { place, .. }, stamp)) = run.last().and_then(|last| last.stamp.map(|stamp| (last, stamp)))
            else {
                continue;
            };
            let (file, generation) = (place.file.to_string(), self.generation.clone());
            serde_json::to_writer(&mut entries, &Entry { file, stamp, line: place.line, generation })?;
            entries.push(b'\n');
        }
        self.file.write_all(&entries)
    }

    /// Takes the file away: all is done.
    pub(super) fn finish(self) -> io::Result<()> {
        std::fs::remove_file(self.path)
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::import::Place;

    fn options(collection: Option<&str>) -> ImportOptions {
        ImportOptions { paths: Vec::new(), content: Content::AsFound, collection: collection.map(str::to_owned) }
    }

    fn sent(file: &Arc<str>, line: Option<u64>, stamp: Stamp) -> Sent {
        Sent { place: Place { file: Arc::clone(file), line }, text_bytes: 1, stamp: Some(stamp) }
    }

    #[test]
    fn what_was_acknowledged_is_known_unless_the_file_has_changed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let [lines, text]: [Arc<str>; 2] = ["a.jsonl".into(), "b.txt".into()];
        let (stamp, other) = (Stamp { bytes: 9, modified: 5 }, Stamp { bytes: 9, modified: 6 });
        let mut journal = Journal::open(&path, &options(None)).unwrap();
        journal.note(&[sent(&lines, Some(1), stamp), sent(&lines, Some(3), stamp)], "").unwrap();
        journal.note(&[sent(&lines, Some(4), stamp), sent(&text, None, stamp)], "g7").unwrap();
        drop(journal);
        // Cut off within a line.
        let mut written = fs::read_to_string(&path).unwrap();
        written.push_str("{\"file\":\"c.txt\",\"by");
        fs::write(&path, &written).unwrap();

        let mut journal = Journal::open(&path, &options(None)).unwrap();
        let done = journal.done();
        assert_eq!((done.through("a.jsonl", stamp), done.through("a.jsonl", other)), (4, 0));
        assert!(done.has_file("b.txt", stamp) && !done.has_file("b.txt", other) && !done.has_file("c.txt", stamp));
        assert_eq!(journal.generation(), "g7");
        journal.note(&[sent(&lines, Some(8), stamp)], "g8").unwrap();
        drop(journal);
        let mut journal = Journal::open(&path, &options(None)).unwrap();
        assert_eq!((journal.done().through("a.jsonl", stamp), journal.generation()), (8, "g8"));

        assert!(matches!(Journal::open(&path, &options(Some("法规"))), Err(JournalError::OtherOptions(_))));
        journal.begin_anew().unwrap();
        drop(journal);
        let journal = Journal::open(&path, &options(None)).unwrap();
        assert_eq!((journal.done().through("a.jsonl", stamp), journal.generation()), (0, ""));
        journal.finish().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn another_file_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.txt");
        fs::write(&path, "何时归还？\n").unwrap();
        assert!(matches!(Journal::open(&path, &options(None)), Err(JournalError::Foreign(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "何时归还？\n");
    }
}
