//! Reads files into requests, on a thread that may block.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use flate2::bufread::MultiGzDecoder;
use prost::Message as _;
use tokio::sync::mpsc;

use super::{
    Place, Remark,
    files::{FileKind, Found, Root, SourceFile},
    journal::{Done, Stamp},
    record::{self, RecordError},
};
use crate::{
    cli::{
        connection::REQUEST_BYTES,
        lines::{LineError, Lines},
    },
    rpc::proto::{Document, ImportDocumentsRequest, document::Content as DocumentContent},
};

/// The largest text file that is read at all. The service takes less; it says so itself where it can.
const TEXT_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of a file that are read at once.
const READ_BYTES: usize = 256 * 1024;

/// What to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Folders and files.
    pub paths: Vec<PathBuf>,
    /// How a `text` is to be taken.
    pub content: Content,
    /// The collection of every document, whatever its record says.
    pub collection: Option<String>,
}

/// How a `text` is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// As it was found: the service repairs and splits it.
    AsFound,
    /// As one paragraph, already split.
    ReadyMade,
}

/// What the reader tells beside what it sends.
#[derive(Debug)]
pub(super) enum Note {
    /// The next document is about to be sent.
    Sent(Sent),
    /// A record was refused here; of a file as it was then, if that is known.
    Refused(Remark, Option<Stamp>),
    /// A file was passed over.
    Skipped,
    /// A record was acknowledged in an earlier run.
    Resumed,
}

/// A document that was sent.
#[derive(Debug)]
pub(super) struct Sent {
    /// Where it stands.
    pub(super) place: Place,
    /// Its id.
    pub(super) document_id: String,
    /// Bytes of its text.
    pub(super) text_bytes: u64,
    /// Tells its file from a changed one; `None` when unknown.
    pub(super) stamp: Option<Stamp>,
    /// Whether the service refused it.
    pub(super) is_refused: bool,
}

/// Bytes of files, for whoever wants to know how far it is.
#[derive(Debug, Default)]
pub(super) struct ReadBytes {
    /// Those that were read or passed over.
    all: AtomicU64,
    /// Those that were passed over, as what they hold was acknowledged before.
    passed_over: AtomicU64,
}

impl ReadBytes {
    /// Those that were read or passed over.
    pub(super) fn all(&self) -> u64 {
        self.all.load(Relaxed)
    }

    /// Those of them that were passed over, which takes no time to speak of.
    pub(super) fn passed_over(&self) -> u64 {
        self.passed_over.load(Relaxed)
    }

    fn add(&self, bytes: u64) {
        self.all.fetch_add(bytes, Relaxed);
    }

    /// So many of them were not looked into.
    fn pass_over(&self, bytes: u64) {
        self.passed_over.fetch_add(bytes, Relaxed);
    }
}

/// Reads files and sends what they hold, numbered from 1 without gaps. Each document is noted before it is sent.
pub(super) struct Reader {
    options: ImportOptions,
    requests: mpsc::Sender<ImportDocumentsRequest>,
    notes: mpsc::Sender<Note>,
    sequence_number: u64,
    /// What is passed over, as it was acknowledged before.
    done: Done,
    read: Arc<ReadBytes>,
}

/// Nobody listens any more.
#[derive(Debug)]
struct Gone;

/// Why a file or line gives no document.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("cannot read it: {0}")]
    Read(#[from] io::Error),
    #[error("{bytes} bytes; a text is at most 16 MiB, split it")]
    FileTooLarge { bytes: u64 },
    #[error("the record takes {bytes} bytes, at most {REQUEST_BYTES} can be sent; a text is at most 16 MiB, split it")]
    RecordTooLarge { bytes: usize },
    #[error("not UTF-8 at byte {0}; save the file as UTF-8")]
    NotUtf8(usize),
    #[error("the name of the file is not UTF-8, so it cannot be an id; rename it")]
    NameNotUtf8,
    #[error(transparent)]
    Line(#[from] LineError),
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl Reader {
    /// A reader that sends to these queues.
    pub(super) fn new(
        options: ImportOptions,
        requests: mpsc::Sender<ImportDocumentsRequest>,
        notes: mpsc::Sender<Note>,
        done: Done,
        read: Arc<ReadBytes>,
    ) -> Self {
        Self { options, requests, notes, sequence_number: 0, done, read }
    }

    /// Reads everything, or until nobody listens. Blocks.
    pub(super) fn read(mut self, roots: Vec<Root>) {
        let _: Result<(), Gone> = roots.into_iter().flat_map(Root::files).try_for_each(|found| match found {
            Found::File(file) => self.read_file(&file),
            Found::Skipped => self.note(Note::Skipped),
            Found::Unreadable(path, error) => {
                self.refuse(place(&path, None), String::new(), None, &ReadError::Read(error.into()))
            }
        });
    }

    fn read_file(&mut self, file: &SourceFile) -> Result<(), Gone> {
        if file.kind == FileKind::Text {
            return self.read_text(file);
        }
        let opened = match File::open(&file.path) {
            Ok(opened) => opened,
            Err(error) => return self.refuse(place(&file.path, None), String::new(), None, &error.into()),
        };
        let stamp = opened.metadata().ok().as_ref().map(Stamp::of);
        let counted = Counted { file: opened, read: Arc::clone(&self.read) };
        let opened = BufReader::with_capacity(READ_BYTES, counted);
        if file.kind == FileKind::CompressedLines {
            self.read_lines(&file.path, stamp, BufReader::with_capacity(READ_BYTES, MultiGzDecoder::new(opened)))
        } else {
            self.read_lines(&file.path, stamp, opened)
        }
    }

    fn read_text(&mut self, file: &SourceFile) -> Result<(), Gone> {
        let place = place(&file.path, None);
        let Some(id) = file.document_id.clone() else {
            return self.refuse(place, String::new(), None, &ReadError::NameNotUtf8);
        };
        // Before it is read: if it changes meanwhile, it is another one the next time.
        let stamp = fs::metadata(&file.path).ok().as_ref().map(Stamp::of);
        if let Some(stamp) = stamp.filter(|stamp| self.done.has_document(&place.file, &id, *stamp)) {
            self.read.add(stamp.bytes);
            self.read.pass_over(stamp.bytes);
            return self.note(Note::Resumed);
        }
        match text_of(&file.path) {
            Ok(text) => {
                self.read.add(text.len() as u64);
                self.send(place, stamp, record::from_text(id, text, &self.options))
            }
            Err(error) => self.refuse(place, id, stamp, &error),
        }
    }

    fn read_lines(&mut self, path: &Path, stamp: Option<Stamp>, reader: impl BufRead) -> Result<(), Gone> {
        let mut lines = Lines::new(reader);
        let file: Arc<str> = path.to_string_lossy().into();
        let done = stamp.and_then(|stamp| self.done.lines(&file, stamp)).cloned();
        let mut passing_since = done.as_ref().map(|_| self.read.all());
        loop {
            let number = lines.number() + 1;
            let line = lines.next();
            if (line.is_none() || done.as_ref().is_some_and(|done| number > done.through()))
                && let Some(before) = passing_since.take()
            {
                self.read.pass_over(self.read.all() - before);
            }
            let record = match line {
                None => return Ok(()),
                Some(Ok(line)) if line.trim().is_empty() => continue,
                // There are no lines behind it, whatever is done.
                Some(Err(error @ LineError::Read(_))) => Err((String::new(), error.into())),
                Some(_) if done.as_ref().is_some_and(|done| done.has(number)) => {
                    self.note(Note::Resumed)?;
                    continue;
                }
                Some(Ok(line)) => record::from_json(line, &self.options).map_err(|e| (e.id, e.error.into())),
                Some(Err(error)) => Err((String::new(), error.into())),
            };
            let place = Place { file: Arc::clone(&file), line: Some(number) };
            match record {
                Ok(document) => self.send(place, stamp, document)?,
                Err((id, error)) => self.refuse(place, id, stamp, &error)?,
            }
        }
    }

    fn send(&mut self, place: Place, stamp: Option<Stamp>, document: Document) -> Result<(), Gone> {
        let (document_id, text_bytes) = (document.id.clone(), text_bytes(&document));
        let request = ImportDocumentsRequest { sequence_number: self.sequence_number + 1, document: Some(document) };
        let bytes = request.encoded_len();
        if bytes > REQUEST_BYTES {
            return self.refuse(place, document_id, stamp, &ReadError::RecordTooLarge { bytes });
        }
        self.sequence_number += 1;
        self.note(Note::Sent(Sent { place, document_id, text_bytes, stamp, is_refused: false }))?;
        self.requests.blocking_send(request).map_err(|_| Gone)
    }

    fn refuse(&self, place: Place, document_id: String, stamp: Option<Stamp>, error: &ReadError) -> Result<(), Gone> {
        self.note(Note::Refused(Remark { place, document_id, message: error.to_string() }, stamp))
    }

    fn note(&self, note: Note) -> Result<(), Gone> {
        self.notes.blocking_send(note).map_err(|_| Gone)
    }
}

/// A file whose bytes are counted as they are read.
struct Counted {
    file: File,
    read: Arc<ReadBytes>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.add(read as u64);
        Ok(read)
    }
}

fn place(path: &Path, line: Option<u64>) -> Place {
    Place { file: path.to_string_lossy().into(), line }
}

/// Reads a whole text file, unless it is far too large.
fn text_of(path: &Path) -> Result<String, ReadError> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    if bytes > TEXT_FILE_BYTES {
        return Err(ReadError::FileTooLarge { bytes });
    }
    let mut text = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
    // It may be growing.
    file.take(TEXT_FILE_BYTES).read_to_end(&mut text)?;
    // A byte order mark stays: the service cuts it out, and gives back the original with it.
    String::from_utf8(text).map_err(|error| ReadError::NotUtf8(error.utf8_error().valid_up_to()))
}

fn text_bytes(document: &Document) -> u64 {
    let bytes = match &document.content {
        None => 0,
        Some(DocumentContent::Text(text)) => text.len(),
        Some(DocumentContent::Paragraphs(ready)) => ready.paragraphs.iter().map(|paragraph| paragraph.text.len()).sum(),
    };
    bytes as u64
}
