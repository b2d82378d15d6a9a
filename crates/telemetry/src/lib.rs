//! What the daemons and programs of Taskloom say about themselves: logs, counters and timings.
//!
//! What lives here: one subscriber for `tracing`, with a filter by level and target, that writes
//! text or JSON lines to standard error, and a tap for a second reader of them; [`Metrics`], the
//! series of one daemon, with windows of time and text for Prometheus; [`TDigest`], from which
//! quantiles are read.
//!
//! What does not: what is logged or recorded, files and their rotation (a service manager does that
//! better), the pages that show series, knowledge of tasks.

mod logging;
mod metrics;
mod process;
mod tap;
mod tdigest;
mod ticks;

pub use logging::{ANNOUNCEMENTS, LogError, LogFilter, LogFormat, start_logging, start_tap};
pub use metrics::{
    Counter, CounterSeen, Digest, DigestSeen, Gauge, Item, ItemRef, Label, MOST_ITEMS, Metrics,
    NumberSeen, OTHER, PROMETHEUS_TYPE, SHIFT_EVERY, Snapshot, Timer, Timing, Total, WINDOWS,
};
pub use process::watch_process;
pub use tap::Tap;
pub use tdigest::{Centroid, Histogram, TDigest, TDigestError};
pub use ticks::{IDLE_TICK, TICK, measure_ticks, shift_windows};
