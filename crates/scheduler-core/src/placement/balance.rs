//! Tasks that a worker has in hand come back when another worker could start them now.
//!
//! What a worker has in hand beyond its threads is little: one task, or some milliseconds of short
//! ones. It is still too much behind a task that turns out long while others idle.

use crate::core::SchedulerCore;
use crate::state::State;
use crate::worker::{RunPlace, STALL, Worker};
use taskloom_core::message::ToWorker;
use taskloom_core::{RunId, Time};

/// A task in hand that is at least this long is worth a message and a transfer.
const LONG_NS: u64 = 10_000_000;

impl SchedulerCore {
    /// Asks workers that have long tasks in hand, or have stalled, to give back what idle workers
    /// could start. The answers come as returned runs; a task that has started meanwhile just ends.
    pub(crate) fn balance(&mut self) {
        let idle = self.idle_workers();
        if idle.is_empty() {
            return;
        }
        let now = self.now;
        let loaded = self.workers.iter().filter(|(_, worker)| {
            let long = worker.occupancy_ns / (worker.load() as u64).max(1) >= LONG_NS;
            worker.in_hand() > 0 && (long || worker.stalled(now) >= STALL)
        });
        let loaded: Vec<u32> = loaded.map(|(slot, _)| slot).collect();
        for victim in loaded {
            let runs = self.runs_to_take_back(victim, &idle);
            let Some(worker) = self.workers.get_mut(victim) else {
                continue;
            };
            worker.last_retract = now;
            if !runs.is_empty() {
                worker.retracting.extend(runs.iter().map(|&(_, slot)| slot));
                let runs = runs.into_iter().map(|(run, _)| run).collect();
                self.tell_worker(victim, ToWorker::Retract(runs));
            }
        }
    }

    /// Workers with a free thread and nothing queued for it.
    fn idle_workers(&self) -> Vec<u32> {
        let idle = self.workers.iter().filter(|(_, worker)| is_idle(worker));
        idle.map(|(slot, _)| slot).collect()
    }

    /// The latest of the runs that a worker has in hand, as far as some idle worker can run them and
    /// would end them earlier: one per idle thread, and half of all if the worker has stalled.
    fn runs_to_take_back(&self, victim: u32, idle: &[u32]) -> Vec<(RunId, u32)> {
        let Some(worker) = self.workers.get(victim) else {
            return Vec::new();
        };
        let stalled = worker.stalled(self.now) >= STALL;
        let threads: usize = idle
            .iter()
            .filter_map(|&slot| self.workers.get(slot))
            .map(|worker| worker.hello.nthreads as usize - worker.load())
            .sum();
        let share = if stalled {
            worker.in_hand().div_ceil(2)
        } else {
            0
        };
        let most = worker.in_hand().min(threads.max(share));
        let mut given: Vec<(RunId, u32)> = worker
            .given
            .keys()
            .filter(|slot| !worker.retracting.contains(slot))
            .filter(|slot| {
                let given = worker.given.get(slot);
                given.is_some_and(|given| given.place == RunPlace::Thread)
            })
            .filter_map(|&slot| match self.task(slot).state {
                State::Processing { run, .. } if !worker.executing.contains(&run) => {
                    Some((run, slot))
                }
                _ => None,
            })
            .collect();
        given.sort_unstable();
        // The oldest are the ones that may run.
        let kept = (worker.hello.nthreads as usize).min(given.len());
        let in_hand = given[kept..].iter().rev();
        in_hand
            .filter(|(_, slot)| self.gains(*slot, worker, idle))
            .take(most)
            .copied()
            .collect()
    }

    /// Whether a task in hand of a worker would start earlier at one of the idle workers.
    fn gains(&self, slot: u32, worker: &Worker, idle: &[u32]) -> bool {
        let task = self.task(slot);
        let class = self.specs.class(self.specs.get(task.spec).class);
        let own = worker.given.get(&slot).map_or(0, |given| given.estimate_ns);
        let wait = worker.wait_ns(self.now).saturating_sub(own);
        idle.iter().any(|&thief| {
            self.workers
                .get(thief)
                .is_some_and(|thief| thief.qualifies(class) && thief.has_resources(class))
                && self
                    .bytes_to_bring(slot, thief)
                    .is_some_and(|bytes| self.transfer_ns(bytes) < wait)
        })
    }

    /// When [`SchedulerCore::balance`] may find something to do although nothing happens.
    pub(crate) fn next_balance(&self) -> Option<Time> {
        let idle = self.workers.iter().any(|(_, worker)| is_idle(worker));
        let loaded = self
            .workers
            .iter()
            .filter(|(_, worker)| worker.in_hand() > 0);
        let due = loaded.map(|(_, worker)| worker.last_progress.max(worker.last_retract) + STALL);
        idle.then(|| due.min()).flatten()
    }
}

fn is_idle(worker: &Worker) -> bool {
    !worker.leaving && worker.load() < worker.hello.nthreads as usize && worker.located.is_empty()
}
