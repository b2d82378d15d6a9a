//! How much more a worker should be given now.

use super::Length;
use crate::core::SchedulerCore;
use crate::worker::Worker;
use taskloom_core::Time;

/// For so many values per thread that are on their way to a worker, a task each does not count as work
/// in hand.
const COMING_MOST: usize = 2;

/// A worker with more tasks than this is never taken to be overdue: its threads have had time to go on
/// to others, and looking through all would cost their number.
const LOOKED_THROUGH: usize = 16;

impl SchedulerCore {
    /// How many more tasks of this length a worker should be given now. Long tasks, and those whose
    /// length is not known, keep one task in hand beyond the threads; short ones some time of work.
    ///
    /// Tasks whose inputs are on their way cannot begin, so a worker that has nothing else runs dry
    /// as soon as a thread ends its task. They do not count, up to a number, and it gets others
    /// beside them.
    pub(super) fn room(&self, worker: &Worker, length: Option<Length>) -> usize {
        if worker.leaving {
            return 0;
        }
        let threads = worker.hello.nthreads as usize;
        let all = worker.load();
        let coming = worker
            .listed
            .slot()
            .map_or(0, |slot| self.traffic.values_into(slot));
        let load = all.saturating_sub(coming.min(threads * COMING_MOST));
        let stalled = worker.stalled_ns(self.now) >= self.lag.stall_ns();
        // What it gave back would be given to it again, and taken back, until its task ends.
        let bare = worker.gave_back && self.idle_workers().next().is_some();
        let in_hand = if bare || self.is_overdue(worker) {
            0
        } else {
            threads.div_ceil(10)
        };
        let floor = (threads + in_hand).saturating_sub(load);
        let Some(length) = length.filter(|_| !stalled && !bare) else {
            return floor;
        };
        let ahead_ns = length.ahead_ns * threads as u64;
        let mean_ns = worker.occupancy_ns / all.max(1) as u64;
        let occupied_ns = worker.occupancy_ns - mean_ns * (all - load) as u64;
        let by_time = ahead_ns.saturating_sub(occupied_ns) / length.mean_ns.max(1);
        let most = length.ahead_tasks as usize * threads;
        floor.max((by_time as usize).min(most.saturating_sub(all)))
    }

    /// Whether what a worker runs takes so much longer than expected that nothing should wait behind
    /// it: the longer it runs already, the longer it is likely to go on.
    pub(super) fn is_overdue(&self, worker: &Worker) -> bool {
        let stalled_ns = worker.stalled_ns(self.now);
        // Nearly all turns end here: patience is never shorter.
        if stalled_ns < self.lag.stall_ns() {
            return false;
        }
        let patience_ns = self.patience_ns(worker);
        patience_ns.is_some_and(|patience_ns| stalled_ns >= patience_ns)
    }

    /// When a worker will be overdue if nothing ends there before; `None` also if that is not before
    /// `until`.
    pub(super) fn overdue_before(&self, worker: &Worker, until: Option<Time>) -> Option<Time> {
        // Nearly all end here: patience is never shorter.
        let earliest = worker.last_progress.0.saturating_add(self.lag.stall_ns());
        if until.is_some_and(|until| earliest >= until.0) {
            return None;
        }
        let is_full = worker.load() >= worker.hello.nthreads as usize;
        let patience_ns = self.patience_ns(worker).filter(|_| is_full)?;
        Some(Time(worker.last_progress.0.saturating_add(patience_ns)))
    }

    /// For how long a worker may end nothing before it is overdue: half as long again as the longest
    /// kind among its tasks is expected to run; `None` if that is not known.
    fn patience_ns(&self, worker: &Worker) -> Option<u64> {
        if worker.given.len() > LOOKED_THROUGH {
            return None;
        }
        let mut longest = 0;
        for &(operation, _) in &worker.kinds_given {
            longest = match self.specs.record(operation).mean_ns {
                0 => return None,
                mean_ns => mean_ns.max(longest),
            };
        }
        let patience_ns = longest.saturating_add(longest / 2);
        (longest > 0).then(|| patience_ns.max(self.lag.stall_ns()))
    }
}
