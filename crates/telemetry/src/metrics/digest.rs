//! Series of measurements: digests, and timers over them.

use super::stripes::{Stripes, lock};
use super::windows::{Leaky, Mass};
use crate::TDigest;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How many measurements a thread leaves until it makes centroids of them: many at once are much
/// cheaper than each by itself.
const BLOCK: usize = 512;

impl Mass for TDigest {
    fn share(&self, share: f64) -> Self {
        // The shares are constants above zero, so this is never refused.
        self.scale(share).unwrap_or_default()
    }

    fn absorb(&mut self, other: &Self) {
        self.merge(other);
    }

    fn is_empty(&self) -> bool {
        self.size() == 0.0
    }
}

/// What one thread recorded since somebody looked.
#[derive(Default)]
struct Fresh {
    block: Vec<f64>,
    merged: TDigest,
    count: u64,
    sum: f64,
}

impl Fresh {
    fn add(&mut self, x: f64) {
        self.count += 1;
        self.sum += x;
        self.block.push(x);
        if self.block.len() >= BLOCK {
            self.merge();
        }
    }

    fn merge(&mut self) {
        self.merged.add_block(&mut self.block);
        self.block.clear();
    }
}

/// What was gathered from the threads.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    pub(super) windows: Leaky<TDigest>,
    pub(super) count: u64,
    pub(super) sum: f64,
}

/// The series itself.
#[derive(Default)]
pub(super) struct DigestSeries {
    fresh: Stripes<Fresh>,
    gathered: Mutex<Gathered>,
}

impl DigestSeries {
    /// Brings what the threads recorded into the first window, and runs this with all of it.
    pub(super) fn gather<R>(&self, run: impl FnOnce(&mut Gathered) -> R) -> R {
        let mut gathered = lock(&self.gathered);
        self.fresh.each(|fresh| {
            if fresh.count > 0 {
                fresh.merge();
                gathered.windows.0[0].merge(&fresh.merged);
                gathered.count += fresh.count;
                gathered.sum += fresh.sum;
                fresh.merged = TDigest::default();
                (fresh.count, fresh.sum) = (0, 0.0);
            }
        });
        run(&mut gathered)
    }
}

/// A series of measurements. A clone records into the same series.
///
/// ```
/// use taskloom_telemetry::Metrics;
///
/// let metrics = Metrics::new("example");
/// let lengths = metrics.digest("queue-length");
/// lengths.add(3.0);
/// lengths.add(5.0);
/// assert_eq!(lengths.size(), [2.0, 0.0, 0.0]);
/// ```
#[derive(Clone)]
pub struct Digest(pub(super) Arc<DigestSeries>);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

impl Digest {
    /// Records a measurement. What is not finite is left out.
    pub fn add(&self, x: f64) {
        if x.is_finite() {
            self.0.fresh.with(|fresh| fresh.add(x));
        }
    }

    /// Records several.
    pub fn update(&self, numbers: impl IntoIterator<Item = f64>) {
        self.0.fresh.with(|fresh| {
            for x in numbers.into_iter().filter(|x| x.is_finite()) {
                fresh.add(x);
            }
        });
    }

    /// Lets the windows leak once. [`Metrics::shift`](crate::Metrics::shift) does it for all series.
    pub fn shift(&self) {
        self.0.gather(|gathered| gathered.windows.shift());
    }

    /// The weight in each window, the shortest first.
    #[must_use]
    pub fn size(&self) -> [f64; 3] {
        self.0
            .gather(|gathered| gathered.windows.0.each_ref().map(TDigest::size))
    }

    /// A copy of the windows, the shortest first.
    #[must_use]
    pub fn windows(&self) -> [TDigest; 3] {
        self.0.gather(|gathered| gathered.windows.0.clone())
    }

    /// How many measurements there ever were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.gather(|gathered| gathered.count)
    }

    /// The sum of all measurements.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.0.gather(|gathered| gathered.sum)
    }
}

/// A series of durations, kept in seconds. A clone records into the same series.
///
/// ```
/// use std::time::Duration;
/// use taskloom_telemetry::Metrics;
///
/// let metrics = Metrics::new("example");
/// let loads = metrics.timer("load-duration");
/// loads.record(Duration::from_millis(20));
/// {
///     let _running = loads.start();
///     // What is done here is timed until the end of the block.
/// }
/// assert_eq!(loads.digest().count(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Timer(pub(super) Digest);

impl Timer {
    /// Records a duration.
    pub fn record(&self, duration: Duration) {
        self.0.add(duration.as_secs_f64());
    }

    /// Starts to time; the end of what this returns is the end of the duration.
    #[must_use = "the time ends when this is dropped"]
    pub fn start(&self) -> Timing<'_> {
        Timing {
            timer: Some(self),
            since: Instant::now(),
        }
    }

    /// The series as one of plain numbers.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.0
    }
}

/// A duration that is being timed, until this is dropped.
#[derive(Debug)]
pub struct Timing<'a> {
    timer: Option<&'a Timer>,
    since: Instant,
}

impl Timing<'_> {
    /// Records nothing after all.
    pub fn discard(mut self) {
        self.timer = None;
    }
}

impl Drop for Timing<'_> {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            timer.record(self.since.elapsed());
        }
    }
}
