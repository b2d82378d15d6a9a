//! A worker is gone, whoever noticed it: one path for all cases.

use super::Step;
use crate::core::SchedulerCore;
use crate::extension::ExtensionEvent;
use crate::state::State;
use crate::worker::{RunPlace, Worker};
use std::sync::Arc;
use taskloom_core::ErrorCode;
use taskloom_core::message::ToWorker;

impl SchedulerCore {
    /// Its values are lost, its tasks run again elsewhere. Tasks that had started are suspected of
    /// having ended it, unless it was leaving.
    pub(crate) fn worker_gone(&mut self, slot: u32, reason: &str) {
        let Some(worker) = self.workers.remove(slot) else {
            return;
        };
        self.worker_names.remove(&worker.hello.name);
        self.unrank(slot, &worker);
        self.host.note(|| ExtensionEvent::WorkerGone {
            name: worker.hello.name.clone(),
        });
        self.specs.worker_present(&worker.hello.name, false);
        self.unreachable.retain(|&(a, b)| a != slot && b != slot);
        self.traffic.worker_gone(slot);
        self.forget_offers(&worker);
        for (other, peer) in self.introduced_to(&worker) {
            self.tell_worker(other, ToWorker::PeerGone(peer));
        }
        for given in worker.given.values() {
            if given.place != RunPlace::Away {
                self.job_table.stopped(given.job);
            }
        }
        self.located -= worker.located.len();
        for entry in worker.located.iter() {
            self.set_waiting(entry.slot());
        }
        let mut held: Vec<u32> = worker.held.iter().copied().collect();
        held.sort_unstable();
        for task in held {
            self.copy_gone(task, slot);
        }
        self.take_back_given(slot, &worker, reason);
        self.supply_elsewhere(slot);
        self.questions_miss_worker(slot, &worker.hello.name, reason);
        self.unqualified_to_stuck();
        self.wake_stuck();
        if self.workers.len() == 0 {
            self.stop_no_worker_clocks();
        }
        self.run_steps();
    }

    /// Its operations are offered by one worker less.
    pub(crate) fn forget_offers(&mut self, worker: &Worker) {
        for operation in &worker.hello.operations {
            if let Ok(id) = self.specs.operation(operation) {
                self.specs.record_mut(id).offered_by -= 1;
            }
        }
    }

    fn introduced_to(&mut self, gone: &Worker) -> Vec<(u32, taskloom_core::WorkerId)> {
        let told = self.workers.iter_mut();
        told.filter_map(|(slot, other)| {
            other.introduced.remove(&gone.id).then_some((slot, gone.id))
        })
        .collect()
    }

    fn take_back_given(&mut self, slot: u32, worker: &Worker, reason: &str) {
        let mut given: Vec<(taskloom_core::RunId, u32)> = worker
            .given
            .keys()
            .filter_map(|&task| self.task(task).state.given_to().map(|(_, run)| (run, task)))
            .collect();
        given.sort_unstable();
        let started = self.started(worker, &given);
        for &(run, task) in &given {
            // A step of an earlier task may have changed this one.
            if self.task(task).state.given_to() != Some((slot, run)) {
                continue;
            }
            if started.contains(&task) && !worker.leaving {
                let runs = self.task(task).runs;
                let line = format!(
                    "run {runs} on {}: the worker is gone ({reason})",
                    worker.hello.name
                );
                self.tell_story(task, line);
                let suspicion = self.task(task).suspicion.saturating_add(1);
                self.task_mut(task).suspicion = suspicion;
                if suspicion > self.config.suspicion_limit {
                    self.set_state(task, State::Waiting { missing: 0 });
                    let text = format!(
                        "{suspicion} workers ended while they ran it, the last was {} ({reason}); \
                         look at its log and memory",
                        worker.hello.name
                    );
                    let failure = self.blame(task, ErrorCode::KilledWorker, text);
                    self.steps.push(Step::Fail(task, Arc::new(failure)));
                    continue;
                }
            }
            self.set_waiting(task);
        }
    }

    /// Which tasks had truly started: those reported executing, and if these are fewer than threads,
    /// the first in the order in which they were given.
    fn started(&self, worker: &Worker, given: &[(taskloom_core::RunId, u32)]) -> Vec<u32> {
        let processing = given
            .iter()
            .filter(|(_, task)| matches!(self.task(*task).state, State::Processing { .. }))
            // One that waits for others is not what ended the worker.
            .filter(|(_, task)| {
                let given = worker.given.get(task);
                given.is_none_or(|given| given.place != RunPlace::Away)
            });
        let (mut started, others): (Vec<_>, Vec<_>) =
            processing.partition(|(run, _)| worker.executing.contains(run));
        let threads = worker.hello.nthreads as usize;
        started.extend(
            others
                .into_iter()
                .take(threads.saturating_sub(started.len())),
        );
        started.into_iter().map(|&(_, task)| task).collect()
    }
}
