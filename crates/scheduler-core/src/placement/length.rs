//! How far ahead of its threads a worker is given tasks.

use crate::core::SchedulerCore;
use crate::spec::OperationId;

/// However few tasks are left, a worker may have this much work in hand: it covers the way of a
/// completion to the scheduler and of the next task to the worker.
const LEAST_AHEAD_NS: u64 = 500_000;

/// How much the number of tasks given ahead may be over the number of those that have ended.
const TRUST: u32 = 4;

/// How long tasks of an operation run, and how many of them a worker may be given ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length {
    /// How long one is expected to run, in nanoseconds.
    pub(crate) mean_ns: u64,
    /// The work that a thread may have before it, in nanoseconds.
    pub(crate) ahead_ns: u64,
    /// The tasks that a thread may have before it.
    pub(crate) ahead_tasks: u32,
}

impl SchedulerCore {
    /// What is known of an operation, and what follows from it for a thread whose share of the tasks
    /// that wait is this; `None` if none has ended.
    ///
    /// Nothing that was given ahead can be given to another worker without asking for it back. So a
    /// thread gets at most half of its share, and what remains is dealt out by who is done first;
    /// and a mean of few runs is trusted with few tasks.
    pub(crate) fn length(&self, operation: OperationId, share: usize) -> Option<Length> {
        let record = self.specs.record(operation);
        let mean_ns = record.mean_ns;
        let half = (share as u64 / 2).saturating_mul(mean_ns);
        let most = self.reach.of(self.config.lookahead.as_nanos() as u64);
        (mean_ns > 0).then(|| Length {
            mean_ns,
            ahead_ns: half.max(LEAST_AHEAD_NS).min(most),
            ahead_tasks: record
                .ended
                .saturating_mul(TRUST)
                .min(self.config.lookahead_tasks),
        })
    }
}
