//! The workers in order, so that neither a task nor a turn has to look at all of them.
//!
//! Workers of one *kind*, which offer the same operations and have the same resources, are in one
//! list. What changed since tasks were last given out is noted: when no worker was found for a class,
//! only those that changed can be open to it now.

use super::rank::WorkerRank;
use crate::core::SchedulerCore;
use crate::queue::SortedList;
use crate::spec::{ClassId, ClassRecord, OperationId};
use crate::worker::{Worker, covers};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use taskloom_core::{ResourceAmount, check};

/// Labels of neighbours that joined one after the other are so far apart.
const LABEL_STEP: u32 = 1 << 16;

/// What tells kinds of workers apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct KindKey {
    /// Sorted.
    operations: Vec<OperationId>,
    /// Sorted by name.
    resources: Vec<(String, ResourceAmount)>,
}

/// Workers that differ in nothing that matters to placing but name and load.
#[derive(Debug)]
struct Kind {
    key: KindKey,
    members: usize,
    /// All but those that leave.
    order: SortedList<WorkerRank>,
}

impl Kind {
    fn qualifies(&self, class: &ClassRecord) -> bool {
        self.key.operations.binary_search(&class.operation).is_ok()
            && covers(&self.key.resources, &class.resources)
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct WorkerRanks {
    kinds: Vec<Kind>,
    kinds_index: BTreeMap<KindKey, u32>,
    vacant: Vec<u32>,
    /// Workers that have more in hand than they have threads.
    in_hand: SortedList<WorkerRank>,
    /// Workers with tasks queued at them.
    with_queue: SortedList<WorkerRank>,
    /// Workers that changed since tasks were last given out, each once.
    fresh: Vec<u32>,
    /// Classes for which no worker was open then: only fresh ones can be.
    pub(super) exhausted: BTreeSet<ClassId>,
    /// Workers whose place may have changed, each once.
    touched: Vec<u32>,
    /// The threads of all but those that leave.
    threads: u64,
    /// Workers that leave and were not told that they may.
    pub(crate) leaving: BTreeSet<u32>,
}

/// In which lists a worker is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Listed {
    kind: u32,
    /// Its place in the list of its kind, and in the others that it is in.
    rank: Option<WorkerRank>,
    in_hand: bool,
    with_queue: bool,
    fresh: bool,
    touched: bool,
}

impl Listed {
    /// The worker's slot, unless it leaves.
    pub(super) fn slot(self) -> Option<u32> {
        self.rank.map(WorkerRank::slot)
    }
}

impl SchedulerCore {
    /// A worker is there: it gets its label and its place.
    pub(crate) fn rank_new(&mut self, slot: u32, operations: &[OperationId]) {
        let Some(worker) = self.workers.get(slot) else {
            return;
        };
        let mut operations = operations.to_vec();
        operations.sort_unstable();
        operations.dedup();
        let resources = worker.hello.resources.clone();
        let name = worker.hello.name.clone();
        let kind = self.ranks.join(KindKey {
            operations,
            resources,
        });
        let label = self.label_between(&name);
        if let Some(worker) = self.workers.get_mut(slot) {
            worker.listed.kind = kind;
            worker.label = label.unwrap_or(0);
        }
        if label.is_none() {
            self.label_all();
        }
        self.touch(slot);
        self.rerank(slot);
    }

    /// A label between those of the neighbours by name; `None` if there is none left.
    fn label_between(&self, name: &str) -> Option<u32> {
        let label = |(_, slot): (&String, &u32)| self.workers.get(*slot).map(|w| w.label);
        let before = self
            .worker_names
            .range::<str, _>((Bound::Unbounded, Bound::Excluded(name)))
            .next_back();
        let after = self
            .worker_names
            .range::<str, _>((Bound::Excluded(name), Bound::Unbounded))
            .next();
        match (before.and_then(label), after.and_then(label)) {
            (None, None) => Some(1 << 31),
            (Some(before), None) => before.checked_add(LABEL_STEP),
            (None, Some(after)) => after.checked_sub(LABEL_STEP),
            (Some(before), Some(after)) => {
                let between = before.midpoint(after);
                (between != before && between != after).then_some(between)
            }
        }
    }

    /// Spreads the labels of all workers anew.
    fn label_all(&mut self) {
        let slots: Vec<u32> = self.worker_names.values().copied().collect();
        // There are at most 65,536 workers, so this takes half of the numbers; the rest is for those
        // that come before and behind.
        for (at, &slot) in slots.iter().enumerate() {
            if let Some(worker) = self.workers.get_mut(slot) {
                worker.label = (1 << 30) + at as u32 * (LABEL_STEP / 2);
            }
        }
        for slot in slots {
            self.rerank(slot);
        }
    }

    /// Notes that a worker's load, resources or queue changed.
    pub(crate) fn touch(&mut self, slot: u32) {
        if let Some(worker) = self.workers.get_mut(slot)
            && !worker.listed.touched
        {
            worker.listed.touched = true;
            self.ranks.touched.push(slot);
        }
    }

    /// Notes that tasks queued at workers may start, although nothing changed there.
    pub(crate) fn touch_queued(&mut self) {
        let queued: Vec<u32> = self.with_queues().collect();
        for slot in queued {
            self.touch(slot);
        }
    }

    /// Puts all workers that changed into their places, and among the fresh ones.
    pub(crate) fn rank_touched(&mut self) {
        for slot in std::mem::take(&mut self.ranks.touched) {
            let Some(worker) = self.workers.get_mut(slot) else {
                continue;
            };
            if !std::mem::take(&mut worker.listed.touched) {
                continue;
            }
            self.rerank(slot);
            self.freshen(slot);
        }
    }

    /// Puts a worker among the fresh ones.
    pub(super) fn freshen(&mut self, slot: u32) {
        if let Some(worker) = self.workers.get_mut(slot)
            && !worker.listed.fresh
            && worker.listed.rank.is_some()
        {
            worker.listed.fresh = true;
            self.ranks.fresh.push(slot);
        }
    }

    /// Puts a worker that was just given something into its place. It is open to less than before, so
    /// nobody has to look at it again on that account.
    pub(super) fn rerank_given(&mut self, slot: u32) {
        if let Some(worker) = self.workers.get_mut(slot) {
            worker.listed.touched = false;
        }
        self.rerank(slot);
    }

    /// Puts a worker into the place that it should have now.
    pub(crate) fn rerank(&mut self, slot: u32) {
        let now = self.now;
        let Some(worker) = self.workers.get_mut(slot) else {
            return;
        };
        let rank = (!worker.leaving).then(|| WorkerRank::of(worker, slot, now));
        let wanted = Listed {
            rank,
            in_hand: rank.is_some() && worker.in_hand() > 0,
            with_queue: rank.is_some() && !worker.located.is_empty(),
            ..worker.listed
        };
        let old = std::mem::replace(&mut worker.listed, wanted);
        let threads = worker.hello.nthreads;
        self.ranks.relist(old, wanted);
        self.ranks.count_threads(old, wanted, threads);
    }

    /// A worker is gone: it is in no list any more.
    pub(crate) fn unrank(&mut self, slot: u32, worker: &Worker) {
        let gone = Listed {
            kind: worker.listed.kind,
            ..Listed::default()
        };
        self.ranks.relist(worker.listed, gone);
        let threads = worker.hello.nthreads;
        self.ranks.count_threads(worker.listed, gone, threads);
        self.ranks.leaving.remove(&slot);
        self.ranks.leave(worker.listed.kind);
        // Classes that preferred it may be open to others now.
        self.ranks.exhausted.clear();
    }

    /// A worker leaves: it is offered nothing more.
    pub(crate) fn rank_leaving(&mut self, slot: u32) {
        self.rerank(slot);
        self.ranks.leaving.insert(slot);
        self.ranks.exhausted.clear();
    }

    /// Whether a connected worker that stays can ever run tasks of a class.
    pub(crate) fn any_qualifies(&self, class: &ClassRecord) -> bool {
        if class.names_workers() {
            return self.named(class).next().is_some();
        }
        let mut kinds = self.ranks.kinds.iter();
        kinds.any(|kind| !kind.order.is_empty() && kind.qualifies(class))
    }

    /// The workers that a class names, as far as they are there and qualify.
    fn named<'a>(
        &'a self,
        class: &'a ClassRecord,
    ) -> impl Iterator<Item = (WorkerRank, &'a Worker)> {
        let there = class.workers.iter().filter_map(|name| {
            let worker = self.workers.get(*self.worker_names.get(name)?)?;
            Some((worker.listed.rank?, worker))
        });
        there.filter(|(_, worker)| worker.qualifies(class))
    }

    /// The best worker that qualifies for a class and of which something is true.
    pub(super) fn first_worker(
        &self,
        class: &ClassRecord,
        is_open: impl Fn(&Worker) -> bool,
    ) -> Option<u32> {
        let best = if class.names_workers() {
            let open = self.named(class).filter(|(_, worker)| is_open(worker));
            open.map(|(rank, _)| rank).max()
        } else {
            let kinds = self.ranks.kinds.iter();
            let qualified = kinds.filter(|kind| kind.qualifies(class));
            let first = |kind: &Kind| {
                kind.order
                    .iter()
                    .find(|rank| self.workers.get(rank.slot()).is_some_and(&is_open))
            };
            qualified.filter_map(first).max()
        };
        best.map(WorkerRank::slot)
    }

    /// The first few workers that qualify for a class.
    pub(super) fn first_workers(&self, class: &ClassRecord, most: usize) -> Vec<u32> {
        let mut first: Vec<WorkerRank> = if class.names_workers() {
            self.named(class).map(|(rank, _)| rank).collect()
        } else {
            let kinds = self.ranks.kinds.iter();
            let qualified = kinds.filter(|kind| kind.qualifies(class));
            qualified
                .flat_map(|kind| kind.order.iter().take(most))
                .collect()
        };
        first.sort_unstable_by(|a, b| b.cmp(a));
        first.truncate(most);
        first.into_iter().map(WorkerRank::slot).collect()
    }

    /// How many tasks run at a time on all workers that stay.
    pub(super) fn threads(&self) -> u64 {
        self.ranks.threads
    }

    /// Workers with a free thread, the least loaded first within their kind.
    pub(super) fn with_free_threads(&self) -> impl Iterator<Item = u32> {
        let of_kinds = self.ranks.kinds.iter();
        let free = of_kinds.flat_map(|kind| {
            let order = kind.order.iter();
            order.take_while(|rank| rank.has_free_thread())
        });
        free.map(WorkerRank::slot)
    }

    /// Workers that have more in hand than threads, those with the longest wait first.
    pub(super) fn with_tasks_in_hand(&self) -> impl Iterator<Item = u32> {
        self.ranks.in_hand.iter().rev().map(WorkerRank::slot)
    }

    /// Workers with tasks queued at them, those with the longest wait first.
    pub(super) fn with_queues(&self) -> impl Iterator<Item = u32> {
        self.ranks.with_queue.iter().rev().map(WorkerRank::slot)
    }

    /// Workers that changed since tasks were last given out.
    pub(super) fn fresh(&self) -> impl Iterator<Item = u32> {
        self.ranks.fresh.iter().copied()
    }

    /// The same in their order.
    pub(super) fn fresh_in_order(&self) -> SortedList<WorkerRank> {
        let rank = |slot| self.workers.get(slot)?.listed.rank;
        let mut ranks: Vec<WorkerRank> = self.fresh().filter_map(rank).collect();
        let mut order = SortedList::default();
        order.insert_all(&mut ranks);
        order
    }

    /// A worker's place, unless it leaves.
    pub(super) fn rank_of(&self, slot: u32) -> Option<WorkerRank> {
        self.workers.get(slot)?.listed.rank
    }

    /// Tasks were given out: for these classes no worker was open.
    pub(super) fn settle(&mut self, exhausted: BTreeSet<ClassId>) {
        self.ranks.exhausted = exhausted;
        for slot in self.ranks.fresh.drain(..) {
            if let Some(worker) = self.workers.get_mut(slot) {
                worker.listed.fresh = false;
            }
        }
    }
}

impl SchedulerCore {
    /// For tests and simulations, between turns: each worker is where it belongs.
    pub(crate) fn check_order(&self) {
        let (mut in_hand, mut with_queue, mut staying) = (0, 0, 0);
        for (slot, worker) in self.workers.iter() {
            let listed = worker.listed;
            let order = &self.ranks.kinds[listed.kind as usize].order;
            let is_there = listed.rank.is_some_and(|rank| order.contains(rank));
            check!(
                OrderMatches,
                is_there != worker.leaving,
                "{} is in the order of its kind: {is_there}",
                worker.hello.name
            );
            let free = worker.load() < worker.hello.nthreads as usize && worker.located.is_empty();
            let said_free = listed.rank.is_some_and(WorkerRank::has_free_thread);
            check!(
                OrderMatches,
                worker.leaving || free == said_free || !worker.located.is_empty(),
                "{} (slot {slot}) has a free thread: {free}, its place says {said_free}",
                worker.hello.name
            );
            staying += usize::from(!worker.leaving);
            in_hand += usize::from(!worker.leaving && worker.in_hand() > 0);
            with_queue += usize::from(!worker.leaving && !worker.located.is_empty());
        }
        let lists = [self.ranks.in_hand.len(), self.ranks.with_queue.len()];
        let orders: usize = self.ranks.kinds.iter().map(|kind| kind.order.len()).sum();
        check!(
            OrderMatches,
            lists == [in_hand, with_queue] && orders == staying,
            "{in_hand} workers have tasks in hand and {with_queue} have queues, of {staying}; listed \
             are {lists:?} of {orders}"
        );
    }
}

impl WorkerRanks {
    /// One more worker of a kind.
    fn join(&mut self, key: KindKey) -> u32 {
        if let Some(&at) = self.kinds_index.get(&key) {
            self.kinds[at as usize].members += 1;
            return at;
        }
        let kind = Kind {
            key: key.clone(),
            members: 1,
            order: SortedList::default(),
        };
        let at = match self.vacant.pop() {
            Some(at) => {
                self.kinds[at as usize] = kind;
                at
            }
            None => {
                self.kinds.push(kind);
                self.kinds.len() as u32 - 1
            }
        };
        self.kinds_index.insert(key, at);
        at
    }

    /// One worker of a kind less.
    fn leave(&mut self, at: u32) {
        let kind = &mut self.kinds[at as usize];
        kind.members -= 1;
        if kind.members == 0 {
            self.kinds_index.remove(&kind.key);
            self.vacant.push(at);
        }
    }

    /// Counts the threads of a worker while it is in the order of its kind.
    fn count_threads(&mut self, old: Listed, new: Listed, threads: u32) {
        match (old.rank, new.rank) {
            (None, Some(_)) => self.threads += u64::from(threads),
            (Some(_), None) => self.threads -= u64::from(threads),
            _ => {}
        }
    }

    /// Moves a worker from its old places to its new ones.
    fn relist(&mut self, old: Listed, new: Listed) {
        let order = &mut self.kinds[new.kind as usize].order;
        let lists: [(&mut SortedList<WorkerRank>, bool, bool); 3] = [
            (order, true, true),
            (&mut self.in_hand, old.in_hand, new.in_hand),
            (&mut self.with_queue, old.with_queue, new.with_queue),
        ];
        for (list, was_in, is_in) in lists {
            let (from, to) = (old.rank.filter(|_| was_in), new.rank.filter(|_| is_in));
            match (from, to) {
                (Some(from), Some(to)) if from != to => list.replace(from, to),
                (Some(from), None) => {
                    list.remove(from);
                }
                (None, Some(to)) => list.insert(to),
                _ => {}
            }
        }
    }
}
