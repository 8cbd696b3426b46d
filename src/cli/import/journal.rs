//! How far an import has come, in a file that outlives it: what was acknowledged is not sent again.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{File, Metadata},
    io::{self, BufRead as _, BufReader, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

use super::{Content, ImportOptions, Place, reader::Sent};

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

/// A further line: what is done of a file, or is not.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    file: String,
    #[serde(flatten)]
    stamp: Stamp,
    #[serde(flatten)]
    what: What,
    /// A state of the index that has what is done.
    generation: String,
}

/// What stands between an entry and its checksum; none of its own characters.
const SEPARATOR: &[u8] = b"\t";

/// The first half of a BLAKE3 hash, in hexadecimal digits.
fn checksum(entry: &[u8]) -> String {
    blake3::hash(entry).to_hex()[..blake3::OUT_LEN].to_owned()
}

/// What a line says, if it is what was written.
fn read_entry(line: &[u8]) -> Option<Entry> {
    let (entry, found) = line.split_at_checked(line.len().checked_sub(SEPARATOR.len() + blake3::OUT_LEN)?)?;
    let is_whole = found.strip_prefix(SEPARATOR)? == checksum(entry).as_bytes();
    is_whole.then(|| serde_json::from_slice(entry).ok())?
}

/// What an entry says of its file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// It is one document, with this id, and done. One file has several when it is below several folders that are named.
    Document(String),
    /// Every line is done up to this one, but those that were refused.
    Through(u64),
    /// This line was refused.
    Refused(u64),
    /// This line was refused before and is done.
    Again(u64),
}

/// What was done before.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    documents: HashMap<(String, String), Stamp>,
    lines: HashMap<String, Lines>,
}

/// What is done of a file of lines.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    stamp: Stamp,
    through: u64,
    refused: BTreeSet<u64>,
}

impl Lines {
    /// The last line that there is something to pass over before.
    pub(super) fn through(&self) -> u64 {
        self.through
    }

    /// Whether a line is done.
    pub(super) fn has(&self, line: u64) -> bool {
        line <= self.through && !self.refused.contains(&line)
    }
}

impl Done {
    /// Whether a file that is one document is done under its id.
    pub(super) fn has_document(&self, file: &str, id: &str, stamp: Stamp) -> bool {
        self.documents.get(&(file.to_owned(), id.to_owned())) == Some(&stamp)
    }

    /// What is done of a file of lines, unless it has changed.
    pub(super) fn lines(&self, file: &str, stamp: Stamp) -> Option<&Lines> {
        self.lines.get(file).filter(|lines| lines.stamp == stamp)
    }

    fn add(&mut self, Entry { file, stamp, what, generation: _ }: Entry) {
        if let What::Document(id) = what {
            self.documents.insert((file, id), stamp);
            return;
        }
        let new = || Lines { stamp, through: 0, refused: BTreeSet::new() };
        let lines = self.lines.entry(file).or_insert_with(new);
        if lines.stamp != stamp {
            *lines = new();
        }
        match what {
            What::Document(_) => {}
            What::Through(line) => lines.through = line,
            What::Refused(line) => drop(lines.refused.insert(line)),
            What::Again(line) => drop(lines.refused.remove(&line)),
        }
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
        let mut lines = BufReader::new(journal.file.try_clone().map_err(failed)?).split(b'\n');
        match lines.next().transpose().map_err(failed)? {
            None => journal.write(&head).map_err(failed)?,
            Some(line) => match serde_json::from_slice::<Head>(&line) {
                Ok(found) if found == head => {}
                Ok(_) => return Err(JournalError::OtherOptions(path.to_owned())),
                Err(_) => return Err(JournalError::Foreign(path.to_owned())),
            },
        }
        for line in lines {
            // One may be cut off, within a character, too, or damaged: what it said is sent again.
            if let Some(entry) = read_entry(&line.map_err(failed)?) {
                entry.generation.clone_into(&mut journal.generation);
                journal.done.add(entry);
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

    /// Notes documents that were answered, in order.
    pub(super) fn note(&mut self, answered: &[Sent], generation: &str) -> io::Result<()> {
        if !generation.is_empty() {
            generation.clone_into(&mut self.generation);
        }
        let mut entries = Vec::new();
        let of_one_file = |one: &Sent, next: &Sent| Arc::ptr_eq(&one.place.file, &next.place.file);
        for run in answered.chunk_by(of_one_file) {
            self.entries(run, &mut entries)?;
        }
        self.file.write_all(&entries)
    }

    /// Notes a line that was refused before it was sent.
    pub(super) fn note_refused(&mut self, place: &Place, stamp: Stamp) -> io::Result<()> {
        place.line.map_or(Ok(()), |line| {
            let mut entry = Vec::new();
            self.entry(&place.file, stamp, What::Refused(line), &mut entry)?;
            self.file.write_all(&entry)
        })
    }

    /// What is written of documents of one file.
    fn entries(&self, run: &[Sent], entries: &mut Vec<u8>) -> io::Result<()> {
        let Some(Sent { place: Place { file, .. }, stamp: Some(stamp), .. }) = run.last() else { return Ok(()) };
        let before = self.done.lines(file, *stamp).map_or(0, Lines::through);
        let mut through = None;
        for Sent { place, document_id, is_refused, .. } in run {
            let what = match place.line {
                Some(line) if line > before => {
                    through = Some(What::Through(line));
                    is_refused.then_some(What::Refused(line))
                }
                Some(line) => (!is_refused).then_some(What::Again(line)),
                None => (!is_refused).then(|| What::Document(document_id.clone())),
            };
            what.map_or(Ok(()), |what| self.entry(file, *stamp, what, entries))?;
        }
        through.map_or(Ok(()), |through| self.entry(file, *stamp, through, entries))
    }

    fn entry(&self, file: &str, stamp: Stamp, what: What, entries: &mut Vec<u8>) -> io::Result<()> {
        let entry = Entry { file: file.to_owned(), stamp, what, generation: self.generation.clone() };
        let text = serde_json::to_vec(&entry)?;
        entries.extend([&text, SEPARATOR, checksum(&text).as_bytes(), b"\n"].concat());
        Ok(())
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

    const STAMP: Stamp = Stamp { bytes: 9, modified: 5 };
    const OTHER: Stamp = Stamp { bytes: 9, modified: 6 };

    fn sent(file: &Arc<str>, line: Option<u64>) -> Sent {
        let place = Place { file: Arc::clone(file), line };
        Sent { place, document_id: file.to_string(), text_bytes: 1, stamp: Some(STAMP), is_refused: false }
    }

    fn refused(file: &Arc<str>, line: Option<u64>) -> Sent {
        Sent { is_refused: true, ..sent(file, line) }
    }

    fn through(done: &Done, file: &str, stamp: Stamp) -> u64 {
        done.lines(file, stamp).map_or(0, Lines::through)
    }

    #[test]
    fn what_was_acknowledged_is_known_unless_the_file_has_changed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let [lines, text]: [Arc<str>; 2] = ["a.jsonl".into(), "b.txt".into()];
        let mut journal = Journal::open(&path, &options(None)).unwrap();
        journal.note(&[sent(&lines, Some(1)), sent(&lines, Some(3))], "").unwrap();
        journal.note(&[sent(&lines, Some(4)), sent(&text, None)], "g7").unwrap();
        drop(journal);
        // What else it could say, once a digit has changed, is not believed.
        let text = fs::read_to_string(&path).unwrap();
        let damaged = text.replace(r#""through":4"#, r#""through":9"#);
        assert_ne!(text, damaged);
        fs::write(&path, damaged).unwrap();
        assert_eq!(through(&Journal::open(&path, &options(None)).unwrap().done(), &lines, STAMP), 3);
        fs::write(&path, text).unwrap();
        // Cut off within a character.
        let mut written = fs::read(&path).unwrap();
        written.extend_from_slice(&"{\"file\":\"何".as_bytes()[..11]);
        fs::write(&path, &written).unwrap();

        let mut journal = Journal::open(&path, &options(None)).unwrap();
        let done = journal.done();
        assert_eq!((through(&done, "a.jsonl", STAMP), through(&done, "a.jsonl", OTHER)), (4, 0));
        assert!(done.has_document("b.txt", "b.txt", STAMP) && !done.has_document("b.txt", "b.txt", OTHER));
        assert_eq!(journal.generation(), "g7");
        journal.note(&[sent(&lines, Some(8))], "g8").unwrap();
        drop(journal);
        let mut journal = Journal::open(&path, &options(None)).unwrap();
        assert_eq!((through(&journal.done(), "a.jsonl", STAMP), journal.generation()), (8, "g8"));

        assert!(matches!(Journal::open(&path, &options(Some("法规"))), Err(JournalError::OtherOptions(_))));
        journal.begin_anew().unwrap();
        drop(journal);
        let journal = Journal::open(&path, &options(None)).unwrap();
        assert_eq!((through(&journal.done(), "a.jsonl", STAMP), journal.generation()), (0, ""));
        journal.finish().unwrap();
        assert!(!path.exists());
    }

    /// One file may be below two folders that are named, and then is two documents.
    #[test]
    fn a_file_is_done_under_its_id() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(&directory.path().join("journal"), &options(None)).unwrap();
        let document = Sent { document_id: "sub/x.txt".to_owned(), ..sent(&"docs/sub/x.txt".into(), None) };
        journal.note(&[document], "").unwrap();
        drop(journal);
        let done = Journal::open(&directory.path().join("journal"), &options(None)).unwrap().done();
        assert!(done.has_document("docs/sub/x.txt", "sub/x.txt", STAMP));
        assert!(!done.has_document("docs/sub/x.txt", "x.txt", STAMP));
    }

    #[test]
    fn what_was_refused_is_not_done() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let [lines, text]: [Arc<str>; 2] = ["a.jsonl".into(), "b.txt".into()];
        let mut journal = Journal::open(&path, &options(None)).unwrap();
        journal.note_refused(&Place { file: Arc::clone(&lines), line: Some(2) }, STAMP).unwrap();
        journal.note(&[sent(&lines, Some(1)), refused(&lines, Some(3)), sent(&lines, Some(5))], "").unwrap();
        journal.note(&[refused(&text, None)], "").unwrap();
        drop(journal);
        let check = |expected: [bool; 6]| {
            let done = Journal::open(&path, &options(None)).unwrap().done();
            let lines = done.lines("a.jsonl", STAMP).unwrap();
            assert_eq!(std::array::from_fn(|index| lines.has(index as u64 + 1)), expected);
            assert!(!done.has_document("b.txt", "b.txt", STAMP));
        };
        check([true, false, false, true, true, false]);
        // Tried again, together with what comes next.
        let mut journal = Journal::open(&path, &options(None)).unwrap();
        journal.note(&[sent(&lines, Some(2)), refused(&lines, Some(3)), sent(&lines, Some(6))], "").unwrap();
        drop(journal);
        check([true, true, false, true, true, true]);
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
