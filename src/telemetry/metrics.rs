//! Metrics, in the text format of OpenMetrics.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};

use crate::telemetry::ShedReason;

/// Content type of what [`Metrics::encode`] returns.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Gauge64 = Gauge<u64, AtomicU64>;

/// Everything that is counted. Cheap to clone; clones count together.
///
/// Labels come from fixed sets, so that the number of time series is bounded: names of services and methods, status
/// codes, reasons. There are no ids and no query text.
#[derive(Clone, Debug)]
pub struct Metrics {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    registry: Registry,
    started: Family<Method, Counter>,
    handled: Family<Outcome, Counter>,
    handling: Family<Method, Histogram, fn() -> Histogram>,
    first_hit: Histogram,
    stream_hits: Histogram,
    active_streams: Gauge,
    stream_tasks: Gauge,
    queued_calls: Gauge,
    leases: Gauge64,
    shed: Family<Shed, Counter>,
    documents: Gauge64,
    paragraphs: Gauge64,
    recovered_segments: Gauge64,
    commit: Histogram,
    text_chain_stale: Gauge,
    jobs_waiting: Gauge64,
    jobs_running: Gauge64,
    stopping: Histogram,
    looks: Looks,
}

/// What is looked at whenever the metrics are asked for.
#[derive(Default)]
struct Looks(Mutex<Vec<Look>>);

type Look = Box<dyn Fn(&Metrics) + Send>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Method {
    service: &'static str,
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    service: &'static str,
    method: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Shed {
    reason: &'static str,
}

/// Counts one thing for as long as it lives.
#[derive(Debug)]
#[must_use = "it counts until this is dropped"]
pub struct Counted {
    gauge: Gauge,
}

impl Counted {
    fn by(gauge: &Gauge) -> Self {
        let gauge = gauge.clone();
        gauge.inc();
        Self { gauge }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let mut inner = Inner {
            registry: Registry::default(),
            started: Family::default(),
            handled: Family::default(),
            handling: Family::new_with_constructor(durations),
            first_hit: durations(),
            stream_hits: Histogram::new(exponential_buckets(1.0, 4.0, 12)), // To 4 million.
            active_streams: Gauge::default(),
            stream_tasks: Gauge::default(),
            queued_calls: Gauge::default(),
            leases: Gauge::default(),
            shed: Family::default(),
            documents: Gauge::default(),
            paragraphs: Gauge::default(),
            recovered_segments: Gauge::default(),
            commit: durations(),
            text_chain_stale: Gauge::default(),
            jobs_waiting: Gauge::default(),
            jobs_running: Gauge::default(),
            stopping: durations(),
            looks: Looks::default(),
        };
        inner.register_calls();
        inner.register_streams();
        inner.register_index();
        inner.register_pool();
        Self { inner: Arc::new(inner) }
    }

    /// Counts a call that has begun.
    pub fn call_started(&self, service: &'static str, method: &'static str) {
        self.inner.started.get_or_create(&Method { service, method }).inc();
    }

    /// Counts a call whose last byte is out, with its final status (`OK`, `UNAVAILABLE`, …) and how long it took.
    pub fn call_handled(&self, service: &'static str, method: &'static str, code: &'static str, took: Duration) {
        self.inner.handled.get_or_create(&Outcome { service, method, code }).inc();
        self.inner.handling.get_or_create(&Method { service, method }).observe(took.as_secs_f64());
    }

    /// Counts an open stream until what is returned is dropped.
    pub fn stream_opened(&self) -> Counted {
        Counted::by(&self.inner.active_streams)
    }

    /// Counts a task that makes a stream until what is returned is dropped.
    pub fn stream_task_started(&self) -> Counted {
        Counted::by(&self.inner.stream_tasks)
    }

    /// Counts a call that waits for a core to begin until what is returned is dropped.
    pub fn call_queued(&self) -> Counted {
        Counted::by(&self.inner.queued_calls)
    }

    /// Sets how many states of the index are kept besides the newest, for those who may come back.
    pub fn leases(&self, leases: u64) {
        self.inner.leases.set(leases);
    }

    /// Notes how long a stream's first hit took, from the call's arrival.
    pub fn first_hit(&self, took: Duration) {
        self.inner.first_hit.observe(took.as_secs_f64());
    }

    /// Notes how many hits a stream sent until it ended.
    pub fn stream_ended(&self, hits: u64) {
        #[expect(clippy::cast_precision_loss, reason = "no stream sends 2^53 hits")]
        self.inner.stream_hits.observe(hits as f64);
    }

    /// Counts a call refused or ended to protect the others.
    pub fn shed(&self, reason: ShedReason) {
        self.inner.shed.get_or_create(&Shed { reason: reason.label() }).inc();
    }

    /// Sets how much the index holds.
    pub fn index_size(&self, documents: u64, paragraphs: u64) {
        self.inner.documents.set(documents);
        self.inner.paragraphs.set(paragraphs);
    }

    /// Sets how many parts of the index were damaged at the start and made anew.
    pub fn recovered_segments(&self, segments: u64) {
        self.inner.recovered_segments.set(segments);
    }

    /// Notes how long a commit took.
    pub fn committed(&self, took: Duration) {
        self.inner.commit.observe(took.as_secs_f64());
    }

    /// Sets whether the index was made by another text chain than this program's.
    pub fn text_chain_stale(&self, stale: bool) {
        self.inner.text_chain_stale.set(i64::from(stale));
    }

    /// Sets how many jobs wait for a thread, and how many run.
    pub fn jobs(&self, waiting: u64, running: u64) {
        self.inner.jobs_waiting.set(waiting);
        self.inner.jobs_running.set(running);
    }

    /// Notes how long a job went on after it was told to stop.
    pub fn job_stopped(&self, went_on: Duration) {
        self.inner.stopping.observe(went_on.as_secs_f64());
    }

    /// Has `look` set gauges whenever the metrics are asked for. It must not wait.
    pub fn look_at(&self, look: impl Fn(&Self) + Send + 'static) {
        self.inner.looks.lock().push(Box::new(look));
    }

    /// All metrics as text, of type [`CONTENT_TYPE`].
    pub fn encode(&self) -> String {
        self.inner.looks.lock().iter().for_each(|look| look(self));
        let mut page = String::new();
        text::encode(&mut page, &self.inner.registry).expect("writing to a string cannot fail");
        page
    }
}

impl Looks {
    fn lock(&self) -> MutexGuard<'_, Vec<Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} looks", self.lock().len())
    }
}

impl Inner {
    fn register_calls(&mut self) {
        let registry = &mut self.registry;
        registry.register("xunzhang_build", "The running program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register("grpc_server_started", "Calls begun", self.started.clone());
        registry.register("grpc_server_handled", "Calls ended, by final status", self.handled.clone());
        let help = "Duration of calls, to the last byte";
        registry.register_with_unit("grpc_server_handling", help, Unit::Seconds, self.handling.clone());
    }

    fn register_streams(&mut self) {
        let registry = &mut self.registry;
        let help = "Time from a call's arrival to its first hit";
        registry.register_with_unit("xunzhang_first_hit", help, Unit::Seconds, self.first_hit.clone());
        registry.register("xunzhang_stream_hits", "Hits sent by a stream", self.stream_hits.clone());
        let help = "Streams open, each with its permit";
        registry.register("xunzhang_active_streams", help, self.active_streams.clone());
        registry.register("xunzhang_stream_tasks", "Tasks that make streams", self.stream_tasks.clone());
        let help = "Calls that wait for a core to begin";
        registry.register("xunzhang_queued_calls", help, self.queued_calls.clone());
        let help = "States of the index kept besides the newest for searches that go on";
        registry.register("xunzhang_leases", help, self.leases.clone());
        let help = "Calls refused or ended to protect the others";
        registry.register("xunzhang_shed", help, self.shed.clone());
    }

    fn register_index(&mut self) {
        let registry = &mut self.registry;
        registry.register("xunzhang_index_documents", "Documents in the index", self.documents.clone());
        registry.register("xunzhang_index_paragraphs", "Paragraphs in the index", self.paragraphs.clone());
        let help = "Parts of the index that were damaged at the start and made anew from what is stored";
        registry.register("xunzhang_index_recovered_segments", help, self.recovered_segments.clone());
        registry.register_with_unit("xunzhang_commit", "Duration of commits", Unit::Seconds, self.commit.clone());
        let help = "1 when the index was made by another text chain and should be rebuilt";
        registry.register("xunzhang_text_chain_stale", help, self.text_chain_stale.clone());
    }

    fn register_pool(&mut self) {
        let registry = &mut self.registry;
        registry.register("xunzhang_jobs_waiting", "Jobs that wait for a core", self.jobs_waiting.clone());
        registry.register("xunzhang_jobs_running", "Jobs that run", self.jobs_running.clone());
        let help = "How long jobs went on after they were told to stop";
        registry.register_with_unit("xunzhang_job_stopping", help, Unit::Seconds, self.stopping.clone());
    }
}

/// From 100 µs, below which nobody can tell, to 26 s, about when a drain is forced.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 2.0, 19))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `act` returns lives until the page is made.
    fn check<T>(act: impl FnOnce(&Metrics) -> T, expected: &[&str]) {
        let metrics = Metrics::new();
        let _kept = act(&metrics.clone());
        let page = metrics.encode();
        for line in expected {
            assert!(page.lines().any(|printed| printed == *line), "no `{line}` in\n{page}");
        }
    }

    #[test]
    fn calls() {
        check(
            |metrics| {
                metrics.call_started("S", "M");
                metrics.call_handled("S", "M", "OK", Duration::from_millis(3));
            },
            &[
                r#"grpc_server_started_total{service="S",method="M"} 1"#,
                r#"grpc_server_handled_total{service="S",method="M",code="OK"} 1"#,
                r#"grpc_server_handling_seconds_count{service="S",method="M"} 1"#,
                r#"grpc_server_handling_seconds_sum{service="S",method="M"} 0.003"#,
            ],
        );
    }

    #[test]
    fn streams() {
        check(
            |metrics| {
                let open = (metrics.stream_opened(), metrics.stream_task_started(), metrics.call_queued());
                metrics.leases(3);
                drop(metrics.stream_opened());
                metrics.first_hit(Duration::from_secs(1));
                metrics.stream_ended(20);
                metrics.shed(ShedReason::TooManyStreams);
                open
            },
            &[
                "xunzhang_active_streams 1",
                "xunzhang_stream_tasks 1",
                "xunzhang_queued_calls 1",
                "xunzhang_leases 3",
                "xunzhang_first_hit_seconds_sum 1.0",
                "xunzhang_stream_hits_sum 20.0",
                r#"xunzhang_shed_total{reason="TOO_MANY_STREAMS"} 1"#,
            ],
        );
    }

    #[test]
    fn index_and_program() {
        check(
            |metrics| {
                metrics.index_size(2, 30);
                metrics.committed(Duration::from_secs(2));
                metrics.text_chain_stale(true);
                metrics.jobs(5, 2);
                metrics.job_stopped(Duration::from_millis(4));
            },
            &[
                "xunzhang_index_documents 2",
                "xunzhang_index_paragraphs 30",
                "xunzhang_commit_seconds_sum 2.0",
                "xunzhang_text_chain_stale 1",
                "xunzhang_jobs_waiting 5",
                "xunzhang_jobs_running 2",
                "xunzhang_job_stopping_seconds_sum 0.004",
                concat!(r#"xunzhang_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
                "# EOF",
            ],
        );
    }
}
