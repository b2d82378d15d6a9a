//! Workers with room are given tasks.

use crate::core::SchedulerCore;
use crate::queue::QueueEntry;
use crate::spec::ClassId;
use crate::state::{QueuedAt, State};
use crate::worker::Worker;

/// Whether tasks that are queued at a worker give way to shared ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Yields {
    ToWhoeverIsDue,
    ToNobody,
}

impl SchedulerCore {
    /// Gives out ready tasks while there is room. What is queued at a worker comes first there,
    /// because it uses up results; then shared work goes to the least loaded; then workers that are
    /// still idle take over what is queued at others.
    pub(crate) fn fill(&mut self) {
        if self.jobs.len() == 0 && self.located == 0 {
            return;
        }
        let workers: Vec<u32> = self.workers.iter().map(|(slot, _)| slot).collect();
        if self.located > 0 {
            let turn = |&worker: &u32| self.fill_located(worker, Yields::ToWhoeverIsDue);
            workers.iter().for_each(turn);
        }
        if self.jobs.len() > 0 {
            self.fill_shared();
        }
        if self.located > 0 {
            // What the others left room for.
            let rest = |&worker: &u32| self.fill_located(worker, Yields::ToNobody);
            workers.iter().for_each(rest);
            workers.iter().for_each(|&worker| self.take_over(worker));
        }
    }

    /// Gives a worker the tasks that are queued at it, unless shared ones wait that are more urgent, or
    /// as urgent and of a job that was given less.
    fn fill_located(&mut self, slot: u32, yields: Yields) {
        loop {
            let Some(worker) = self.workers.get(slot) else {
                return;
            };
            let Some(entry) = self.best_located(worker) else {
                return;
            };
            let spec = self.specs.get(self.task(entry.slot()).spec);
            let mean = self.specs.mean_ns(self.task(entry.slot()).spec);
            let class = self.specs.class(spec.class);
            if worker.room(&self.config, mean, self.now) == 0 || !worker.has_resources(class) {
                return;
            }
            let shared = self.jobs.next(&self.job_table, |class| {
                worker.qualifies(self.specs.class(class))
            });
            let due = shared.and_then(|(job, class)| Some((job, self.jobs.best(job, class)?)));
            let own = self.job_table.account(self.task(entry.slot()).job);
            let goes_first = |(job, best): (u32, QueueEntry)| {
                best.priority() > entry.priority()
                    || best.priority() == entry.priority() && self.job_table.account(job) < own
            };
            if yields == Yields::ToWhoeverIsDue && due.is_some_and(goes_first) {
                return;
            }
            self.dequeue(entry.slot(), QueuedAt::Worker(slot));
            self.give_with_followers(entry.slot(), slot);
        }
    }

    /// Deals shared tasks out. A worker gets several neighbours in the order at a time, so that
    /// tasks that share a consumer tend to meet.
    fn fill_shared(&mut self) {
        loop {
            let can_run = |class: ClassId| self.open_worker(class).is_some();
            let Some((job, class)) = self.jobs.next(&self.job_table, can_run) else {
                return;
            };
            let Some((worker, batch)) = self.open_worker(class) else {
                return;
            };
            let queued = self.jobs.class_len(job, class);
            let share = queued.div_ceil(self.workers.len().max(1)).clamp(1, batch);
            for _ in 0..share {
                let mean = self.class_mean_ns(class);
                let Some(entry) = self.jobs.pop(job, class) else {
                    break;
                };
                self.give_with_followers(entry.slot(), worker);
                let record = self.specs.class(class);
                let goes_on = self.workers.get(worker).is_some_and(|worker| {
                    worker.has_resources(record)
                        && worker.room(&self.config, mean, self.now) > 0
                        && self.job_table.may_start(job)
                });
                if !goes_on {
                    break;
                }
            }
        }
    }

    fn class_mean_ns(&self, class: ClassId) -> Option<u64> {
        let mean = self.specs.record(self.specs.class(class).operation).mean_ns;
        (mean > 0).then_some(mean)
    }

    /// The worker with room for a class that has the shortest wait, and how much room.
    fn open_worker(&self, class: ClassId) -> Option<(u32, usize)> {
        let record = self.specs.class(class);
        let mean = self.class_mean_ns(class);
        let open = self.workers.iter().filter_map(|(slot, worker)| {
            let room = worker.room(&self.config, mean, self.now);
            let open = room > 0 && worker.qualifies(record) && worker.has_resources(record);
            open.then(|| {
                (
                    worker.wait_ns(self.now),
                    worker.load_per_thread(),
                    worker.held_bytes,
                    slot,
                    room,
                )
            })
        });
        open.min().map(|(.., slot, room)| (slot, room))
    }

    /// A worker that would idle takes a task that is queued at the one with the longest wait, if it
    /// would end there earlier, with the transfer of its inputs.
    fn take_over(&mut self, thief: u32) {
        loop {
            let Some(worker) = self.workers.get(thief) else {
                return;
            };
            if worker.leaving || worker.load() >= worker.hello.nthreads as usize {
                return;
            }
            let busy = self
                .workers
                .iter()
                .filter(|(slot, other)| *slot != thief && !other.located.is_empty());
            let victim = busy
                .map(|(slot, other)| (self.expected_wait_ns(other), slot))
                .max();
            let Some((wait, victim)) = victim else { return };
            let Some(slot) = self.worth_taking(victim, thief, wait) else {
                return;
            };
            self.dequeue(slot, QueuedAt::Worker(victim));
            self.give_with_followers(slot, thief);
        }
    }

    /// The best task queued at `victim` that this worker can run, if it gains by moving and the
    /// worker can reach a holder of each input.
    fn worth_taking(&self, victim: u32, thief_slot: u32, wait_ns: u64) -> Option<u32> {
        let victim = self.workers.get(victim)?;
        let thief = self.workers.get(thief_slot)?;
        let entry = self.best_located(victim)?;
        let task = self.task(entry.slot());
        let class = self.specs.class(self.specs.get(task.spec).class);
        if !thief.qualifies(class) || !thief.has_resources(class) {
            return None;
        }
        let bytes = self.bytes_to_bring(entry.slot(), thief_slot)?;
        (self.transfer_ns(bytes) < wait_ns).then_some(entry.slot())
    }

    /// The best task that is queued at a worker and whose job may start one more.
    fn best_located(&self, worker: &Worker) -> Option<QueueEntry> {
        if !self.job_table.any_restricted() {
            return worker.located.best();
        }
        let may_start = |entry: &QueueEntry| self.job_table.may_start(self.task(entry.slot()).job);
        worker.located.iter().find(may_start)
    }

    /// How many bytes of a task's inputs a worker would have to fetch; `None` if it cannot reach a
    /// holder of one, or if the task keeps away from it.
    pub(crate) fn bytes_to_bring(&self, slot: u32, to: u32) -> Option<u64> {
        if self.shuns(slot, to) {
            return None;
        }
        let worker = self.workers.get(to)?;
        let mut bytes = 0;
        for edge in self.edges.get(self.task(slot).dependencies).iter().take(64) {
            if let State::Memory { holders, nbytes } = self.task(edge.task).state
                && !worker.held.contains(&edge.task)
                && !self.inline.contains_key(&edge.task)
            {
                let cut_off = |holder| self.unreachable.contains(&(to, holder));
                if self
                    .holders
                    .get(holders)
                    .iter()
                    .all(|&holder| cut_off(holder))
                {
                    return None;
                }
                bytes += nbytes;
            }
        }
        Some(bytes)
    }
}
