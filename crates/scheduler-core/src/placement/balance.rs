//! Tasks that a worker has in hand come back when another worker could start them now.
//!
//! What a worker has in hand beyond its threads is little: one task, or some milliseconds of short
//! ones. It is still too much behind a task that turns out long while others idle, and if it is long
//! enough, even while nobody does: others will have a free thread before.

use crate::core::SchedulerCore;
use crate::state::State;
use crate::worker::{RunPlace, Worker};
use taskloom_core::message::ToWorker;
use taskloom_core::{RunId, Time};

/// How many idle workers are weighed in one turn, and how many with tasks in hand.
const IDLE_WEIGHED: usize = 16;
const VICTIMS: usize = 64;

/// How many workers with tasks in hand are looked at for whether they are overdue.
const OVERDUE_WEIGHED: usize = 8;

/// A task in hand that is at least this long is worth a message and a transfer.
const LONG_NS: u64 = 1_000_000;

impl SchedulerCore {
    /// Asks workers that have long tasks in hand, or have stalled, to give back what idle workers
    /// could start. The answers come as returned runs; a task that has started meanwhile just ends.
    pub(crate) fn balance(&mut self) {
        if self.with_tasks_in_hand().next().is_none() {
            return;
        }
        self.take_back_overdue();
        let idle: Vec<u32> = self.idle_workers().take(IDLE_WEIGHED).collect();
        if idle.is_empty() {
            return;
        }
        let now = self.now;
        self.last_balance = now;
        let free = |slot: &u32| {
            let worker = self.workers.get(*slot);
            worker.map_or(0, |worker| worker.hello.nthreads as usize - worker.load())
        };
        let mut threads: usize = idle.iter().map(free).sum();
        // Those with the longest wait come first; behind the first that waits less, none is long.
        let waits = |slot: &u32| {
            let worker = self.workers.get(*slot);
            worker.is_some_and(|worker| worker.expected_wait_ns(now) >= LONG_NS)
        };
        let loaded = self.with_tasks_in_hand().take_while(waits);
        let loaded: Vec<u32> = loaded.take(VICTIMS).collect();
        for victim in loaded {
            let runs = self.runs_to_take_back(victim, &idle, threads);
            threads = threads.saturating_sub(runs.len());
            self.retract(victim, runs);
        }
    }

    /// Asks workers whose runs take much longer than expected to give back what waits behind these:
    /// it goes to whoever has room first.
    fn take_back_overdue(&mut self) {
        let overdue = |slot: &u32| {
            let worker = self.workers.get(*slot);
            worker.is_some_and(|worker| self.is_overdue(worker))
        };
        let first = self.with_tasks_in_hand().take(OVERDUE_WEIGHED);
        let overdue: Vec<u32> = first.filter(overdue).collect();
        for victim in overdue {
            let runs = self.runs_in_hand(victim);
            self.retract(victim, runs);
        }
    }

    /// Asks a worker to give back runs if they have not started.
    fn retract(&mut self, victim: u32, runs: Vec<(RunId, u32)>) {
        let Some(worker) = self.workers.get_mut(victim) else {
            return;
        };
        if !runs.is_empty() {
            worker.retracting.extend(runs.iter().map(|&(_, slot)| slot));
            self.tallies.retracted += runs.len() as u64;
            let runs = runs.into_iter().map(|(run, _)| run).collect();
            self.tell_worker(victim, ToWorker::Retract(runs));
            self.rerank(victim);
        }
    }

    /// Workers with a free thread and nothing queued for it.
    pub(super) fn idle_workers(&self) -> impl Iterator<Item = u32> {
        self.with_free_threads().filter(|&slot| self.is_idle(slot))
    }

    /// Whether a worker has a free thread and nothing queued for it.
    pub(super) fn is_idle(&self, slot: u32) -> bool {
        self.workers.get(slot).is_some_and(|worker| {
            worker.load() < worker.hello.nthreads as usize && worker.located.is_empty()
        })
    }

    /// The latest of the runs that a worker has in hand, as far as some idle worker can run them and
    /// would end them earlier: one per idle thread, and half of all if the worker has stalled.
    fn runs_to_take_back(&self, victim: u32, idle: &[u32], threads: usize) -> Vec<(RunId, u32)> {
        let Some(worker) = self.workers.get(victim) else {
            return Vec::new();
        };
        let stalled = worker.stalled_ns(self.now) >= self.lag.stall_ns();
        let long = worker.occupancy_ns / (worker.load() as u64).max(1) >= LONG_NS;
        if !stalled && !long {
            return Vec::new();
        }
        let share = if stalled {
            worker.in_hand().div_ceil(2)
        } else {
            0
        };
        let most = worker.in_hand().min(threads.max(share));
        let in_hand = self.runs_in_hand(victim).into_iter().rev();
        in_hand
            .filter(|(_, slot)| self.gains(*slot, worker, idle))
            .take(most)
            .collect()
    }

    /// The runs that a worker has in hand beyond its threads and that it was not asked to give back,
    /// the oldest first.
    fn runs_in_hand(&self, worker: u32) -> Vec<(RunId, u32)> {
        let Some(worker) = self.workers.get(worker) else {
            return Vec::new();
        };
        let on_threads = worker.given.iter();
        let on_threads = on_threads.filter(|(_, given)| given.place == RunPlace::Thread);
        let processing = on_threads.filter_map(|(&slot, _)| match self.task(slot).state {
            State::Processing { run, .. } => Some((run, slot)),
            _ => None,
        });
        let (started, mut others): (Vec<_>, Vec<_>) =
            processing.partition(|(run, _)| worker.executing.contains(run));
        others.sort_unstable();
        // The oldest are those that the other threads may have begun with.
        let threads = (worker.hello.nthreads as usize).saturating_sub(started.len());
        let mut in_hand = others.split_off(threads.min(others.len()));
        in_hand.retain(|(_, slot)| !worker.retracting.contains(slot));
        in_hand
    }

    /// Whether a task in hand of a worker would start earlier at one of the idle workers.
    fn gains(&self, slot: u32, worker: &Worker, idle: &[u32]) -> bool {
        let task = self.task(slot);
        let class = self.specs.class(self.specs.get(task.spec).class);
        let own = worker.given.get(&slot).map_or(0, |given| given.estimate_ns);
        let wait = worker.expected_wait_ns(self.now).saturating_sub(own);
        idle.iter().any(|&thief| {
            self.workers
                .get(thief)
                .is_some_and(|thief| thief.qualifies(class) && thief.has_resources(class))
                && self.bring_ns(slot, thief).is_some_and(|bring| bring < wait)
        })
    }

    /// When [`SchedulerCore::balance`] may find something to do although nothing happens.
    pub(crate) fn next_balance(&self) -> Option<Time> {
        let mut in_hand = self.with_tasks_in_hand().take(OVERDUE_WEIGHED).peekable();
        in_hand.peek()?;
        let idle = self.idle_workers().next();
        let mut next = idle.map(|_| Time(self.last_balance.0.saturating_add(self.lag.stall_ns())));
        for slot in in_hand {
            let worker = self.workers.get(slot);
            let due = worker.and_then(|worker| self.overdue_before(worker, next));
            // What is overdue already was taken back as far as possible.
            if due.is_some_and(|at| at > self.now && next.is_none_or(|next| at < next)) {
                next = due;
            }
        }
        next
    }
}
