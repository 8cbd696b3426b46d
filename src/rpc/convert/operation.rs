//! Reindexing, as operators begin it and look at it.

use std::time::Duration;

use crate::rpc::{
    convert::{Invalid, echo},
    operations::{Ended, Operation, Outcome},
    proto::{self, OperationState},
};

/// Reads whether an index is built anew that is as this program makes it.
pub(crate) fn reindex_request(request: proto::StartReindexRequest) -> bool {
    let proto::StartReindexRequest { force } = request;
    force
}

/// Reads which operation is asked about; an empty name is the last one.
pub(crate) fn get_operation_request(request: proto::GetOperationRequest) -> String {
    let proto::GetOperationRequest { name } = request;
    echo(&name).to_owned()
}

/// Reads which operation is to end.
pub(crate) fn cancel_operation_request(request: proto::CancelOperationRequest) -> Result<String, Invalid> {
    let proto::CancelOperationRequest { name } = request;
    if name.is_empty() {
        return Err(Invalid::new("name", "must not be empty; `GetOperation` without a name says that of the last one"));
    }
    Ok(echo(&name).to_owned())
}

/// Writes what is known about an operation.
pub(crate) fn operation(operation: &Operation) -> proto::Operation {
    let ended = operation.ended();
    let took = ended.as_ref().map_or_else(|| operation.elapsed(), |ended| ended.took);
    let (state, generation, error) = match ended.map(|Ended { outcome, took: _ }| outcome) {
        None => (OperationState::Running, None, None),
        Some(Outcome::Succeeded(generation)) => (OperationState::Succeeded, Some(generation), None),
        Some(Outcome::Failed(status)) => (OperationState::Failed, None, Some(status)),
        Some(Outcome::Cancelled) => (OperationState::Cancelled, None, None),
    };
    proto::Operation {
        name: operation.name().to_owned(),
        state: state.into(),
        documents: operation.progress.documents(),
        total_documents: operation.progress.total(),
        elapsed_ms: milliseconds(took),
        generation: generation.map_or_else(String::new, |generation| generation.to_string()),
        error,
    }
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
