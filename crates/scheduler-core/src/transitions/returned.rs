//! A run came back without a result: it goes elsewhere, or waits for its inputs again.

use crate::core::SchedulerCore;
use crate::state::State;
use crate::step::Step;
use std::sync::Arc;
use taskloom_core::message::{ReturnCause, ToWorker};
use taskloom_core::{ErrorCode, RunId, TaskId};

/// A task that came back this often because nobody could bring its inputs errs.
const GIVEN_MAX: u16 = 20;

impl SchedulerCore {
    /// Processing or assigned -> waiting.
    pub(crate) fn run_returned(&mut self, worker: u32, id: TaskId, run: RunId, cause: ReturnCause) {
        self.run_ended(worker, run);
        if matches!(cause, ReturnCause::Withdrawn)
            && let Some(worker) = self.workers.get_mut(worker)
        {
            worker.gave_back = true;
        }
        let slot = self
            .task_slot(id)
            .filter(|&slot| self.task(slot).state.given_to() == Some((worker, run)));
        let mut reason = String::new();
        match cause {
            ReturnCause::Withdrawn | ReturnCause::Leaving => {}
            ReturnCause::Unreachable {
                input,
                holder,
                reason: why,
            } => {
                if let Some(input) = self.task_slot(input) {
                    self.traffic.arrived(input, worker);
                }
                let name = self.worker_slot(holder).and_then(|holder| {
                    self.unreachable.insert((worker, holder));
                    self.workers
                        .get(holder)
                        .map(|worker| worker.hello.name.clone())
                });
                let name = name.unwrap_or_else(|| "a worker that is gone".into());
                reason = format!("input {input} cannot be fetched from {name}: {why}");
            }
            ReturnCause::Missing { input, holder } => {
                let holder = match holder {
                    Some(holder) => self.worker_slot(holder),
                    None => Some(worker),
                };
                if let (Some(holder), Some(input)) = (holder, self.task_slot(input)) {
                    self.traffic.arrived(input, worker);
                    self.lacks(input, holder);
                }
                reason = format!("input {input} is missing");
            }
        }
        let Some(slot) = slot else { return };
        self.take_off(slot, worker);
        if self.task(slot).runs >= GIVEN_MAX && !reason.is_empty() {
            self.set_state(slot, State::Waiting { missing: 0 });
            let failure = self.blame(slot, ErrorCode::Unreachable, reason);
            self.steps.push(Step::Fail(slot, Arc::new(failure)));
            return;
        }
        self.requeue(slot, worker);
    }

    /// A task that was taken off a worker waits again, and so do the tasks that were given to that
    /// worker in the hope of its result.
    pub(crate) fn requeue(&mut self, slot: u32, worker: u32) {
        let mut again = vec![slot];
        while let Some(slot) = again.pop() {
            self.set_waiting(slot);
            let dependents = self.task(slot).dependents;
            for at in 0..dependents.len() {
                let dependent = self.edges.get(dependents)[at].task;
                if let State::Assigned {
                    worker: there, run, ..
                } = self.task(dependent).state
                    && there == worker
                {
                    self.withdraw(dependent, worker, run);
                    self.tell_worker(worker, ToWorker::Cancel(vec![run]));
                    again.push(dependent);
                }
            }
        }
    }
}
