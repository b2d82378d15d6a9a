//! What the scheduler knows of a worker.

use crate::placement::Listed;
use crate::queue::{QueueEntry, TaskQueue};
use crate::spec::{ClassRecord, OperationId, SpecId};
use crate::tables::{SlotMap, SlotSet};
use rustc_hash::{FxHashMap, FxHashSet};
use taskloom_core::message::{Peer, ToWorker, WorkerHello};
use taskloom_core::{ResourceAmount, RunId, TaskId, Time, WorkerId};

/// The operation is not offered.
const NOT_OFFERED: u32 = u32::MAX;

/// A task that was given to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// What it was taken to cost, in nanoseconds; the same number is taken off again.
    pub(crate) estimate_ns: u64,
    pub(crate) spec: SpecId,
    pub(crate) operation: OperationId,
    pub(crate) job: u32,
    pub(crate) place: RunPlace,
}

/// Where a run is on its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunPlace {
    /// It has, or waits for, a thread.
    Thread,
    /// It waits for other tasks and occupies no thread.
    Away,
    /// It was away and has a thread again: how long it ran says nothing about others of its kind.
    Back,
}

#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) id: WorkerId,
    pub(crate) hello: WorkerHello,
    /// By operation, the index in the worker's own list.
    offers: Vec<u32>,
    pub(crate) free_resources: Vec<(String, ResourceAmount)>,
    /// Given and not ended, by task slot. It changes by [`Worker::was_given`] and
    /// [`Worker::has_no_more`].
    pub(crate) given: SlotMap<Given>,
    /// The operations of `given`, each once, with how many they are: nearly always one or two.
    pub(crate) kinds_given: Vec<(OperationId, u32)>,
    /// Runs that were withdrawn and whose end was not reported: they may still occupy a thread.
    pub(crate) ending: FxHashMap<RunId, Given>,
    /// How many of `given` and `ending` are away: see [`RunPlace`].
    pub(crate) away: usize,
    /// The sum of the estimates of `given` and `ending`.
    pub(crate) occupancy_ns: u64,
    /// Those of the given that it was asked to give back if they have not started, by task slot.
    pub(crate) retracting: FxHashSet<u32>,
    /// Whether it gave runs back unstarted and has ended none since: nothing should wait behind what
    /// it runs.
    pub(crate) gave_back: bool,
    /// When a run ended here last, or the first was given after none.
    pub(crate) last_progress: Time,
    /// The run that was given to it last while it had nothing, and when, if nothing kept that from
    /// beginning at once.
    pub(crate) prompt: Option<(RunId, Time)>,
    /// Given to it, with dependents that could have been sent along had there been room: the ends of
    /// lines that go on when there is.
    pub(crate) line_ends: Vec<u32>,
    /// Ready tasks that prefer this worker.
    pub(crate) located: TaskQueue,
    /// About how long they run, in nanoseconds: as estimated when they came, less as estimated when
    /// they went.
    pub(crate) located_ns: u64,
    /// Values it holds, by task slot.
    pub(crate) held: SlotSet,
    pub(crate) held_bytes: u64,
    /// Whether a client could not bring data to it, which counts against it for the next.
    pub(crate) hard_to_reach: bool,
    /// The runs that were executing at the last heartbeat.
    pub(crate) executing: Vec<RunId>,
    pub(crate) process_bytes: u64,
    pub(crate) last_heard: Time,
    /// Whether it said that it leaves, and whether it was told that it may.
    pub(crate) leaving: bool,
    pub(crate) may_leave: bool,
    /// Copies that others are making of what only it holds.
    pub(crate) moving: SlotSet,
    /// Workers whose address it was told.
    pub(crate) introduced: FxHashSet<WorkerId>,
    /// In which lists of workers it is.
    pub(crate) listed: Listed,
    /// Orders workers by name.
    pub(crate) label: u32,
    pub(crate) outbox: Vec<ToWorker>,
    /// How many messages it was sent last: about as many come next.
    pub(crate) sent_last: usize,
    /// Values to drop, kept apart so that many become one message.
    pub(crate) freeing: Vec<TaskId>,
}

impl Worker {
    pub(crate) fn new(
        id: WorkerId,
        hello: WorkerHello,
        operations: &[OperationId],
        now: Time,
    ) -> Self {
        let mut offers = Vec::new();
        for (index, operation) in operations.iter().enumerate() {
            let at = operation.0 as usize;
            if offers.len() <= at {
                offers.resize(at + 1, NOT_OFFERED);
            }
            offers[at] = index as u32;
        }
        Self {
            id,
            offers,
            free_resources: hello.resources.clone(),
            hello,
            given: SlotMap::default(),
            kinds_given: Vec::new(),
            ending: FxHashMap::default(),
            away: 0,
            occupancy_ns: 0,
            retracting: FxHashSet::default(),
            gave_back: false,
            last_progress: now,
            prompt: None,
            line_ends: Vec::new(),
            located: TaskQueue::default(),
            located_ns: 0,
            held: SlotSet::default(),
            held_bytes: 0,
            hard_to_reach: false,
            executing: Vec::new(),
            process_bytes: 0,
            last_heard: now,
            leaving: false,
            may_leave: false,
            moving: SlotSet::default(),
            introduced: FxHashSet::default(),
            listed: Listed::default(),
            label: 0,
            outbox: Vec::new(),
            sent_last: 0,
            freeing: Vec::new(),
        }
    }

    pub(crate) fn peer(&self) -> Peer {
        Peer {
            worker: self.id,
            name: self.hello.name.clone(),
            address: self.hello.address.clone(),
        }
    }

    /// The index of an operation in the worker's own list.
    pub(crate) fn offer(&self, operation: OperationId) -> Option<u32> {
        let index = *self.offers.get(operation.0 as usize)?;
        (index != NOT_OFFERED).then_some(index)
    }

    /// Whether tasks of a class may ever run here.
    pub(crate) fn qualifies(&self, class: &ClassRecord) -> bool {
        !self.leaving
            && self.offer(class.operation).is_some()
            && covers(&self.hello.resources, &class.resources)
            && (!class.names_workers() || class.workers.binary_search(&self.hello.name).is_ok())
    }

    /// Whether a task of a class, for which the worker qualifies, could be given to it now.
    pub(crate) fn has_resources(&self, class: &ClassRecord) -> bool {
        class.resources.is_empty() || covers(&self.free_resources, &class.resources)
    }

    /// Notes a task that it is given.
    pub(crate) fn was_given(&mut self, slot: u32, given: Given) {
        let kind = self
            .kinds_given
            .iter_mut()
            .find(|(operation, _)| *operation == given.operation);
        match kind {
            Some((_, tasks)) => *tasks += 1,
            None => self.kinds_given.push((given.operation, 1)),
        }
        self.given.insert(slot, given);
    }

    /// Takes a task off those that it was given.
    pub(crate) fn has_no_more(&mut self, slot: u32) -> Option<Given> {
        let given = self.given.remove(&slot)?;
        let mut kinds = self.kinds_given.iter();
        if let Some(at) = kinds.position(|(operation, _)| *operation == given.operation) {
            self.kinds_given[at].1 -= 1;
            if self.kinds_given[at].1 == 0 {
                self.kinds_given.swap_remove(at);
            }
        }
        Some(given)
    }

    /// Queues a task that is expected to run for so long.
    pub(crate) fn locate(&mut self, entry: QueueEntry, estimate_ns: u64) {
        self.located.insert(entry);
        self.located_ns = self.located_ns.saturating_add(estimate_ns);
    }

    /// Takes a task that would be expected to run for so long now out of the queue; false if it is not
    /// there.
    pub(crate) fn dislocate(&mut self, entry: QueueEntry, estimate_ns: u64) -> bool {
        let was_there = self.located.remove(entry);
        if self.located.is_empty() {
            self.located_ns = 0;
        } else if was_there {
            self.located_ns = self.located_ns.saturating_sub(estimate_ns);
        }
        was_there
    }

    /// How many tasks it was given that have not ended and are not away.
    pub(crate) fn load(&self) -> usize {
        (self.given.len() + self.ending.len()).saturating_sub(self.away)
    }

    /// How long no run has ended here although all threads should be busy: a task that is longer than
    /// others of its kind shows itself like this.
    pub(crate) fn stalled_ns(&self, now: Time) -> u64 {
        if self.load() < self.hello.nthreads as usize {
            0
        } else {
            now.0.saturating_sub(self.last_progress.0)
        }
    }

    /// How long a new task would wait for a thread, in nanoseconds, if all that it was given went as
    /// estimated from now on, and then what is queued at it.
    pub(crate) fn backlog_ns(&self) -> u64 {
        let threads = u64::from(self.hello.nthreads.max(1));
        let load = self.load() as u64;
        let given = if load < threads {
            0
        } else {
            self.occupancy_ns / threads
        };
        given + self.located_ns / threads
    }

    /// The same, with the time for which it has ended nothing.
    pub(crate) fn expected_wait_ns(&self, now: Time) -> u64 {
        self.backlog_ns() + self.stalled_ns(now)
    }

    /// How many tasks it has in hand that its threads cannot have started, if they start the oldest,
    /// and that it was not asked to give back.
    pub(crate) fn in_hand(&self) -> usize {
        let threads = self.hello.nthreads as usize;
        self.given
            .len()
            .saturating_sub(self.retracting.len() + threads + self.away)
    }

    pub(crate) fn reserve(&mut self, class: &ClassRecord) {
        change(&mut self.free_resources, &class.resources, |free, need| {
            free.saturating_sub(need)
        });
    }

    pub(crate) fn give_back(&mut self, class: &ClassRecord) {
        change(&mut self.free_resources, &class.resources, |free, need| {
            free.saturating_add(need)
        });
    }
}

type Amounts = [(String, ResourceAmount)];

pub(crate) fn covers(have: &Amounts, need: &Amounts) -> bool {
    need.iter().all(|(name, amount)| {
        let at = have.binary_search_by(|(other, _)| other.cmp(name));
        at.is_ok_and(|at| have[at].1 >= *amount)
    })
}

fn change(free: &mut Amounts, need: &Amounts, by: impl Fn(u64, u64) -> u64) {
    for (name, amount) in need {
        if let Ok(at) = free.binary_search_by(|(other, _)| other.cmp(name)) {
            free[at].1 = ResourceAmount(by(free[at].1.0, amount.0));
        }
    }
}
