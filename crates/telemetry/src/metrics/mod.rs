//! All series of one daemon, by name.

mod counter;
mod digest;
mod number;
mod prometheus;
mod registry;
mod snapshot;
mod stripes;
mod windows;

pub use counter::{Counter, Item, ItemRef, MOST_ITEMS, OTHER};
pub use digest::{Digest, Timer, Timing};
pub use number::{Gauge, Total};
pub use prometheus::PROMETHEUS_TYPE;
pub use registry::Metrics;
pub use snapshot::{CounterSeen, DigestSeen, Label, NumberSeen, Snapshot};
pub use windows::{SHIFT_EVERY, WINDOWS};

#[cfg(test)]
mod tests;
