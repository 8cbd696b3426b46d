//! Streams that run, as operators see them.

use crate::rpc::{
    call::{Call, StreamState},
    convert::{Invalid, echo},
    proto,
};

/// Reads which streams are to end.
pub(crate) fn cancel_streams_request(request: proto::CancelStreamRequest) -> Result<String, Invalid> {
    let proto::CancelStreamRequest { request_id } = request;
    if request_id.is_empty() {
        return Err(Invalid::new("request_id", "must not be empty; `ListStreams` names the streams that run"));
    }
    Ok(echo(&request_id).to_owned())
}

/// Writes what is known about a stream that runs.
pub(crate) fn running_stream(call: &Call) -> proto::RunningStream {
    let state = match call.stats().state() {
        StreamState::Queued => proto::StreamState::Queued,
        StreamState::Running => proto::StreamState::Running,
        StreamState::Blocked => proto::StreamState::Blocked,
        StreamState::Ended => proto::StreamState::Ended,
    };
    proto::RunningStream {
        request_id: call.request_id().to_owned(),
        method: call.method().to_owned(),
        caller: call.caller().to_owned(),
        peer: call.peer().map_or_else(String::new, |peer| peer.to_string()),
        age_ms: u64::try_from(call.elapsed().as_millis()).unwrap_or(u64::MAX),
        hits_sent: call.stats().hits(),
        state: state.into(),
        query: call.stats().query().unwrap_or_default().to_owned(),
    }
}
