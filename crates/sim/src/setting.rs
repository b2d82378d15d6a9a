//! The cluster that a job runs on.

use std::time::Duration;

/// A cluster to be simulated.
///
/// ```
/// let setting = taskloom_sim::Setting { workers: 8, threads: 4, ..Default::default() };
/// assert_eq!(setting.slots(), 32);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// How many workers there are.
    pub workers: u32,
    /// How many tasks each runs at a time.
    pub threads: u32,
    /// The memory limit that each worker announces, in bytes.
    pub memory_limit: u64,
    /// How long a message, or a request for a value, is on its way.
    pub latency: Duration,
    /// Up to this much is added to the latency of each message, as drawn; messages from one party to
    /// another stay in order.
    pub jitter: Duration,
    /// Bytes per second that a worker can send, and as many that it can receive at the same time.
    pub bandwidth: u64,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// A run that takes longer than this in virtual time has gone wrong.
    pub horizon: Duration,
}

impl Default for Setting {
    /// 24 workers with a thread each, as in the first row of the literature, on a network of
    /// 10 Gbit/s.
    fn default() -> Self {
        Self {
            workers: 24,
            threads: 1,
            memory_limit: 8 << 30,
            latency: Duration::from_micros(50),
            jitter: Duration::from_micros(10),
            bandwidth: 1_250_000_000,
            seed: 1,
            horizon: Duration::from_secs(24 * 3600),
        }
    }
}

impl Setting {
    /// How many tasks run at a time on all workers together.
    pub fn slots(&self) -> u32 {
        self.workers * self.threads
    }
}
