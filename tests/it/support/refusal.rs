//! What every refusal has to say.

use std::{fmt::Debug, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The reason that programs read.
pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// Checks that a call was refused with a code and a reason; `field` is the path of the bad field, if it is about one.
#[track_caller]
pub(crate) fn check_refused<T: Debug>(result: Result<T, Status>, code: Code, reason: &str, field: Option<&str>) {
    match result {
        Ok(answer) => panic!("must be refused with {reason}, but: {answer:?}"),
        Err(status) => check_status(&status, code, reason, field),
    }
}

/// Checks a status likewise: its code, all that programs read, and that its message says something and no secrets.
#[track_caller]
pub(crate) fn check_status(status: &Status, code: Code, reason: &str, field: Option<&str>) {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("every error carries ErrorInfo: {status:?}"));
    let fields: Vec<_> = details
        .bad_request()
        .map(|bad| bad.field_violations.iter().map(|violation| violation.field.as_str()).collect())
        .unwrap_or_default();
    let told = (status.code(), info.reason.as_str(), info.domain.as_str(), fields.as_slice());
    assert_eq!(told, (code, reason, "xunzhang", field.as_slice()), "{status:?}");
    assert!(!info.metadata.get("request_id").is_none_or(String::is_empty), "{status:?}");
    assert!(!status.message().is_empty() && !status.message().contains("/tmp"), "{status:?}");
    let retry = details.retry_info().and_then(|retry| retry.retry_delay);
    let retry_helps = matches!(
        reason,
        "TOO_MANY_STREAMS" | "OVERLOADED" | "SERVER_DRAINING" | "INDEX_OPENING" | "ENGINE_UNAVAILABLE"
    );
    assert_eq!(retry.is_some_and(|delay| delay > Duration::ZERO), retry_helps, "{status:?}");
}

/// A token in the form of a later version, which its first byte tells.
pub(crate) fn later(token: &str) -> String {
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(token).expect("a token of ours");
    bytes[0] += 1;
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
