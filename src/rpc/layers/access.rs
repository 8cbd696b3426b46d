//! What is noted about a call when it is over: metrics and one line in the log.

use std::time::Duration;

use tonic::Code;
use tracing::Span;

use crate::{
    rpc::{call::Call, layers::methods::Method, status::shed_reason},
    telemetry::{Metrics, ShedReason},
};

/// Notes a call when dropped: with the code that its caller was told, or as cancelled if it came to none.
pub(super) struct Record {
    pub(super) call: Call,
    pub(super) method: Method,
    pub(super) metrics: Metrics,
    /// Lives as long as the call, so that its traces end with it.
    pub(super) span: Span,
    /// Bytes of messages sent, with their five bytes of frame each.
    pub(super) bytes: u64,
    /// What the caller was told.
    pub(super) code: Option<Code>,
}

impl Record {
    /// Begins to watch a call.
    pub(super) fn begin(call: Call, method: Method, metrics: Metrics) -> Self {
        let span = tracing::info_span!(
            "rpc",
            rpc.service = method.service,
            rpc.method = method.method,
            request_id = call.request_id(),
        );
        Self::of(call, method, metrics, span)
    }

    /// Begins and ends with a call for which nothing is done.
    pub(super) fn refuse(call: Call, method: Method, metrics: Metrics) {
        drop(Self::of(call, method, metrics, Span::none()));
    }

    fn of(call: Call, method: Method, metrics: Metrics, span: Span) -> Self {
        metrics.call_started(method.service, method.method);
        Self { call, method, metrics, span, bytes: 0, code: None }
    }

    fn measure(&self, code: Code) {
        let Method { service, method } = self.method;
        let stats = self.call.stats();
        self.metrics.call_handled(service, method, name(code), self.call.elapsed());
        if let Some(first_hit) = stats.first_hit() {
            self.metrics.first_hit(first_hit);
            self.metrics.stream_ended(stats.hits());
        }
        // A slow reader was counted when it was given up: its body may live on for long.
        let shed = stats.reason().and_then(shed_reason).filter(|shed| *shed != ShedReason::SlowConsumer);
        if let Some(shed) = shed {
            self.metrics.shed(shed);
        }
    }

    /// Probes ask every few seconds: their lines are for those who look for them.
    fn write(&self, code: Code) {
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "xunzhang::access",
                    method = format_args!("{}/{}", self.method.service, self.method.method),
                    code = name(code),
                    reason = self.call.stats().reason(),
                    duration_ms = milliseconds(self.call.elapsed()),
                    hits = self.call.stats().hits(),
                    bytes = self.bytes,
                    first_hit_ms = self.call.stats().first_hit().map(milliseconds),
                    query = self.call.stats().query(),
                    request_id = self.call.request_id(),
                )
            };
        }
        if self.method.is_plumbing() { line!(debug) } else { line!(info) }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        // A caller that leaves without reading why its call failed did not end it.
        let code = self.code.or_else(|| self.call.stats().code()).unwrap_or(Code::Cancelled);
        self.measure(code);
        self.write(code);
    }
}

/// To the microsecond: what is below is noise, and would be printed.
#[expect(clippy::cast_precision_loss, reason = "no call takes 2^53 microseconds")]
fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}

/// The code as the protocol writes it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
