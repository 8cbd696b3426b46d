//! Why a call failed: every error of ours, as far as its caller is concerned.

use std::{error::Error, io, sync::Arc, time::Duration};

use tonic::{Code, Status};

use crate::{
    document::{DocumentId, Etag, MAX_TEXT_BYTES, ParagraphId},
    ingest::{IngestError, PrepareError, ReindexError, WriteError},
    pool::PoolError,
    query::MAX_CHARACTERS,
    rpc::{
        convert::{Invalid, echo},
        limits::{DOCUMENT_REQUEST_BYTES, IMPORT_PATIENCE, REQUEST_BYTES},
    },
    search::{BackupError, ReadError, SearchError},
};

/// Why a call failed. Its text is what the caller reads: no path, no cause.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A field of the request cannot be taken.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A token is not as this service gave it out.
    #[error(transparent)]
    TokenInvalid(Invalid),
    /// A token belongs to another request.
    #[error(transparent)]
    TokenMismatch(Invalid),
    /// A token is of a state of the index that cannot be gone on from.
    #[error(transparent)]
    SnapshotExpired(Invalid),
    /// The transport gave up on a message of the caller's.
    #[error("{0}")]
    Message(String),
    /// The transport does not know how the messages are encoded.
    #[error("{0}; send messages that are not compressed")]
    Encoding(String),
    /// A message is longer than its method takes.
    #[error(
        "the message is too long: one with a document has at most {DOCUMENT_REQUEST_BYTES} bytes and its text \
         {MAX_TEXT_BYTES}, others have {REQUEST_BYTES} and their query {MAX_CHARACTERS} characters; shorten it, or send \
         it in parts"
    )]
    TooLong,
    /// There is no such service or method.
    #[error("there is no such method; reflection lists those that there are")]
    Unimplemented,
    /// There is no such document.
    #[error("there is no document `{0}`")]
    DocumentNotFound(DocumentId),
    /// The document has no such paragraph.
    #[error(
        "the document `{}` has no paragraph `{}`; `GetDocument` lists those that it has",
        .0.document, .0.ordinal
    )]
    ParagraphNotFound(ParagraphId),
    /// The stored version is another one, or there is none.
    #[error("{}", IngestError::EtagMismatch(*.0))]
    EtagMismatch(Option<Etag>),
    /// As many streams run as may.
    #[error("too many streams run at once; try again later")]
    TooManyStreams,
    /// As many streams of the caller's run as may.
    #[error("{0} streams of one caller run, as many as may at once; let some end, or try again later")]
    TooManyOfCaller(usize),
    /// As many calls of the caller's that answer once are under way as may.
    #[error("{0} calls of this caller are under way, as many as may be at once; let some end, or try again later")]
    TooManyDocumentCallsOfCaller(usize),
    /// No core was free for too long.
    #[error("the service is overloaded; try again later")]
    Overloaded,
    /// The reader took nothing for too long.
    #[error("nothing was read for {} ms; the stream was given up", .0.as_millis())]
    SlowConsumer(Duration),
    /// An operator ended the call.
    #[error("the operators of the service have ended this call; do not go on with it before you have asked them")]
    StreamCancelled,
    /// No stream has such a name.
    #[error("no stream runs with the request id `{0}`; `ListStreams` names those that do")]
    StreamNotFound(String),
    /// The sender of an import sent nothing for too long.
    #[error("nothing was sent for {} s and all was acknowledged; import the rest anew", IMPORT_PATIENCE.as_secs())]
    IdleImport,
    /// Files of the index are copied or looked at for another call, or it is built anew.
    #[error("another backup, verification or reindex runs; try again when it has ended")]
    MaintenanceRuns,
    /// There is no room for a backup.
    #[error("there is no room for the backup; nothing of it is left there")]
    BackupFull(#[source] Cause),
    /// There is no room for a second index.
    #[error("there is no room to build the index anew; nothing of it is left there, and all goes on as it was")]
    ReindexFull(#[source] Cause),
    /// No operation has such a name.
    #[error("there is no operation `{0}`; the last one is known until the service stops")]
    OperationNotFound(String),
    /// The disk is full.
    #[error(
        "the disk is full, or as full as `ingest.min_free_disk` lets it be, and the change is not acknowledged; reads go on"
    )]
    StorageFull(#[source] Cause),
    /// The service ends.
    #[error("the service is shutting down; try again, it may be another one that answers")]
    Draining,
    /// The index is not open yet.
    #[error("the index is being opened; try again later")]
    Opening,
    /// The index could not be written.
    #[error("the index could not be written and the change is not acknowledged; send it again")]
    EngineUnavailable(#[source] IngestError),
    /// The caller's time is up.
    #[error("the deadline of the call has passed")]
    Deadline,
    /// The caller left.
    #[error("the call was cancelled")]
    Cancelled,
    /// The system does not let the service write.
    #[error(
        "the service may not write to its data directory, and the change is not acknowledged; the operators have to let it, \
         reads go on, and writing does when it may"
    )]
    Forbidden(#[source] Cause),
    /// Stored data does not make sense.
    #[error("the index is damaged; quote the request id to the operators")]
    Corrupt(#[source] Cause),
    /// A bug, or something that nobody expected.
    #[error("something went wrong inside the service; quote the request id to the operators")]
    Internal(#[source] Cause),
}

/// What is logged and never sent.
type Cause = Box<dyn Error + Send + Sync>;

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::GenerationNotReached(_) => {
                Invalid::new("min_generation", format!("has not been reached: {error}")).into()
            }
            SearchError::SnapshotExpired => {
                let message = "is of a state of the index that is gone; begin anew without it, or set \
                               `allow_snapshot_change` to go on in the newest one";
                Self::SnapshotExpired(Invalid::new("resume_token", message))
            }
            SearchError::BadOffset(_) => Invalid::new("original_offset", error.to_string()).into(),
            SearchError::DocumentNotFound(id) => Self::DocumentNotFound(id),
            SearchError::ParagraphNotFound(id) => Self::ParagraphNotFound(id),
            SearchError::PageExpired => {
                let message = "is of another index; begin the list anew without it";
                Self::SnapshotExpired(Invalid::new("page_token", message))
            }
            SearchError::RemovalsForgotten => {
                let message = "cannot be followed from: what was removed since is not remembered any more, or was \
                               passed over without `follow`; begin anew without it, or set `allow_snapshot_change` \
                               and miss removals";
                Self::SnapshotExpired(Invalid::new("resume_token", message))
            }
            SearchError::Read(error) => error.into(),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Stopped => Self::Cancelled,
            ReadError::Corrupt(_) => Self::Corrupt(error.into()),
            ReadError::Engine(_) => Self::Internal(error.into()),
        }
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Target(wrong) => Invalid::new("directory", wrong.to_string()).into(),
            BackupError::Read(error) => error.into(),
            BackupError::Write(ref cause) if is_storage_full(cause) => Self::BackupFull(error.into()),
            _ => Self::Internal(error.into()),
        }
    }
}

impl From<ReindexError> for Failure {
    fn from(error: ReindexError) -> Self {
        match error {
            ReindexError::Runs => Self::MaintenanceRuns,
            ReindexError::Read(error) | ReindexError::Write(WriteError::Read(error)) => error.into(),
            ReindexError::Write(ref cause) if is_storage_full(cause) => Self::ReindexFull(error.into()),
            ReindexError::Write(ref cause) if is_forbidden(cause) => Self::Forbidden(error.into()),
            ReindexError::Write(cause) => Self::EngineUnavailable(IngestError::Write(Arc::new(cause))),
            ReindexError::Closed(error) => error.into(),
            _ => Self::Internal(error.into()),
        }
    }
}

impl From<IngestError> for Failure {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::EtagMismatch(stored) => Self::EtagMismatch(stored),
            IngestError::NotFound(id) => Self::DocumentNotFound(id),
            IngestError::Closed => Self::Draining,
            IngestError::Write(ref cause) if matches!(**cause, WriteError::Read(ReadError::Corrupt(_))) => {
                Self::Corrupt(error.into())
            }
            IngestError::Write(ref cause) if is_storage_full(&**cause) => Self::StorageFull(error.into()),
            IngestError::Write(ref cause) if is_forbidden(&**cause) => Self::Forbidden(error.into()),
            IngestError::Write(_) => Self::EngineUnavailable(error),
        }
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::TooHeavy(_) => Invalid::new("document", error.to_string()).into(),
            PrepareError::Read(error) => error.into(),
        }
    }
}

impl Failure {
    /// What a status means that the transport made itself, before or beside our code.
    ///
    /// A message that cannot be decoded or is too long is the caller's fault, which tonic's codes do not say.
    pub(crate) fn of_transport(status: &Status) -> Self {
        match status.code() {
            Code::OutOfRange => Self::TooLong,
            Code::Internal => Self::Message(echo(status.message()).to_owned()),
            // An unknown method has no message.
            Code::Unimplemented if !status.message().is_empty() => Self::Encoding(echo(status.message()).to_owned()),
            Code::Unimplemented => Self::Unimplemented,
            _ => Self::Cancelled,
        }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Internal(error.into())
    }
}

/// Whether a full disk is at the bottom of it, or a limit of the process's that has the same effect.
fn is_storage_full(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    comes_of(error, &[StorageFull, QuotaExceeded, FileTooLarge])
}

/// Whether it is that files may not be written: they are another user's, or their file system is read-only, as some become
/// when their disk fails.
fn is_forbidden(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    comes_of(error, &[PermissionDenied, ReadOnlyFilesystem])
}

/// Whether an error of one of these kinds is at the bottom of it.
fn comes_of(error: &(dyn Error + 'static), kinds: &[io::ErrorKind]) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| kinds.contains(&error.kind()))
}
