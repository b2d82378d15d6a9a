//! What a scheduler counts and times. `docs/metrics.md` lists it.

use crate::links::Links;
use std::time::Duration;
use taskloom_core::message::{FromClient, FromWorker};
use taskloom_scheduler_core::{Counts, SchedulerCore, TaskCounts};
use taskloom_telemetry::{Counter, Gauge, Metrics, Timer, Total};

/// How often the numbers that describe the core's tables are renewed while it is at work.
pub(crate) const PUBLISH_EVERY: Duration = Duration::from_millis(500);

/// What the series are, by name.
const SERIES: &[(&str, &str)] = &[
    (
        "tick-duration",
        "Time between two firings of a 20 ms timer on the core's thread",
    ),
    (
        "op",
        "Messages and questions of workers, clients and the relay, by kind",
    ),
    (
        "update-graph-duration",
        "Taking in a frame of a client that holds a part of a graph",
    ),
    ("handle-worker-duration", "Handling a frame of a worker"),
    ("handle-client-duration", "Handling a frame of a client"),
    (
        "worker-message-length",
        "Frames of workers, by the messages in them",
    ),
    (
        "client-message-length",
        "Frames of clients, by the messages in them",
    ),
    (
        "turn-end-duration",
        "Placing what became ready and balancing, at the end of a turn",
    ),
    (
        "steal-duration",
        "The same, of turns in which runs were asked back from workers",
    ),
    (
        "stolen-keys",
        "Runs asked back at once from a worker for an idle one",
    ),
    (
        "transitions",
        "Changes of tasks from one state to another, as `before>after`",
    ),
    ("turns", "Turns of the core"),
    ("dispatched-tasks", "Runs given to workers"),
    ("sent-ahead-tasks", "Of these, ahead of their inputs"),
    (
        "retracted-tasks",
        "Runs asked back from workers because others idled",
    ),
    (
        "taken-over-tasks",
        "Tasks queued at one worker that another one took over",
    ),
    (
        "stale-completions",
        "Completions of runs that were not current any more",
    ),
    ("received-bytes", "Messages taken in, in bytes, by sender"),
    ("sent-bytes", "Messages queued, in bytes, by receiver"),
    ("tasks", "Tasks by state"),
    ("connected-workers", "Workers that are registered"),
    ("connected-clients", "Clients that are connected"),
    (
        "outbox-bytes",
        "Bytes that wait to be sent, by kind of receiver",
    ),
    (
        "outbox-fullest-bytes",
        "Bytes that wait for the one receiver for which most wait",
    ),
    (
        "table-bytes",
        "Bytes that the tables of tasks take, roughly: what memory-limit bounds",
    ),
    ("refused-peers", "Workers and clients that were refused"),
    (
        "slow-peers",
        "Workers and clients that were let go because they did not read",
    ),
    ("table-rows", "Rows in the scheduler's tables, by table"),
];

/// A state and how many tasks are in it.
type StateCount = (&'static str, fn(&TaskCounts) -> u64);

const STATES: [StateCount; 10] = [
    ("released", |counts| counts.released),
    ("waiting", |counts| counts.waiting),
    ("queued", |counts| counts.queued),
    ("no-worker", |counts| counts.no_worker),
    ("pausing", |counts| counts.pausing),
    ("assigned", |counts| counts.assigned),
    ("processing", |counts| counts.processing),
    ("memory", |counts| counts.memory),
    ("erred", |counts| counts.erred),
    ("supplying", |counts| counts.supplying),
];

/// The series of the core's loop, found once.
pub(crate) struct Meters {
    metrics: Metrics,
    pub(crate) op: Counter,
    pub(crate) handle_worker: Timer,
    handle_client: Timer,
    update_graph: Timer,
    turn_end: Timer,
    steal: Timer,
    worker_message_length: Counter,
    client_message_length: Counter,
    stolen: Counter,
    /// Runs that were asked back until the last turn.
    retracted: u64,
    received_from_workers: Total,
    received_from_clients: Total,
    pub(crate) sent_to_workers: Total,
    pub(crate) sent_to_clients: Total,
    pub(crate) refused_workers: Total,
    pub(crate) refused_clients: Total,
    pub(crate) slow_workers: Total,
    pub(crate) slow_clients: Total,
    tasks: [Gauge; STATES.len()],
}

impl Meters {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        for (name, help) in SERIES {
            metrics.describe(name, help);
        }
        Self {
            op: metrics.counter("op"),
            handle_worker: metrics.timer("handle-worker-duration"),
            handle_client: metrics.timer("handle-client-duration"),
            update_graph: metrics.timer("update-graph-duration"),
            turn_end: metrics.timer("turn-end-duration"),
            steal: metrics.timer("steal-duration"),
            worker_message_length: metrics.counter("worker-message-length"),
            client_message_length: metrics.counter("client-message-length"),
            stolen: metrics.counter("stolen-keys"),
            retracted: 0,
            received_from_workers: metrics.total_of("received-bytes", "from", "workers"),
            received_from_clients: metrics.total_of("received-bytes", "from", "clients"),
            sent_to_workers: metrics.total_of("sent-bytes", "to", "workers"),
            sent_to_clients: metrics.total_of("sent-bytes", "to", "clients"),
            refused_workers: metrics.total_of("refused-peers", "party", "worker"),
            refused_clients: metrics.total_of("refused-peers", "party", "client"),
            slow_workers: metrics.total_of("slow-peers", "party", "worker"),
            slow_clients: metrics.total_of("slow-peers", "party", "client"),
            tasks: STATES.map(|(state, _)| metrics.gauge_of("tasks", "state", state)),
            metrics: metrics.clone(),
        }
    }

    /// A frame of a worker came.
    pub(crate) fn worker_said(&self, messages: &[FromWorker], bytes: u64) {
        self.worker_message_length.add(rounded(messages.len()));
        self.received_from_workers.add(bytes);
        self.count_kinds(messages.iter().map(FromWorker::name));
    }

    /// A frame of a client came. Says whether a part of a graph is in it.
    pub(crate) fn client_said(&self, messages: &[FromClient], bytes: u64) -> bool {
        self.client_message_length.add(rounded(messages.len()));
        self.received_from_clients.add(bytes);
        self.count_kinds(messages.iter().map(FromClient::name));
        messages
            .iter()
            .any(|message| matches!(message, FromClient::Submit(_)))
    }

    /// Messages of kinds that are not known here were skipped.
    pub(crate) fn skipped(&self, messages: u64) {
        if messages > 0 {
            self.op.add_times("unknown", messages);
        }
    }

    /// A frame of a client was handled.
    pub(crate) fn client_was_heard(&self, took: Duration, submits: bool) {
        self.handle_client.record(took);
        if submits {
            self.update_graph.record(took);
        }
    }

    /// The core placed tasks and balanced.
    pub(crate) fn turn_ended(&mut self, took: Duration, counts: &Counts) {
        self.turn_end.record(took);
        let retracted = counts.retracted - std::mem::replace(&mut self.retracted, counts.retracted);
        if retracted > 0 {
            self.stolen.add(retracted);
            self.steal.record(took);
        }
    }

    /// Renews the numbers that describe the tables.
    pub(crate) fn publish(&self, core: &SchedulerCore, links: &Links) {
        let counts = core.task_counts();
        for (gauge, (_, count)) in self.tasks.iter().zip(STATES) {
            gauge.set(count(&counts) as f64);
        }
        let set = |name: &str, value: u64| self.metrics.gauge(name).set(value as f64);
        let (workers, clients) = core.peer_counts();
        set("connected-workers", workers as u64);
        set("connected-clients", clients as u64);
        let (to_workers, to_clients, most) = links.queued_bytes();
        set("outbox-fullest-bytes", most);
        set("table-bytes", core.task_bytes());
        let set = |name: &str, label: &str, of: &str, value: u64| {
            self.metrics.gauge_of(name, label, of).set(value as f64);
        };
        set("outbox-bytes", "to", "workers", to_workers);
        set("outbox-bytes", "to", "clients", to_clients);
        let counts = core.counts();
        for (name, total) in [
            ("turns", counts.turns),
            ("dispatched-tasks", counts.dispatched),
            ("sent-ahead-tasks", counts.sent_ahead),
            ("retracted-tasks", counts.retracted),
            ("taken-over-tasks", counts.taken_over),
            ("stale-completions", counts.stale),
        ] {
            self.metrics.total(name).raise_to(total);
        }
        for (from, to, times) in counts.transitions() {
            let step = format!("{from}>{to}");
            let total = self.metrics.total_of("transitions", "step", &step);
            total.raise_to(times);
        }
        let sizes = core.table_sizes();
        for (table, rows) in [
            ("tasks", sizes.tasks),
            ("wants", sizes.wants),
            ("holds", sizes.holds),
            ("holders", sizes.holders),
            ("calls", sizes.calls),
            ("questions", sizes.questions),
        ]
        .into_iter()
        .chain(sizes.extensions)
        {
            set("table-rows", "table", table, rows);
        }
    }

    /// Counts messages by kind; those of one kind mostly come in a row.
    fn count_kinds(&self, names: impl Iterator<Item = &'static str>) {
        let mut row: Option<(&'static str, u64)> = None;
        for name in names {
            match &mut row {
                Some((last, times)) if std::ptr::eq(*last, name) => *times += 1,
                _ => {
                    if let Some((last, times)) = row.replace((name, 1)) {
                        self.op.add_times(last, times);
                    }
                }
            }
        }
        if let Some((last, times)) = row {
            self.op.add_times(last, times);
        }
    }
}

/// Lengths of frames up to eight as they are, above that the next power of two: so that there are
/// few different ones.
fn rounded(length: usize) -> usize {
    if length <= 8 {
        length
    } else {
        length.next_power_of_two()
    }
}
