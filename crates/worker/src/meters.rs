//! What a worker counts and times. `docs/metrics.md` lists it, with what its data path adds.

use taskloom_core::message::ToWorker;
use taskloom_telemetry::{Counter, Metrics, Timer, Total};
use taskloom_worker_core::{Outcome, RunEnd, Sizes};

/// What the series are, by name.
const SERIES: &[(&str, &str)] = &[
    (
        "tick-duration",
        "Time between two firings of a 20 ms timer on the control thread",
    ),
    ("op", "Messages of the scheduler, by kind"),
    (
        "handle-messages-duration",
        "Handling a frame of the scheduler",
    ),
    (
        "scheduler-message-length",
        "Frames of the scheduler, by the messages in them",
    ),
    (
        "report-length",
        "What is told to the scheduler at once, by the messages in it",
    ),
    ("task-duration", "Running a task"),
    ("ended-tasks", "Runs that ended, by outcome"),
    (
        "received-bytes",
        "Messages of the scheduler taken in, in bytes",
    ),
    ("sent-bytes", "Messages to the scheduler queued, in bytes"),
    ("tasks", "Runs that are here, by state"),
    ("stored-values", "Values that are here"),
    ("stored-bytes", "Bytes of values that are here"),
    ("fetching-values", "Values that are being fetched"),
    ("fetch-requests", "Requests to peers that are on their way"),
    (
        "fetching-bytes",
        "Bytes of values that are on their way here",
    ),
    ("peer-connections", "Connections to peers that are open"),
    (
        "outbox-bytes",
        "Bytes that wait to be sent to the scheduler",
    ),
    (
        "resident-bytes",
        "Memory of the worker's process, as it tells the scheduler",
    ),
];

/// The series of the control thread, found once.
pub(crate) struct Meters {
    metrics: Metrics,
    op: Counter,
    pub(crate) handle_messages: Timer,
    scheduler_message_length: Counter,
    report_length: Counter,
    task: Timer,
    finished: Total,
    failed: Total,
    not_started: Total,
    received: Total,
    pub(crate) sent: Total,
}

impl Meters {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        for (name, help) in SERIES {
            metrics.describe(name, help);
        }
        let ended = |outcome| metrics.total_of("ended-tasks", "outcome", outcome);
        Self {
            op: metrics.counter("op"),
            handle_messages: metrics.timer("handle-messages-duration"),
            scheduler_message_length: metrics.counter("scheduler-message-length"),
            report_length: metrics.counter("report-length"),
            task: metrics.timer("task-duration"),
            finished: ended("finished"),
            failed: ended("failed"),
            not_started: ended("not-started"),
            received: metrics.total("received-bytes"),
            sent: metrics.total("sent-bytes"),
            metrics: metrics.clone(),
        }
    }

    /// A frame of the scheduler came.
    pub(crate) fn scheduler_said(&self, messages: &[ToWorker], bytes: u64) {
        self.scheduler_message_length.add(rounded(messages.len()));
        self.received.add(bytes);
        let alike = |a: &ToWorker, b: &ToWorker| std::ptr::eq(a.name(), b.name());
        for row in messages.chunk_by(alike) {
            if let Some(first) = row.first() {
                self.op.add_times(first.name(), row.len() as u64);
            }
        }
    }

    /// This many messages go to the scheduler.
    pub(crate) fn message_length(&self, messages: usize) {
        self.report_length.add(rounded(messages));
    }

    /// A run is over.
    pub(crate) fn task_ended(&self, end: &RunEnd) {
        match end.outcome {
            Outcome::Finished { .. } => self.finished.add(1),
            Outcome::NotStarted => return self.not_started.add(1),
            _ => self.failed.add(1),
        }
        self.task.record(end.elapsed);
    }

    /// Renews the numbers that describe the tables.
    pub(crate) fn publish(&self, sizes: &Sizes, values: usize, connections: usize, outbox: u64) {
        let set = |name: &str, value: u64| self.metrics.gauge(name).set(value as f64);
        set("stored-values", values as u64);
        set("stored-bytes", sizes.stored_bytes);
        set("fetching-values", sizes.fetching);
        set("fetch-requests", sizes.requests);
        set("fetching-bytes", sizes.flight_bytes);
        set("peer-connections", connections as u64);
        set("outbox-bytes", outbox);
        for (state, runs) in [
            ("waiting", sizes.waiting),
            ("ready", sizes.ready),
            ("executing", sizes.executing),
            ("given-up", sizes.given_up),
        ] {
            let gauge = self.metrics.gauge_of("tasks", "state", state);
            gauge.set(runs as f64);
        }
    }

    /// What the process uses.
    pub(crate) fn process(&self, resident_bytes: u64) {
        let gauge = self.metrics.gauge("resident-bytes");
        gauge.set(resident_bytes as f64);
    }
}

/// Lengths up to eight as they are, above that the next power of two: so that there are few
/// different ones.
fn rounded(length: usize) -> usize {
    if length <= 8 {
        length
    } else {
        length.next_power_of_two()
    }
}
