//! Why a command failed, as one line for standard error and as an exit code.

use std::{fmt::Write as _, io};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, RpcStatusExt as _, StatusExt as _};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The command line asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// Nobody answers at the endpoint.
    #[error(
        "cannot connect to `{endpoint}`: {reason}; start the service with `xunzhang serve`, or name it with `{flag}`"
    )]
    Connect { endpoint: String, reason: String, flag: &'static str },
    /// The service refused.
    #[error("{}", describe_status(.0))]
    Refused(#[from] Status),
    /// A stream ended as if it were whole, without its summary.
    #[error("the stream was cut: it ended without its summary, hits may be missing; try again")]
    Cut,
    /// The work was done in part, or not at all.
    #[error("{0}")]
    Incomplete(String),
    /// A person stopped the command.
    #[error("{0}")]
    Interrupted(String),
    /// Results could not be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// Says whether the reader of standard output has simply had enough, as `head` has.
    pub(super) fn reader_left(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The exit code: 1 for failed, 2 for wrong use, 130 for stopped by Ctrl-C, as shells have it; 0 for a reader who
    /// left, as he did not miss anything.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            _ if self.reader_left() => 0,
            Self::Usage(_) => 2,
            Self::Interrupted(_) => 130,
            Self::Connect { .. } | Self::Refused(_) | Self::Cut | Self::Incomplete(_) | Self::Output(_) => 1,
        }
    }
}

/// Says in one line what a status says: code, reason, message, fields, and when to try again.
pub(super) fn describe_status(status: &Status) -> String {
    describe(status.code(), status.message(), &status.get_error_details())
}

/// Says the same of the status of one document of an import.
pub(super) fn describe_item_status(status: &tonic_types::Status) -> String {
    describe(Code::from_i32(status.code), &status.message, &status.get_error_details())
}

fn describe(code: Code, message: &str, details: &ErrorDetails) -> String {
    let mut line = code_name(code);
    if let Some(info) = details.error_info() {
        line.push(' ');
        line.push_str(&info.reason);
    }
    line.push_str(": ");
    line.push_str(message);
    for violation in details.bad_request().map_or(&[][..], |request| &request.field_violations) {
        push_violation(&mut line, message, &violation.field, &violation.description);
    }
    if let Some(delay) = details.retry_info().and_then(|retry| retry.retry_delay) {
        let _ = write!(line, "; try again in {} s", delay.as_secs_f32());
    }
    // One line, whatever a message holds.
    line.replace(['\n', '\r'], " ")
}

/// Names a field, and what is wrong with it unless the message has said that already.
fn push_violation(line: &mut String, message: &str, field: &str, description: &str) {
    let _ = if message.contains(description) {
        write!(line, " (field `{field}`)")
    } else {
        write!(line, " (field `{field}`: {description})")
    };
}

/// The name of a code in the specification of gRPC, as in `INVALID_ARGUMENT`.
fn code_name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Duration};

    use super::*;

    fn check(code: Code, message: &str, details: ErrorDetails, expected: &str) {
        let status = Status::with_error_details(code, message, details);
        assert_eq!(Failure::from(status).to_string(), expected);
    }

    #[test]
    fn a_status_is_one_line() {
        check(Code::NotFound, "no document\n`甲`", ErrorDetails::new(), "NOT_FOUND: no document `甲`");
        let mut invalid = ErrorDetails::with_error_info("INVALID_FIELD", "xunzhang", HashMap::new());
        invalid.add_bad_request_violation("limit", "at most 10000");
        check(
            Code::InvalidArgument,
            "a field is out of range",
            invalid.clone(),
            "INVALID_ARGUMENT INVALID_FIELD: a field is out of range (field `limit`: at most 10000)",
        );
        check(
            Code::InvalidArgument,
            "`limit`: at most 10000",
            invalid,
            "INVALID_ARGUMENT INVALID_FIELD: `limit`: at most 10000 (field `limit`)",
        );
        let busy = ErrorDetails::with_retry_info(Some(Duration::from_millis(1500)));
        check(Code::ResourceExhausted, "too many", busy, "RESOURCE_EXHAUSTED: too many; try again in 1.5 s");
    }

    #[test]
    fn exit_codes() {
        assert_eq!(Failure::Usage(String::new()).exit_code(), 2);
        assert_eq!(Failure::Cut.exit_code(), 1);
        assert_eq!(Failure::Output(io::ErrorKind::BrokenPipe.into()).exit_code(), 0);
        assert_eq!(Failure::Output(io::ErrorKind::StorageFull.into()).exit_code(), 1);
    }
}
