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
            taken: metrics.total("taken-bytes"),
        }
    }
}
