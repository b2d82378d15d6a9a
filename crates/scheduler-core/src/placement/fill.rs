//! Workers with room are given tasks.

use super::Length;
use super::rank::WorkerRank;
use crate::core::SchedulerCore;
use crate::queue::{QueueEntry, SortedList};
use crate::spec::ClassId;
use crate::state::QueuedAt;
use crate::worker::Worker;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Whether tasks that are queued at a worker give way to shared ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Yields {
    ToWhoeverIsDue,
    ToNobody,
}

/// How many shared tasks one turn gives out at most. Whoever spoke meanwhile waits for the end of the
/// turn, and all messages of a turn are in memory at once.
const TURN_TASKS: usize = 8192;

/// What a worker is dealt at a time shall be this much work, in nanoseconds, ...
const FRAME_NS: u64 = 100_000;

/// ... as long as what waits is enough for so many workers: a frame costs the scheduler and the worker
/// some tens of microseconds, whatever it holds.
const AT_A_TIME: usize = 32;

/// How many workers with a free thread look for a task to take over in one turn.
const THIEVES: usize = 32;

/// How many of the tasks queued at a worker are compared when another takes one over.
const ENTRIES_WEIGHED: usize = 8;

/// What it costs a worker to bring inputs counts so much: it delays what else moves, which no estimate
/// of its own time knows.
const BRING_WEIGHT: u64 = 4;

impl SchedulerCore {
    /// Gives out ready tasks while there is room. What is queued at a worker comes first there,
    /// because it uses up results; then shared work goes to the least loaded; then workers that are
    /// still idle take over what is queued at others.
    ///
    /// A worker that has not changed since the last time has no room now for what did not fit then,
    /// so only those that changed are looked at, unless a class or a worker's queue is new.
    pub(crate) fn fill(&mut self) {
        self.unfinished = false;
        if self.jobs.len() == 0 && self.located == 0 {
            self.go_on();
            self.settle(BTreeSet::new());
            return;
        }
        if self.located > 0 {
            self.fill_queued(Yields::ToWhoeverIsDue);
        }
        let exhausted = if self.jobs.len() > 0 {
            self.fill_shared()
        } else {
            BTreeSet::new()
        };
        if self.located > 0 {
            // What the others left room for.
            self.fill_queued(Yields::ToNobody);
            self.take_over();
        }
        self.go_on();
        self.settle(exhausted);
    }

    /// Gives workers what is queued at them.
    fn fill_queued(&mut self, yields: Yields) {
        // A cap lets a task start anywhere when another one of its job has ended.
        let workers: Vec<u32> = if self.job_table.any_restricted() {
            self.with_queues().collect()
        } else {
            self.fresh().collect()
        };
        for worker in workers {
            self.fill_located(worker, yields);
        }
    }

    /// Gives a worker the tasks that are queued at it, unless shared ones wait that are more urgent, or
    /// as urgent and of a job that was given less.
    fn fill_located(&mut self, slot: u32, yields: Yields) {
        let mut given = false;
        while let Some(entry) = self.next_located(slot, yields) {
            self.dequeue(entry.slot(), QueuedAt::Worker(slot));
            self.give_with_followers(entry.slot(), slot);
            given = true;
        }
        if given {
            self.rerank_given(slot);
        }
    }

    /// The task queued at a worker that it is to be given now.
    fn next_located(&self, slot: u32, yields: Yields) -> Option<QueueEntry> {
        let worker = self.workers.get(slot)?;
        let entry = self.best_located(worker)?;
        let spec = self.specs.get(self.task(entry.slot()).spec);
        let length = self.length(spec.operation, worker.located.len());
        let class = self.specs.class(spec.class);
        if self.room(worker, length) == 0 || !worker.has_resources(class) {
            return None;
        }
        if yields == Yields::ToWhoeverIsDue && self.jobs.len() > 0 {
            let shared = self.jobs.next(&self.job_table, |class| {
                worker.qualifies(self.specs.class(class))
            });
            let due = shared.and_then(|(job, class)| Some((job, self.jobs.best(job, class)?)));
            let own = self.job_table.account(self.task(entry.slot()).job);
            let goes_first = |(job, best): (u32, QueueEntry)| {
                best.priority() > entry.priority()
                    || best.priority() == entry.priority() && self.job_table.account(job) < own
            };
            if due.is_some_and(goes_first) {
                return None;
            }
        }
        Some(entry)
    }

    /// Deals shared tasks out. A worker gets several neighbours in the order at a time, so that
    /// tasks that share a consumer tend to meet. Returns the classes for which no worker is left.
    fn fill_shared(&mut self) -> BTreeSet<ClassId> {
        let closed = RefCell::new(BTreeSet::new());
        let mut fresh = if self.ranks.exhausted.is_empty() {
            SortedList::default()
        } else {
            self.fresh_in_order()
        };
        let mut left = TURN_TASKS;
        loop {
            let open = RefCell::new(None);
            let can_run = |class: ClassId| {
                if closed.borrow().contains(&class) {
                    return false;
                }
                let worker = self.open_worker(class, &fresh);
                if worker.is_none() {
                    closed.borrow_mut().insert(class);
                }
                *open.borrow_mut() = worker.map(|worker| (class, worker));
                worker.is_some()
            };
            let Some((job, class)) = self.jobs.next(&self.job_table, can_run) else {
                return closed.into_inner();
            };
            let found = open.into_inner().filter(|(of, _)| *of == class);
            let Some((worker, batch)) = found
                .map(|(_, worker)| worker)
                .or_else(|| self.open_worker(class, &fresh))
            else {
                return closed.into_inner();
            };
            if left == 0 {
                self.unfinished = true;
                return closed.into_inner();
            }
            let queued = self.jobs.class_len(job, class);
            let share = self
                .share(queued, self.shared_length(class))
                .clamp(1, batch);
            for _ in 0..share.min(left) {
                let length = self.shared_length(class);
                let Some(entry) = self.jobs.pop(job, class) else {
                    break;
                };
                self.give_with_followers(entry.slot(), worker);
                left -= 1;
                let record = self.specs.class(class);
                let goes_on = self.workers.get(worker).is_some_and(|worker| {
                    worker.has_resources(record)
                        && self.room(worker, length) > 0
                        && self.job_table.may_start(job)
                });
                if !goes_on {
                    break;
                }
            }
            self.job_table.set_waiting(job, self.jobs.has(job));
            let old = self.rank_of(worker);
            self.rerank_given(worker);
            if old.is_some_and(|old| fresh.remove(old))
                && let Some(rank) = self.rank_of(worker)
            {
                fresh.insert(rank);
            }
        }
    }

    /// How many of so many tasks of this length a worker is dealt at a time: an even share. With many
    /// workers that is next to nothing, so of short tasks some get a frame full, and the others the next.
    fn share(&self, queued: usize, length: Option<Length>) -> usize {
        let workers = self.workers.len().max(1);
        let even = queued.div_ceil(workers);
        let full = length.map_or(0, |length| FRAME_NS / length.mean_ns.max(1)) as usize;
        even.max(full.min(queued.div_ceil(workers.min(AT_A_TIME))))
    }

    /// The length of shared tasks of a class.
    fn shared_length(&self, class: ClassId) -> Option<Length> {
        let share = self.jobs.len() as u64 / self.threads().max(1);
        self.length(self.specs.class(class).operation, share as usize)
    }

    /// The worker with room for a class that has the shortest wait, and how much room.
    fn open_worker(&self, class: ClassId, fresh: &SortedList<WorkerRank>) -> Option<(u32, usize)> {
        let record = self.specs.class(class);
        let length = self.shared_length(class);
        let room = |worker: &Worker| self.room(worker, length);
        let is_open = |worker: &Worker| worker.has_resources(record) && room(worker) > 0;
        let slot = if self.ranks.exhausted.contains(&class) {
            let get = |slot: &u32| self.workers.get(*slot);
            let is_open = |worker: &Worker| worker.qualifies(record) && is_open(worker);
            let mut fresh = fresh.iter().map(WorkerRank::slot);
            fresh.find(|slot| get(slot).is_some_and(is_open))
        } else {
            self.first_worker(record, is_open)
        };
        let slot = slot?;
        Some((slot, room(self.workers.get(slot)?)))
    }

    /// Workers that would idle take tasks that are queued at those with the longest wait, if these
    /// would end there earlier, with the transfer of their inputs.
    fn take_over(&mut self) {
        let mut thieves: Vec<u32> = self.with_free_threads().take(THIEVES).collect();
        let changed = self.fresh().take(THIEVES);
        let changed: Vec<u32> = changed.filter(|slot| !thieves.contains(slot)).collect();
        thieves.extend(changed);
        for thief in thieves {
            while let Some((victim, slot)) = self.worth_taking(thief) {
                self.tallies.taken_over += 1;
                self.dequeue(slot, QueuedAt::Worker(victim));
                self.give_with_followers(slot, thief);
                self.rerank_given(thief);
                self.rerank_given(victim);
            }
        }
    }

    /// The best task that is queued at the worker with the longest wait, and that worker, if this one
    /// has a thread for it, can run it, gains by it, and can reach a holder of each input.
    fn worth_taking(&self, thief_slot: u32) -> Option<(u32, u32)> {
        let thief = self.workers.get(thief_slot)?;
        if thief.leaving || !thief.located.is_empty() {
            return None;
        }
        let victim_slot = self.with_queues().find(|&slot| slot != thief_slot)?;
        let victim = self.workers.get(victim_slot)?;
        let best = self.best_located(victim)?;
        let class = self
            .specs
            .class(self.specs.get(self.task(best.slot()).spec).class);
        let length = self.length(class.operation, victim.located.len() / 2);
        let room = self.room(thief, length);
        if room == 0 || !thief.qualifies(class) || !thief.has_resources(class) {
            return None;
        }
        let (bring_ns, slot) = self.cheapest_to_bring(victim, best, thief_slot)?;
        let here = thief.expected_wait_ns(self.now) + BRING_WEIGHT * bring_ns;
        let gains = here < victim.expected_wait_ns(self.now);
        gains.then_some((victim_slot, slot))
    }

    /// Of the first few of the class of the best task queued at a worker, the one whose inputs another
    /// worker would have soonest, and when.
    fn cheapest_to_bring(
        &self,
        victim: &Worker,
        best: QueueEntry,
        thief: u32,
    ) -> Option<(u64, u32)> {
        if self.job_table.any_restricted() {
            return Some((self.bring_ns(best.slot(), thief)?, best.slot()));
        }
        let class = |slot: u32| self.specs.get(self.task(slot).spec).class;
        let alike = victim.located.iter().take(ENTRIES_WEIGHED);
        let alike = alike.filter(|entry| class(entry.slot()) == class(best.slot()));
        let costs =
            alike.filter_map(|entry| Some((self.bring_ns(entry.slot(), thief)?, entry.slot())));
        // The first of equal ones.
        costs.min_by_key(|&(ns, _)| ns)
    }

    /// The best task that is queued at a worker and whose job may start one more.
    fn best_located(&self, worker: &Worker) -> Option<QueueEntry> {
        if !self.job_table.any_restricted() {
            return worker.located.best();
        }
        let may_start = |entry: &QueueEntry| self.job_table.may_start(self.task(entry.slot()).job);
        worker.located.iter().find(may_start)
    }
}
