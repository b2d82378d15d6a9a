//! A task and its states.

use crate::counts::STATE_NAMES;
use crate::spec::SpecId;
use crate::tables::{List, Place, WantList};
use taskloom_core::{RunId, Time};

/// Where a ready task is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueuedAt {
    /// In the shared queue of its job and class.
    Shared,
    /// With the worker in this slot, which holds its inputs.
    Worker(u32),
}

/// The state of a task, with what exists only in that state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Known, but nobody needs it now; its value, if it was there, is dropped.
    Released,
    /// Needed; this many dependencies are not in memory.
    Waiting { missing: u32 },
    /// Ready, in a queue of the scheduler.
    Queued { at: QueuedAt },
    /// Ready, but no connected worker can run it, since then.
    NoWorker { since: Time },
    /// Ready, but it failed before: it rests until then.
    Pausing { until: Time },
    /// Given to a worker ahead of inputs that will be made there.
    Assigned {
        worker: u32,
        missing: u32,
        run: RunId,
    },
    /// Given to a worker.
    Processing { worker: u32, run: RunId },
    /// Scattered data that is on its way from its client.
    Supplying,
    /// Done; the holders are worker slots.
    Memory { holders: List, nbytes: u64 },
    /// Failed; the failure is in a table beside.
    Erred,
}

impl State {
    /// How many states there are.
    pub(crate) const COUNT: usize = 10;

    /// Its number, from 0.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Released => 0,
            Self::Waiting { .. } => 1,
            Self::Queued { .. } => 2,
            Self::NoWorker { .. } => 3,
            Self::Pausing { .. } => 4,
            Self::Assigned { .. } => 5,
            Self::Processing { .. } => 6,
            Self::Supplying => 7,
            Self::Memory { .. } => 8,
            Self::Erred => 9,
        }
    }

    /// Its name, for people.
    pub(crate) fn name(self) -> &'static str {
        STATE_NAMES[self.index()]
    }

    /// Whether a task in this state needs its inputs.
    pub(crate) fn is_active(self) -> bool {
        match self {
            Self::Waiting { .. }
            | Self::Queued { .. }
            | Self::NoWorker { .. }
            | Self::Pausing { .. }
            | Self::Assigned { .. }
            | Self::Processing { .. } => true,
            Self::Released | Self::Supplying | Self::Memory { .. } | Self::Erred => false,
        }
    }

    /// Whether the value is there.
    pub(crate) fn in_memory(self) -> bool {
        matches!(self, Self::Memory { .. })
    }

    /// The worker and run of a task that was given out.
    pub(crate) fn given_to(self) -> Option<(u32, RunId)> {
        match self {
            Self::Assigned { worker, run, .. } | Self::Processing { worker, run } => {
                Some((worker, run))
            }
            _ => None,
        }
    }
}

/// One end of a dependency edge: the task at the other end, and where this edge stands in its list,
/// so that an edge is removed from both lists without a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) task: u32,
    pub(crate) back: u32,
}

/// A task record. Millions of these exist, hence the guard below.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) state: State,
    /// Where its key and arguments are.
    pub(crate) place: Place,
    /// What it depends on, in the order that its arguments count by.
    pub(crate) dependencies: List,
    /// What depends on it.
    pub(crate) dependents: List,
    /// The place in the order of all tasks, lower first.
    pub(crate) rank: u64,
    pub(crate) spec: SpecId,
    /// The slot of the job that it counts to.
    pub(crate) job: u32,
    pub(crate) wants: WantList,
    /// How many dependents are active.
    pub(crate) waiters: u32,
    /// How often it was given to a worker.
    pub(crate) runs: u16,
    /// How many workers died while it was running.
    pub(crate) suspicion: u8,
    /// How many open graphs may still name it.
    pub(crate) holds: u32,
}

const _: () = assert!(
    size_of::<Task>() <= 96,
    "a task record has at most 96 bytes"
);

impl Task {
    /// Whether somebody needs its value.
    pub(crate) fn is_needed(&self) -> bool {
        self.holds > 0 || self.waiters > 0 || !self.wants.is_empty()
    }
}
