//! A copy of a value came to a worker that did not compute it.

use super::Step;
use crate::core::SchedulerCore;
use crate::state::State;
use taskloom_core::TaskId;

impl SchedulerCore {
    /// Adds a holder; scattered data enter memory with their first.
    pub(crate) fn stored(&mut self, worker: u32, id: TaskId, nbytes: u64) {
        let Some(slot) = self.task_slot(id) else {
            self.free_at(worker, id);
            return;
        };
        self.traffic.arrived(slot, worker);
        match self.task(slot).state {
            State::Memory {
                mut holders,
                nbytes,
            } => {
                let holds = self.workers.get_mut(worker).is_some_and(|worker| {
                    let new = worker.held.insert(slot);
                    worker.held_bytes += if new { nbytes } else { 0 };
                    new
                });
                if holds {
                    self.copied_bytes += nbytes;
                    self.holders.push(&mut holders, worker);
                    self.task_mut(slot).state = State::Memory { holders, nbytes };
                }
                self.moved(slot);
            }
            State::Supplying => {
                self.unsupplied.remove(&slot);
                self.enter_memory(slot, worker, nbytes, None);
                self.supplied(slot);
            }
            state => {
                // A run at this worker is about to put its own value over this one.
                if state.given_to().is_none_or(|(at, _)| at != worker) {
                    self.free_at(worker, id);
                }
                return;
            }
        }
        self.copy_arrived(slot, worker);
        self.placed(slot);
        self.steps.push(Step::Unneed(slot));
    }

    /// A worker could not get a copy that it was told to get.
    pub(crate) fn acquire_failed(&mut self, worker: u32, id: TaskId, reason: &str) {
        if let Some(slot) = self.task_slot(id) {
            self.traffic.arrived(slot, worker);
            self.copy_given_up(slot, worker, reason);
            self.placed(slot);
            self.out_of_reach(worker, slot);
            self.moved(slot);
        }
    }
}
