//! A worker leaves in good order: its unstarted tasks go elsewhere, its values are copied first.

use crate::core::SchedulerCore;
use crate::state::State;
use taskloom_core::Residence;
use taskloom_core::message::ToWorker;

impl SchedulerCore {
    /// It gets nothing new. What it was given comes back from it; what only waited for it moves on.
    pub(crate) fn worker_leaves(&mut self, slot: u32) {
        let Some(worker) = self.workers.get_mut(slot) else {
            return;
        };
        if worker.leaving {
            return;
        }
        worker.leaving = true;
        let located = std::mem::take(&mut worker.located);
        let name = worker.hello.name.clone();
        self.specs.worker_present(&name, false);
        self.located -= located.len();
        self.rank_leaving(slot);
        for entry in located.iter() {
            self.set_waiting(entry.slot());
        }
        self.supply_elsewhere(slot);
        self.unqualified_to_stuck();
        self.wake_stuck();
    }

    /// Moves what only leaving workers hold, and lets those go that hold nothing of the kind and run
    /// nothing.
    pub(crate) fn let_leave(&mut self) {
        let leaving: Vec<u32> = self.ranks.leaving.iter().copied().collect();
        for slot in leaving {
            let Some(worker) = self.workers.get(slot) else {
                continue;
            };
            if worker.may_leave {
                self.ranks.leaving.remove(&slot);
                continue;
            }
            let idle = worker.given.is_empty() && worker.ending.is_empty();
            let mut held: Vec<u32> = worker.held.difference(&worker.moving).copied().collect();
            held.sort_unstable();
            for task in held {
                self.move_sole_copy(task, slot);
            }
            if let Some(worker) = self.workers.get_mut(slot)
                && idle
                && worker.moving.is_empty()
            {
                worker.may_leave = true;
                self.ranks.leaving.remove(&slot);
                self.tell_worker(slot, ToWorker::MayLeave);
            }
        }
    }

    /// Has another worker copy a value, if no worker that stays has it. Where nobody can take it, it
    /// is computed again when somebody needs it.
    fn move_sole_copy(&mut self, task: u32, from: u32) {
        let State::Memory { holders, nbytes } = self.task(task).state else {
            return;
        };
        // An actor cannot be copied; it ends with its worker.
        if self.specs.options_of(self.task(task).spec).residence != Residence::Anywhere {
            return;
        }
        let stays = |slot: &u32| {
            self.workers
                .get(*slot)
                .is_some_and(|worker| !worker.leaving)
        };
        if self.holders.get(holders).iter().any(stays) {
            return;
        }
        let tried = |slot: u32| self.unreachable.contains(&(slot, from));
        let open = self
            .workers
            .iter()
            .filter(|(slot, w)| !w.leaving && !tried(*slot));
        let Some((_, to)) = open.map(|(slot, w)| (w.held_bytes, slot)).min() else {
            return;
        };
        if let Some(worker) = self.workers.get_mut(from) {
            worker.moving.insert(task);
        }
        self.acquire(task, to, nbytes, 0);
    }

    /// A value that was on its way from a leaving worker arrived, or did not.
    pub(crate) fn moved(&mut self, task: u32) {
        let State::Memory { holders, .. } = self.task(task).state else {
            return;
        };
        for at in 0..holders.len() {
            let holder = self.holders.get(holders)[at];
            if let Some(worker) = self.workers.get_mut(holder) {
                worker.moving.remove(&task);
            }
        }
    }

    /// Notes that a worker cannot get a value from any of its holders, so that another one is tried.
    pub(crate) fn out_of_reach(&mut self, worker: u32, task: u32) {
        let State::Memory { holders, .. } = self.task(task).state else {
            return;
        };
        for at in 0..holders.len() {
            let holder = self.holders.get(holders)[at];
            self.unreachable.insert((worker, holder));
        }
    }
}
