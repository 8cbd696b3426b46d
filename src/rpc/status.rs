//! The one table from what goes wrong to what a caller is told; the only place that makes a [`tonic::Status`].
//!
//! Every status carries `google.rpc.ErrorInfo`, one for a bad field `BadRequest`, one that a retry helps `RetryInfo`.
//! What is ours to mend is logged with its cause, and its caller learns the request id only.

use std::{collections::HashMap, error::Error, time::Duration};

use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{
    rpc::{
        convert::Invalid,
        failure::Failure,
        limits::{RETRY_LATER, RETRY_SOON},
    },
    telemetry::ShedReason,
};

/// The `domain` of every `ErrorInfo`.
const DOMAIN: &str = "xunzhang";

/// A line of the table.
struct Line {
    code: Code,
    reason: &'static str,
    retry: Option<Duration>,
}

impl Failure {
    /// The table.
    fn line(&self) -> Line {
        let (code, reason, retry) = match self {
            Self::Invalid(_) => (Code::InvalidArgument, "INVALID_FIELD", None),
            Self::TokenInvalid(_) => (Code::InvalidArgument, "TOKEN_INVALID", None),
            Self::TokenMismatch(_) => (Code::InvalidArgument, "TOKEN_MISMATCH", None),
            Self::SnapshotExpired(_) => (Code::FailedPrecondition, "SNAPSHOT_EXPIRED", None),
            Self::Message(_) | Self::TooLong => (Code::InvalidArgument, "INVALID_MESSAGE", None),
            Self::Unimplemented | Self::Encoding(_) => (Code::Unimplemented, "UNIMPLEMENTED", None),
            Self::DocumentNotFound(_) => (Code::NotFound, "DOCUMENT_NOT_FOUND", None),
            Self::ParagraphNotFound(_) => (Code::NotFound, "PARAGRAPH_NOT_FOUND", None),
            Self::EtagMismatch(_) => (Code::Aborted, "ETAG_MISMATCH", None),
            Self::TooManyStreams | Self::TooManyOfCaller(_) => {
                (Code::ResourceExhausted, "TOO_MANY_STREAMS", Some(RETRY_SOON))
            }
            Self::Overloaded | Self::TooManyDocumentCallsOfCaller(_) => {
                (Code::ResourceExhausted, "OVERLOADED", Some(RETRY_SOON))
            }
            Self::MaintenanceRuns => (Code::ResourceExhausted, "OVERLOADED", Some(RETRY_LATER)),
            Self::SlowConsumer(_) => (Code::ResourceExhausted, "SLOW_CONSUMER", None),
            Self::StreamCancelled => (Code::Aborted, "STREAM_CANCELLED", None),
            Self::StreamNotFound(_) => (Code::NotFound, "STREAM_NOT_FOUND", None),
            Self::IdleImport => (Code::ResourceExhausted, "IDLE_IMPORT", None),
            Self::OperationNotFound(_) => (Code::NotFound, "OPERATION_NOT_FOUND", None),
            Self::StorageFull(_) | Self::BackupFull(_) | Self::ReindexFull(_) => {
                (Code::ResourceExhausted, "STORAGE_FULL", Some(RETRY_LATER))
            }
            Self::Draining => (Code::Unavailable, "SERVER_DRAINING", Some(RETRY_LATER)),
            Self::Opening => (Code::Unavailable, "INDEX_OPENING", Some(RETRY_LATER)),
            Self::EngineUnavailable(_) | Self::Forbidden(_) => {
                (Code::Unavailable, "ENGINE_UNAVAILABLE", Some(RETRY_LATER))
            }
            Self::Deadline => (Code::DeadlineExceeded, "DEADLINE", None),
            Self::Cancelled => (Code::Cancelled, "CANCELLED", None),
            Self::Corrupt(_) => (Code::DataLoss, "INDEX_CORRUPT", None),
            Self::Internal(_) => (Code::Internal, "INTERNAL", None),
        };
        Line { code, reason, retry }
    }

    /// The reason that programs read.
    pub(crate) fn reason(&self) -> &'static str {
        self.line().reason
    }

    /// What a caller is told, and, if it is ours to mend, the log.
    pub(crate) fn into_status(self, request_id: &str) -> Status {
        let Line { code, reason, retry } = self.line();
        self.log(reason);
        let mut details = ErrorDetails::new();
        details.set_error_info(reason, DOMAIN, self.metadata(request_id));
        if let Self::Invalid(invalid)
        | Self::TokenInvalid(invalid)
        | Self::TokenMismatch(invalid)
        | Self::SnapshotExpired(invalid) = &self
        {
            let Invalid { field, message } = invalid;
            details.add_bad_request_violation(field, message);
        }
        if retry.is_some() {
            details.set_retry_info(retry);
        }
        Status::with_error_details(code, self.to_string(), details)
    }

    /// The same as a message, for one item among many.
    pub(crate) fn into_item_status(self, request_id: &str) -> tonic_types::Status {
        let status = self.into_status(request_id);
        tonic_types::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::Status {
            code: status.code().into(),
            message: status.message().to_owned(),
            details: Vec::new(),
        })
    }

    fn metadata(&self, request_id: &str) -> HashMap<String, String> {
        let mut metadata = HashMap::from([("request_id".to_owned(), request_id.to_owned())]);
        match self {
            Self::DocumentNotFound(id) => {
                metadata.insert("document_id".to_owned(), id.to_string());
            }
            Self::ParagraphNotFound(id) => {
                metadata.insert("paragraph_id".to_owned(), id.to_string());
            }
            Self::EtagMismatch(stored) => {
                metadata.insert("etag".to_owned(), stored.map_or_else(String::new, |etag| etag.to_string()));
            }
            _ => {}
        }
        metadata
    }

    /// Logs what an operator has to act on. The span of the call gives the request id.
    fn log(&self, reason: &'static str) {
        match self {
            Self::Corrupt(_) | Self::Internal(_) | Self::EngineUnavailable(_) => {
                tracing::error!(reason, cause = %chain(self), "a call failed");
            }
            Self::Forbidden(_) => {
                tracing::error!(reason, cause = %chain(self), "the data directory may not be written to");
            }
            Self::StorageFull(_) | Self::BackupFull(_) | Self::ReindexFull(_) => {
                tracing::error!(reason, cause = %chain(self), "the disk is full");
            }
            _ => {}
        }
    }
}

/// The causes of an error, outermost first.
pub(super) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// What the refusal of a call to protect the others is counted as; `None` for other reasons.
pub(crate) fn shed_reason(reason: &str) -> Option<ShedReason> {
    match reason {
        "OVERLOADED" => Some(ShedReason::Overloaded),
        "TOO_MANY_STREAMS" => Some(ShedReason::TooManyStreams),
        "SLOW_CONSUMER" => Some(ShedReason::SlowConsumer),
        "IDLE_IMPORT" => Some(ShedReason::IdleImport),
        "SERVER_DRAINING" => Some(ShedReason::Draining),
        _ => None,
    }
}

/// Gives a status that the transport made itself, before or beside our code, the shape that all of ours have.
pub(crate) fn adopt(status: &Status, request_id: &str) -> (Status, &'static str) {
    let failure = Failure::of_transport(status);
    let reason = failure.reason();
    (failure.into_status(request_id), reason)
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use super::*;
    use crate::{
        document::{DocumentId, ParagraphId},
        ingest::{IngestError, PrepareError, ReindexError, WriteError},
        pool::PoolError,
        search::{BackupError, ReadError, SearchError},
    };

    /// Checks the code, the reason, the seconds of a retry, and that everything a program reads is there.
    fn check(failure: impl Into<Failure>, code: Code, reason: &str, retry_s: Option<u64>) {
        let status = failure.into().into_status("desk-7");
        let details = status.get_error_details();
        let info = details.error_info().expect("every status has one");
        assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, reason, DOMAIN), "{status:?}");
        assert_eq!(info.metadata["request_id"], "desk-7");
        let retry = details.retry_info().and_then(|retry| retry.retry_delay);
        assert_eq!(retry, retry_s.map(Duration::from_secs), "{reason}");
        assert!(!status.message().contains('/'), "a path may be in {:?}", status.message());
    }

    fn io(kind: io::ErrorKind) -> Arc<WriteError> {
        Arc::new(WriteError::Io(io::Error::new(kind, "/data/index")))
    }

    fn id() -> DocumentId {
        DocumentId::try_from("a".to_owned()).unwrap()
    }

    #[test]
    fn the_table() {
        check(Invalid::new("limit", "is too large"), Code::InvalidArgument, "INVALID_FIELD", None);
        let token = || Invalid::new("page_token", "is of another time");
        check(Failure::TokenInvalid(token()), Code::InvalidArgument, "TOKEN_INVALID", None);
        check(Failure::TokenMismatch(token()), Code::InvalidArgument, "TOKEN_MISMATCH", None);
        check(SearchError::RemovalsForgotten, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", None);
        check(SearchError::PageExpired, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", None);
        check(SearchError::BadOffset(1), Code::InvalidArgument, "INVALID_FIELD", None);
        check(PrepareError::TooHeavy(17), Code::InvalidArgument, "INVALID_FIELD", None);
        check(SearchError::DocumentNotFound(id()), Code::NotFound, "DOCUMENT_NOT_FOUND", None);
        let paragraph = ParagraphId { document: id(), ordinal: 9 };
        check(SearchError::ParagraphNotFound(paragraph), Code::NotFound, "PARAGRAPH_NOT_FOUND", None);
        check(IngestError::NotFound(id()), Code::NotFound, "DOCUMENT_NOT_FOUND", None);
        check(IngestError::EtagMismatch(None), Code::Aborted, "ETAG_MISMATCH", None);
        check(SearchError::SnapshotExpired, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", None);
        check(Failure::TooManyStreams, Code::ResourceExhausted, "TOO_MANY_STREAMS", Some(1));
        check(Failure::Overloaded, Code::ResourceExhausted, "OVERLOADED", Some(1));
        let slow = Failure::SlowConsumer(Duration::from_secs(30));
        check(Failure::TooManyOfCaller(1), Code::ResourceExhausted, "TOO_MANY_STREAMS", Some(1));
        check(Failure::StreamCancelled, Code::Aborted, "STREAM_CANCELLED", None);
        check(Failure::StreamNotFound("desk-8".to_owned()), Code::NotFound, "STREAM_NOT_FOUND", None);
        check(slow, Code::ResourceExhausted, "SLOW_CONSUMER", None);
        check(Failure::IdleImport, Code::ResourceExhausted, "IDLE_IMPORT", None);
        check(Failure::MaintenanceRuns, Code::ResourceExhausted, "OVERLOADED", Some(5));
        check(Failure::OperationNotFound("desk-9".to_owned()), Code::NotFound, "OPERATION_NOT_FOUND", None);
        check(ReindexError::Runs, Code::ResourceExhausted, "OVERLOADED", Some(5));
        check(ReindexError::Closed(IngestError::Closed), Code::Unavailable, "SERVER_DRAINING", Some(5));
        check(Failure::Opening, Code::Unavailable, "INDEX_OPENING", Some(5));
        check(Failure::Draining, Code::Unavailable, "SERVER_DRAINING", Some(5));
        check(IngestError::Closed, Code::Unavailable, "SERVER_DRAINING", Some(5));
        check(Failure::Deadline, Code::DeadlineExceeded, "DEADLINE", None);
        check(ReadError::Stopped, Code::Cancelled, "CANCELLED", None);
        check(PoolError::Panicked, Code::Internal, "INTERNAL", None);
    }

    #[test]
    fn what_the_transport_refuses_is_told_as_it_is() {
        let told = |code, message: &str, words: &str| {
            let (status, reason) = adopt(&Status::new(code, message), "desk-7");
            assert!(status.message().contains(words), "{status:?}");
            (status.code(), reason)
        };
        let unknown = told(Code::Unimplemented, "", "no such method");
        assert_eq!(unknown, (Code::Unimplemented, "UNIMPLEMENTED"));
        let compressed = told(Code::Unimplemented, "compressed with gzip", "compressed with gzip; send messages");
        assert_eq!(compressed, (Code::Unimplemented, "UNIMPLEMENTED"));
        let long = told(Code::OutOfRange, "too large", "others have 262144 and their query 1024 characters");
        assert_eq!(long, (Code::InvalidArgument, "INVALID_MESSAGE"));
    }

    #[test]
    fn what_is_ours_to_mend_tells_the_caller_nothing_of_it() {
        check(ReadError::Corrupt("/data/1.store".to_owned()), Code::DataLoss, "INDEX_CORRUPT", None);
        check(ReadError::Engine("/data/1.store".into()), Code::Internal, "INTERNAL", None);
        let full = io(io::ErrorKind::StorageFull);
        check(IngestError::Write(full), Code::ResourceExhausted, "STORAGE_FULL", Some(5));
        let full = BackupError::Write(io::Error::new(io::ErrorKind::StorageFull, "/data/backup"));
        check(full, Code::ResourceExhausted, "STORAGE_FULL", Some(5));
        let full = ReindexError::Write(WriteError::Io(io::Error::new(io::ErrorKind::StorageFull, "/data/index-2")));
        check(full, Code::ResourceExhausted, "STORAGE_FULL", Some(5));
        let broken = ReindexError::Write(WriteError::Io(io::Error::other("/data/index-2")));
        check(broken, Code::Unavailable, "ENGINE_UNAVAILABLE", Some(5));
        let broken = BackupError::Write(io::Error::other("/data/backup"));
        check(broken, Code::Internal, "INTERNAL", None);
        let broken = io(io::ErrorKind::PermissionDenied);
        check(IngestError::Write(broken), Code::Unavailable, "ENGINE_UNAVAILABLE", Some(5));
        let broken = ReindexError::Write(WriteError::Io(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "/data")));
        check(broken, Code::Unavailable, "ENGINE_UNAVAILABLE", Some(5));
        let corrupt = WriteError::Read(ReadError::Corrupt("/data/1.store".to_owned()));
        check(IngestError::Write(Arc::new(corrupt)), Code::DataLoss, "INDEX_CORRUPT", None);
    }

    #[test]
    fn a_bad_field_is_named() {
        let details = Failure::from(Invalid::new("filter", "is too wide")).into_status("").get_error_details();
        let violation = &details.bad_request().expect("is about a field").field_violations[0];
        assert_eq!((violation.field.as_str(), violation.description.as_str()), ("filter", "is too wide"));
    }

    #[test]
    fn an_item_has_the_whole_status() {
        let item = Failure::from(Invalid::new("document.id", "must not be empty")).into_item_status("desk-7");
        assert_eq!((item.code, item.message.as_str()), (3, "`document.id` must not be empty"));
        assert_eq!(item.details.len(), 2);
    }

    #[test]
    fn what_protects_others_is_counted() {
        let shed =
            [Failure::TooManyStreams, Failure::Overloaded, Failure::SlowConsumer(Duration::ZERO), Failure::IdleImport];
        for failure in shed.into_iter().chain([Failure::Draining]) {
            assert!(shed_reason(failure.reason()).is_some(), "{failure:?}");
        }
        assert!(shed_reason(Failure::Deadline.reason()).is_none());
    }
}
