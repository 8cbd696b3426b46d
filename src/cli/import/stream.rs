//! The stream of an import: documents up, acknowledgements down.

use std::{io, pin::pin, sync::Arc, thread, time::Instant};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming, transport::Channel};

use super::{
    ImportEvent, ImportOptions, ImportSummary, JournalError, PathError, Place, Remark, files,
    journal::Journal,
    reader::{Note, ReadBytes, Reader},
    unacknowledged::Unacknowledged,
};
use crate::{
    cli::{
        connection::{document_service, search_service},
        failure::{describe_item_status, describe_status},
    },
    rpc::proto::{CountRequest, ImportDocumentsResponse, ImportFailure, ImportWarning, count_request::QueryForm},
};

/// Documents that are read ahead of the stream: few, as each may take 20 MiB.
const READ_AHEAD: usize = 8;

/// Notes of the reader that may wait.
const NOTES_AHEAD: usize = 1024;

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Every path is wrong. Nothing was sent.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The service ended the stream.
    #[error("the import ended early: {}; {}", describe_status(.0), what_to_do(.0))]
    Stream(#[from] Status),
    /// The service ended the stream as if it were whole.
    #[error("the import was cut: {unacknowledged} documents were not acknowledged; run it again to go on")]
    Cut {
        /// Documents that were sent to no answer.
        unacknowledged: usize,
    },
    /// There is no thread to read the files. Nothing was sent.
    #[error("cannot start a thread to read the files: {0}")]
    Thread(io::Error),
    /// There is no journal. Nothing was sent.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal cannot be written any more.
    #[error("cannot note how far the import is: {0}; what was acknowledged is in")]
    Note(io::Error),
    /// The thread that reads the files panicked.
    #[error("the reader of the files panicked, which is a bug; the documents before are in")]
    Reader,
}

fn what_to_do(status: &Status) -> &'static str {
    match status.code() {
        Code::DataLoss => "run it again once that is cured",
        _ => "run it again to go on",
    }
}

/// What goes beside an import.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Where it is noted how far it is, and how far it was.
    pub(super) journal: Option<Journal>,
    /// Counts the bytes of files.
    pub(super) read: Arc<ReadBytes>,
}

/// Imports files over a channel that is ready, and tells `report` what happens.
///
/// Every path is looked at before anything is sent. A path or a record that is refused never stops the rest: the
/// summary counts it. Documents that were acknowledged are in, also when the import fails or is dropped later on; to import them again
/// changes nothing.
///
/// # Errors
///
/// [`ImportError`] when not everything could be read or sent.
pub async fn run(
    channel: Channel,
    options: &ImportOptions,
    report: impl FnMut(ImportEvent<'_>),
) -> Result<ImportSummary, ImportError> {
    run_beside(channel, options, Beside::default(), report).await
}

/// The same, with what goes beside it. A journal is taken away when all was acknowledged.
pub(super) async fn run_beside(
    channel: Channel,
    options: &ImportOptions,
    beside: Beside,
    report: impl FnMut(ImportEvent<'_>),
) -> Result<ImportSummary, ImportError> {
    let Beside { mut journal, read } = beside;
    if let Some(journal) = &mut journal
        && !is_reached(channel.clone(), journal.generation()).await?
    {
        journal.begin_anew().map_err(ImportError::Note)?;
    }
    let done = journal.as_ref().map(Journal::done).unwrap_or_default();
    let (roots, wrong) = files::check(&options.paths)?;
    let (requests, outgoing) = mpsc::channel(READ_AHEAD);
    let (note_sender, mut notes) = mpsc::channel(NOTES_AHEAD);
    let reader = Reader::new(options.clone(), requests, note_sender, done, read);
    let reading = thread::Builder::new().name("import-reader".to_owned()).spawn(move || reader.read(roots));
    let reading = reading.map_err(ImportError::Thread)?;

    let (summary, unacknowledged) = (ImportSummary::default(), Unacknowledged::default());
    let mut import = Import { summary, unacknowledged, journal, report };
    for error in wrong {
        import.refuse_path(&error);
    }
    let started = Instant::now();
    let mut client = document_service(channel);
    let mut opening = pin!(client.import_documents(ReceiverStream::new(outgoing)));
    let mut answers = loop {
        tokio::select! {
            Some(note) = notes.recv() => import.note(note).map_err(ImportError::Note)?,
            opened = &mut opening => break opened?.into_inner(),
        }
    };
    while let Some(answer) = import.next_answer(&mut notes, &mut answers).await? {
        import.summary.elapsed = started.elapsed();
        import.acknowledge(answer).map_err(ImportError::Note)?;
    }
    // What was refused after the last document; nothing waits for room any more.
    while let Some(note) = notes.recv().await {
        import.note(note).map_err(ImportError::Note)?;
    }
    // It let go of its notes last of all, so this does not wait.
    reading.join().map_err(|_| ImportError::Reader)?;
    import.summary.elapsed = started.elapsed();
    match (import.unacknowledged.len(), import.journal) {
        (0, Some(journal)) => journal.finish().map_err(ImportError::Note).map(|()| import.summary),
        (0, None) => Ok(import.summary),
        (unacknowledged, _) => Err(ImportError::Cut { unacknowledged }),
    }
}

/// Whether the index has a state, or what came of it: else it is another index, or an older copy of it.
async fn is_reached(channel: Channel, generation: &str) -> Result<bool, Status> {
    if generation.is_empty() {
        return Ok(true);
    }
    let query_form = Some(QueryForm::Query(String::new()));
    let request = CountRequest { query_form, min_generation: generation.to_owned(), ..CountRequest::default() };
    match search_service(channel).count(request).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::InvalidArgument => Ok(false),
        Err(status) => Err(status),
    }
}

/// An import under way.
struct Import<R> {
    summary: ImportSummary,
    unacknowledged: Unacknowledged,
    journal: Option<Journal>,
    report: R,
}

impl<R: FnMut(ImportEvent<'_>)> Import<R> {
    /// Takes notes until an answer comes. Every document that the answer is about has been noted then.
    async fn next_answer(
        &mut self,
        notes: &mut mpsc::Receiver<Note>,
        answers: &mut Streaming<ImportDocumentsResponse>,
    ) -> Result<Option<ImportDocumentsResponse>, ImportError> {
        let answer = loop {
            tokio::select! {
                Some(note) = notes.recv() => self.note(note).map_err(ImportError::Note)?,
                answer = answers.message() => break answer?,
            }
        };
        while let Ok(note) = notes.try_recv() {
            self.note(note).map_err(ImportError::Note)?;
        }
        Ok(answer)
    }

    fn refuse_path(&mut self, error: &PathError) {
        let place = Place { file: error.path().to_string_lossy().into(), line: None };
        self.refuse(&Remark { place, document_id: String::new(), message: error.to_string() });
    }

    fn note(&mut self, note: Note) -> io::Result<()> {
        match note {
            Note::Sent(sent) => self.unacknowledged.push(sent),
            Note::Refused(remark, stamp) => {
                self.refuse(&remark);
                if let (Some(journal), Some(stamp)) = (&mut self.journal, stamp) {
                    journal.note_refused(&remark.place, stamp)?;
                }
            }
            Note::Skipped => self.summary.skipped += 1,
            Note::Resumed => self.summary.resumed += 1,
        }
        Ok(())
    }

    fn acknowledge(&mut self, answer: ImportDocumentsResponse) -> io::Result<()> {
        let ImportDocumentsResponse {
            acknowledged_through,
            created,
            replaced,
            unchanged,
            failures,
            warnings,
            generation,
        } = answer;
        for ImportFailure { sequence_number, document_id, status } in failures {
            let place = self.unacknowledged.place(sequence_number);
            let message = status.as_ref().map_or_else(|| "refused".to_owned(), describe_item_status);
            self.unacknowledged.refuse(sequence_number);
            self.refuse(&Remark { place, document_id, message });
        }
        for ImportWarning { sequence_number, document_id, warning } in warnings {
            let place = self.unacknowledged.place(sequence_number);
            let message = warning.map(|warning| format!("{} ({})", warning.message, warning.reason));
            self.warn(&Remark { place, document_id, message: message.unwrap_or_default() });
        }
        self.summary.created += u64::from(created);
        self.summary.replaced += u64::from(replaced);
        self.summary.unchanged += u64::from(unchanged);
        let answered = self.unacknowledged.acknowledge_through(acknowledged_through);
        self.summary.bytes += answered.iter().map(|sent| sent.text_bytes).sum::<u64>();
        (self.report)(ImportEvent::Acknowledged(&self.summary));
        self.journal.as_mut().map_or(Ok(()), |journal| journal.note(&answered, &generation))
    }

    fn refuse(&mut self, remark: &Remark) {
        self.summary.failed += 1;
        (self.report)(ImportEvent::Refused(remark));
    }

    fn warn(&mut self, remark: &Remark) {
        self.summary.warnings += 1;
        (self.report)(ImportEvent::Warned(remark));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, path::Path};

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::cli::{
        connection::REQUEST_BYTES,
        fake::{self, FakeService},
        import::Content,
    };

    /// Imports a folder over a channel; returns the summary without its time, and the remarks.
    async fn import(channel: Channel, folder: &Path) -> (Result<ImportSummary, ImportError>, Vec<String>) {
        let options = ImportOptions { paths: vec![folder.to_owned()], content: Content::AsFound, collection: None };
        let mut remarks = Vec::new();
        let prefix = format!("{}/", folder.display());
        let ended = run(channel, &options, |event| match event {
            ImportEvent::Refused(remark) | ImportEvent::Warned(remark) => {
                remarks.push(remark.to_string().replace(&prefix, ""));
            }
            ImportEvent::Acknowledged(_) => {}
        })
        .await;
        (ended.map(|summary| ImportSummary { elapsed: std::time::Duration::ZERO, ..summary }), remarks)
    }

    fn write_compressed(path: &Path, lines: &str) {
        let mut file = GzEncoder::new(fs::File::create(path).unwrap(), Compression::fast());
        file.write_all(lines.as_bytes()).unwrap();
        file.finish().unwrap();
    }

    #[tokio::test]
    async fn one_bad_record_never_stops_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        fs::write(place.join("a.txt"), "\u{feff}文字").unwrap();
        fs::write(place.join("b.txt"), b"\xff").unwrap();
        fs::write(place.join("c.jsonl"), "{\"id\":1,\"text\":\"甲\"}\n\n{\n{\"id\":\"坏\",\"text\":\"乙\"}\n").unwrap();
        write_compressed(&place.join("d.jsonl.gz"), "{\"id\":\"空\",\"text\":\"\"}\n{\"text\":\"丙\"}\n");
        fs::write(place.join("e.jsonl.gz"), "this is no gzip file").unwrap();
        fs::write(place.join("f.pdf"), "").unwrap();
        fs::write(place.join("g.md"), "丁").unwrap();

        let channel = fake::channel(FakeService::default()).await;
        let (ended, mut remarks) = import(channel.clone(), place).await;
        remarks.sort_unstable();
        assert_eq!(
            remarks,
            [
                "b.txt: b.txt: not UTF-8 at byte 0; save the file as UTF-8",
                "c.jsonl:3: no JSON: EOF while parsing an object, column 1",
                "c.jsonl:4: 坏: INVALID_ARGUMENT: bad",
                "d.jsonl.gz:1: 空: nothing (EMPTY_TEXT)",
                "d.jsonl.gz:2: no `id`; give the record one, a string or an integer",
                "e.jsonl.gz:1: cannot read on: invalid gzip header",
            ]
        );
        let expected =
            ImportSummary { created: 4, failed: 5, warnings: 1, skipped: 1, bytes: 15, ..ImportSummary::default() };
        assert_eq!(ended.unwrap(), expected);

        let (again, _) = import(channel, place).await;
        assert_eq!(again.unwrap(), ImportSummary { created: 0, unchanged: 4, ..expected });
    }

    #[tokio::test]
    async fn many_more_records_than_are_read_ahead() {
        let folder = tempfile::tempdir().unwrap();
        let line = |number| format!("{{\"id\":{number},\"text\":\"{}\"}}\n", "文".repeat(50));
        let lines: String = (0..3000).map(line).chain((0..3000).map(|_| "?\n".to_owned())).collect();
        write_compressed(&folder.path().join("a.jsonl.gz"), &lines);
        let (ended, remarks) = import(fake::channel(FakeService::default()).await, folder.path()).await;
        assert_eq!(remarks.len(), 3000);
        let expected = ImportSummary { created: 3000, failed: 3000, bytes: 3000 * 150, ..ImportSummary::default() };
        assert_eq!(ended.unwrap(), expected);
    }

    #[tokio::test]
    async fn a_record_too_large_to_send_is_refused_here() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "a".repeat(REQUEST_BYTES)).unwrap();
        fs::write(folder.path().join("b.txt"), "b".repeat(REQUEST_BYTES - 100)).unwrap();
        let (ended, remarks) = import(fake::channel(FakeService::default()).await, folder.path()).await;
        assert_eq!(remarks.len(), 1);
        assert!(remarks[0].starts_with("a.txt: a.txt: the record takes 20971"), "{}", remarks[0]);
        assert_eq!(ended.unwrap().created, 1);
    }

    #[tokio::test]
    async fn an_import_that_was_cut_is_no_success() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.txt", "b.txt", "c.txt", "d.txt"] {
            fs::write(folder.path().join(name), "文").unwrap();
        }
        let service = FakeService { cuts_imports: true, ..FakeService::default() };
        let (ended, _) = import(fake::channel(service).await, folder.path()).await;
        assert!(matches!(ended, Err(ImportError::Cut { unacknowledged: 1 })));
    }

    /// Else who runs it until it succeeds believes that all is in.
    #[tokio::test]
    async fn what_was_refused_is_tried_again_when_the_import_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let line = |id: &str| format!("{{\"id\":\"{id}\",\"text\":\"文\"}}\n");
        let lines = [&*line("一"), "{\n", &line("坏"), &line("四"), &line("五")].concat();
        fs::write(folder.path().join("a.jsonl"), lines).unwrap();
        let content = Content::AsFound;
        let options = ImportOptions { paths: vec![folder.path().join("a.jsonl")], content, collection: None };
        let mut ended = Vec::new();
        for cuts_imports in [true, true, false] {
            let journal = Some(Journal::open(&folder.path().join("journal"), &options).unwrap());
            let channel = fake::channel(FakeService { cuts_imports, ..FakeService::default() }).await;
            ended.push(run_beside(channel, &options, Beside { journal, ..Beside::default() }, |_| {}).await);
        }
        let [Err(ImportError::Cut { .. }), Err(ImportError::Cut { .. }), Ok(summary)] = &ended[..] else {
            panic!("{ended:?}")
        };
        assert_eq!((summary.resumed, summary.failed, summary.created), (2, 2, 1));
        assert!(!folder.path().join("journal").exists());
    }

    /// The lines behind it are not there to be passed over.
    #[tokio::test]
    async fn a_file_that_cannot_be_read_again_is_no_success() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl.gz");
        write_compressed(
            &path,
            &[1, 2, 3, 4, 5].map(|number| format!("{{\"id\":{number},\"text\":\"文\"}}\n")).concat(),
        );
        let options = ImportOptions { paths: vec![path.clone()], content: Content::AsFound, collection: None };
        let import = async |cuts_imports| {
            let journal = Some(Journal::open(&folder.path().join("journal"), &options).unwrap());
            let channel = fake::channel(FakeService { cuts_imports, ..FakeService::default() }).await;
            run_beside(channel, &options, Beside { journal, ..Beside::default() }, |_| {}).await
        };
        assert!(matches!(import(true).await, Err(ImportError::Cut { .. })));
        let (mut bytes, modified) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap());
        bytes[10..].fill(0xff);
        fs::write(&path, bytes).unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
        let summary = import(false).await.unwrap();
        assert_eq!((summary.resumed, summary.failed), (0, 1));
    }

    #[tokio::test]
    async fn nothing_is_sent_when_a_path_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let (ended, _) = import(fake::channel(FakeService::default()).await, &folder.path().join("missing")).await;
        assert!(matches!(ended, Err(ImportError::Path(_))));
    }
}
