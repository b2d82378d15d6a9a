//! How long the way of a task to its worker, and of its end back, takes beside the task itself.
//!
//! On an idle machine that is a fraction of a millisecond. While thousands of workers speak at once, their
//! frames wait for each other, and the end of a task that took a microsecond arrives after many
//! milliseconds. A worker of which nothing is heard for so long has not met a long task: it has not been
//! listened to. So how long is long follows what is observed.

/// A worker whose threads should be busy and that ended nothing for this long has met a long task, at
/// least: it is given nothing ahead, and what it has in hand goes to workers that idle.
const STALL_NS: u64 = 5_000_000;

/// The way of most tasks takes less than so many times its mean.
const TIMES: u64 = 4;

/// No way is taken to be longer: a worker that stood still itself says nothing about others.
const MOST_NS: u64 = 1_000_000_000;

/// The mean goes back to about so many tasks.
const WEIGHT: u64 = 16;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Lag {
    mean_ns: u64,
}

impl Lag {
    /// A task that could begin at once was away for so much longer than it ran.
    pub(crate) fn note(&mut self, ns: u64) {
        self.mean_ns = (self.mean_ns * (WEIGHT - 1) + ns.min(MOST_NS)) / WEIGHT;
    }

    /// For how long a worker may end nothing before it is said to have stalled, in nanoseconds.
    pub(crate) fn stall_ns(&self) -> u64 {
        STALL_NS.max(self.mean_ns * TIMES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_listened_to_has_not_stalled() {
        let mut lag = Lag::default();
        let after = |lag: &mut Lag, ns| {
            (0..200).for_each(|_| lag.note(ns));
            lag.stall_ns()
        };
        assert_eq!(after(&mut lag, 300_000), STALL_NS);
        let busy = after(&mut lag, 20_000_000);
        assert!((70_000_000..=80_000_000).contains(&busy), "{busy}");
        assert!(after(&mut lag, u64::MAX) <= MOST_NS * TIMES);
        assert_eq!(after(&mut lag, 300_000), STALL_NS);
    }
}
