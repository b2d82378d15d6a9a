//! A copy of a value is gone; if it was the last, the value is lost and made again.

use super::Step;
use crate::core::SchedulerCore;
use crate::state::State;
use std::sync::Arc;
use taskloom_core::message::{ToClient, ToWorker};
use taskloom_core::{ErrorCode, Residence, TaskId, WorkerId};

impl SchedulerCore {
    /// A worker that was taken for a holder does not have the value.
    pub(crate) fn lacks(&mut self, slot: u32, worker: u32) {
        if self
            .workers
            .get(worker)
            .is_some_and(|worker| worker.held.contains(&slot))
        {
            let id = self.task_id(slot);
            self.free_at(worker, id);
            self.copy_gone(slot, worker);
        }
    }

    /// A client says that a holder does not have the value.
    pub(crate) fn client_misses(&mut self, task: TaskId, worker: WorkerId) {
        if let (Some(slot), Some(worker)) = (self.task_slot(task), self.worker_slot(worker)) {
            self.lacks(slot, worker);
            self.run_steps();
        }
    }

    /// Takes a holder out of the list. The last one takes the value with it, unless the scheduler
    /// has kept it.
    pub(crate) fn copy_gone(&mut self, slot: u32, worker: u32) {
        let State::Memory {
            mut holders,
            nbytes,
        } = self.task(slot).state
        else {
            return;
        };
        self.holds_no_more(worker, slot, nbytes);
        let at = self
            .holders
            .get(holders)
            .iter()
            .position(|&holder| holder == worker);
        if let Some(at) = at {
            self.holders.swap_remove(&mut holders, at as u32);
        }
        // An actor is where it was made, which is the first of its holders. The others, and the
        // scheduler, have only its address.
        let residence = self.specs.options_of(self.task(slot).spec).residence;
        if at == Some(0) && residence != Residence::Anywhere {
            let id = self.task_id(slot);
            for at in 0..holders.len() {
                let holder = self.holders.get(holders)[at];
                self.holds_no_more(holder, slot, nbytes);
                self.free_at(holder, id);
            }
            self.holders.release(&mut holders);
            self.drop_inline(slot);
        }
        self.task_mut(slot).state = State::Memory { holders, nbytes };
        if holders.is_empty() {
            if self.inline.contains_key(&slot) {
                self.spread_ends(slot);
            } else {
                self.lost(slot);
            }
        }
    }

    /// Memory -> released, and whoever counted on the value waits for it again.
    fn lost(&mut self, slot: u32) {
        self.set_state(slot, State::Released);
        let residence = self.specs.options_of(self.task(slot).spec).residence;
        let (wants, clients) = (&self.wants, &mut self.clients);
        let said = &mut self.said_clients;
        for want in wants.iter(self.tasks[slot as usize].wants) {
            if let Some(client) = clients.get_mut(want.client) {
                client.say(
                    said,
                    want.client,
                    ToClient::Pending {
                        ticket: want.ticket,
                    },
                );
            }
        }
        let dependents = self.task(slot).dependents;
        for at in 0..dependents.len() {
            let dependent = self.edges.get(dependents)[at].task;
            match self.task(dependent).state {
                State::Waiting { missing } => {
                    self.task_mut(dependent).state = State::Waiting {
                        missing: missing + 1,
                    };
                }
                State::Queued { .. } | State::NoWorker { .. } | State::Pausing { .. } => {
                    self.detach(dependent);
                    self.set_state(dependent, State::Waiting { missing: 1 });
                }
                _ => {}
            }
        }
        // An assigned task waits only for what its own worker makes, so it comes back. (One that is
        // processing may have the value already; if not, its worker returns it.) This is a second
        // pass because a task that comes back is counted anew, with those that follow it.
        for at in 0..dependents.len() {
            let dependent = self.edges.get(dependents)[at].task;
            if let State::Assigned { worker, run, .. } = self.task(dependent).state {
                self.withdraw(dependent, worker, run);
                self.tell_worker(worker, ToWorker::Cancel(vec![run]));
                self.requeue(dependent, worker);
            }
        }
        self.steps.push(Step::Activate(slot));
        self.steps.push(Step::Unneed(slot));
        if residence == Residence::Fixed {
            let text = "the worker that held this actor is gone, and its state with it; make it \
                        with `.restart()` to have it constructed again";
            let failure = Arc::new(self.blame(slot, ErrorCode::Lost, text));
            self.steps.push(Step::Fail(slot, failure));
        }
    }
}
