//! What the bulk path counts and times. `docs/metrics.md` lists it.

use std::time::Duration;
use taskloom_telemetry::{Counter, Digest, Metrics, Timer, Total};

/// What the series are, by name.
const FETCHING: &[(&str, &str)] = &[
    (
        "gather-connect-duration",
        "Opening a connection to a peer, including those that failed",
    ),
    (
        "transfer-duration",
        "Fetching values of one peer, from the wish for a connection to the last byte",
    ),
    ("transfer-bandwidth", "Bytes per second of such a fetch"),
    ("transfer-count", "Fetches, by the values asked for in them"),
    ("fetched-bytes", "Bytes of values fetched from peers"),
    (
        "mapped-bytes",
        "Of the bytes fetched, those that lie in shared memory of the host",
    ),
    ("brought-bytes", "Bytes of values brought to peers"),
];

const SERVING: &[(&str, &str)] = &[
    (
        "get-data-load-duration",
        "Getting a value that a peer or client asked for out of the store, encoded",
    ),
    (
        "get-data-send-duration",
        "Handing such a value to the connection, until its last byte is taken",
    ),
    ("served-bytes", "Bytes of values served"),
    (
        "shared-bytes",
        "Of the bytes served, those handed over in shared memory of the host",
    ),
    (
        "taken-bytes",
        "Bytes of values that peers or clients brought",
    ),
];

/// The series of those who fetch.
#[derive(Clone, Debug)]
pub(super) struct FetchMeters {
    pub(super) connect: Timer,
    transfer: Timer,
    bandwidth: Digest,
    count: Counter,
    fetched: Total,
    pub(super) mapped: Total,
    pub(super) brought: Total,
}

impl FetchMeters {
    pub(super) fn new(metrics: &Metrics) -> Self {
        for (name, help) in FETCHING {
            metrics.describe(name, help);
        }
        Self {
            connect: metrics.timer("gather-connect-duration"),
            transfer: metrics.timer("transfer-duration"),
            bandwidth: metrics.digest("transfer-bandwidth"),
            count: metrics.counter("transfer-count"),
            fetched: metrics.total("fetched-bytes"),
            mapped: metrics.total("mapped-bytes"),
            brought: metrics.total("brought-bytes"),
        }
    }

    /// A fetch is over.
    pub(super) fn fetched(&self, values: usize, bytes: u64, took: Duration) {
        // From nine values on the next power of two, so that there are few different numbers.
        self.count.add(match values {
            0..=8 => values,
            _ => values.next_power_of_two(),
        });
        self.transfer.record(took);
        self.fetched.add(bytes);
        if bytes > 0 {
            self.bandwidth.add(bytes as f64 / took.as_secs_f64());
        }
    }
}

/// The series of those who serve.
#[derive(Clone, Debug)]
pub(super) struct ServeMeters {
    pub(super) load: Timer,
    pub(super) send: Timer,
    pub(super) served: Total,
    pub(super) shared: Total,
    pub(super) taken: Total,
}

impl ServeMeters {
    pub(super) fn new(metrics: &Metrics) -> Self {
        for (name, help) in SERVING {
            metrics.describe(name, help);
        }
        Self {
            load: metrics.timer("get-data-load-duration"),
            send: metrics.timer("get-data-send-duration"),
            served: metrics.total("served-bytes"),
            shared: metrics.total("shared-bytes"),
            taken: metrics.total("taken-bytes"),
        }
    }
}
