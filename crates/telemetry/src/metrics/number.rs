//! Series that are one number: totals, which only rise, and gauges, which move both ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only rises, such as bytes sent. A clone is the same number.
///
/// ```
/// use taskloom_telemetry::Metrics;
///
/// let sent = Metrics::new("example").total("sent-bytes");
/// sent.add(100);
/// sent.add(20);
/// assert_eq!(sent.get(), 120);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Total(pub(super) Arc<AtomicU64>);

impl Total {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Brings it up to a total that somebody else counts; less than it is changes nothing.
    pub fn raise_to(&self, total: u64) {
        self.0.fetch_max(total, Ordering::Relaxed);
    }

    /// What it is.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that moves both ways, such as the length of a queue. A clone is the same number.
///
/// ```
/// use taskloom_telemetry::Metrics;
///
/// let open = Metrics::new("example").gauge("open-connections");
/// open.add(2.0);
/// open.add(-1.0);
/// assert_eq!(open.get(), 1.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gauge(pub(super) Arc<AtomicU64>);

impl Gauge {
    /// Sets it.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    /// Adds to it, or takes away with a negative number.
    pub fn add(&self, more: f64) {
        let add = |bits| (f64::from_bits(bits) + more).to_bits();
        self.0.update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// What it is.
    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}
