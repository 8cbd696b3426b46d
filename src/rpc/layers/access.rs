//! What is noted about a call when it is over: metrics and one line in the log.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use tonic::Code;
use tracing::Span;

use crate::{
    rpc::{call::Call, failure::Failure, layers::methods::Method, status::shed_reason},
    telemetry::{Metrics, ShedReason},
};

/// Between the lines of two calls that are refused unread, at least.
const BETWEEN_REFUSALS: Duration = Duration::from_millis(100);

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
    /// Of a call that was refused unread: for how many its line stands, itself included. Others' lines stand for it if
    /// that is none.
    refused: Option<u64>,
}

/// Calls that were refused unread, and which of them leave lines.
///
/// Under overload most are, and to write a line for each would take a quarter of what it takes to refuse them.
#[derive(Debug)]
pub(super) struct Refusals {
    begun: Instant,
    /// When the next line is due, in milliseconds.
    next: AtomicU64,
    /// Those since the last line.
    unsaid: AtomicU64,
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
        Self::of(call, method, metrics, span, None)
    }

    /// Begins and ends with a call for which nothing is done.
    pub(super) fn refuse(call: Call, method: Method, metrics: Metrics, refusals: &Refusals) {
        drop(Self::of(call, method, metrics, Span::none(), Some(refusals.count(refusals.begun.elapsed()))));
    }

    fn of(call: Call, method: Method, metrics: Metrics, span: Span, refused: Option<u64>) -> Self {
        metrics.call_started(method.service, method.method);
        Self { call, method, metrics, span, bytes: 0, code: None, refused }
    }

    /// Notes that the reader took nothing for too long, if that is not known yet.
    pub(super) fn give_up(&mut self, patience: Duration) {
        // A stream's was counted when it was given up.
        if self.call.stats().reason().is_none() {
            self.metrics.shed(ShedReason::SlowConsumer);
            tracing::warn!(request_id = self.call.request_id(), ?patience, "SLOW_CONSUMER: a reader took nothing");
        }
        self.code = Some(self.call.status(Failure::SlowConsumer(patience)).code());
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

    /// Probes ask every few seconds, and overload refuses thousands of calls: their lines are for those who look for them.
    fn write(&self, code: Code) {
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "xunzhang::access",
                    method = format_args!("{}/{}", self.method.service, self.method.method),
                    code = name(code),
                    reason = self.call.stats().reason(),
                    refused = self.refused,
                    duration_ms = milliseconds(self.call.elapsed()),
                    hits = self.call.stats().hits(),
                    bytes = self.bytes,
                    first_hit_ms = self.call.stats().first_hit().map(milliseconds),
                    query = self.call.stats().query(),
                    request_id = self.call.request_id(),
                )
            };
        }
        if self.method.is_plumbing() || self.refused == Some(0) { line!(debug) } else { line!(info) }
    }
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), next: AtomicU64::new(0), unsaid: AtomicU64::new(0) }
    }

    /// Counts one, so long after the beginning: for how many its line stands, none if it leaves none.
    fn count(&self, now: Duration) -> u64 {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.unsaid.fetch_add(1, Relaxed);
        let due = self.next.load(Relaxed);
        let is_due = milliseconds(now) >= due
            && self.next.compare_exchange(due, milliseconds(now + BETWEEN_REFUSALS), Relaxed, Relaxed).is_ok();
        if is_due { self.unsaid.swap(0, Relaxed) } else { 0 }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.call.leave();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_stands_for_many_refused_calls() {
        let refusals = Refusals::new();
        let lines = [0, 1, 50, 99, 100, 101, 350, 449, 450].map(|now| refusals.count(Duration::from_millis(now)));
        assert_eq!(lines, [1, 0, 0, 0, 4, 0, 2, 0, 2]);
    }
}
