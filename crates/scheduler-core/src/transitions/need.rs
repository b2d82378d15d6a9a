//! A task begins, or ceases, to be needed: the release rule.

use super::Step;
use crate::core::SchedulerCore;
use crate::spec::SpecId;
use crate::state::{QueuedAt, State};
use taskloom_core::message::ToWorker;

impl SchedulerCore {
    /// Released and needed -> waiting: its inputs are needed from now on.
    pub(crate) fn activate(&mut self, slot: u32) {
        let task = *self.task(slot);
        if task.state != State::Released || !task.is_needed() {
            return;
        }
        if task.spec == SpecId::DATA {
            self.supply(slot);
            return;
        }
        for at in 0..task.dependencies.len() {
            let dependency = self.edges.get(task.dependencies)[at].task;
            self.task_mut(dependency).waiters += 1;
        }
        self.set_waiting(slot);
    }

    /// Makes an active or just activated task wait for those of its inputs that are not in memory,
    /// sees to it that they will be, and marks it ready if all are.
    pub(crate) fn set_waiting(&mut self, slot: u32) {
        let dependencies = self.task(slot).dependencies;
        let mut missing = 0;
        for at in 0..dependencies.len() {
            let dependency = self.edges.get(dependencies)[at].task;
            match self.task(dependency).state {
                State::Memory { .. } => {}
                State::Erred => {
                    missing += 1;
                    if let Some(failure) = self.failures.get(&dependency) {
                        self.steps.push(Step::Fail(slot, failure.clone()));
                    }
                }
                State::Released => {
                    missing += 1;
                    self.steps.push(Step::Activate(dependency));
                }
                _ => missing += 1,
            }
        }
        self.set_state(slot, State::Waiting { missing });
        if missing == 0 {
            self.ready.push(slot);
        }
    }

    /// Takes an active task out of whatever queue or worker it is in. Its state is to be set by the
    /// caller.
    pub(crate) fn detach(&mut self, slot: u32) {
        match self.task(slot).state {
            State::Queued { at } => self.dequeue(slot, at),
            State::NoWorker { since } => self.leave_no_worker(slot, since),
            State::Pausing { until } => {
                self.pausing.remove(&(until, slot));
            }
            State::Assigned { worker, run, .. } | State::Processing { worker, run } => {
                self.withdraw(slot, worker, run);
                self.tell_worker(worker, ToWorker::Cancel(vec![run]));
            }
            _ => {}
        }
    }

    pub(crate) fn dequeue(&mut self, slot: u32, at: QueuedAt) {
        let entry = self.entry(slot);
        match at {
            QueuedAt::Shared => {
                let task = self.task(slot);
                let (job, class) = (task.job, self.specs.get(task.spec).class);
                self.jobs.remove(job, class, entry);
                self.job_table.set_waiting(job, self.jobs.has(job));
            }
            QueuedAt::Worker(worker) => {
                let estimate_ns = self.specs.expected_ns(self.task(slot).spec);
                if let Some(record) = self.workers.get_mut(worker) {
                    self.located -= usize::from(record.dislocate(entry, estimate_ns));
                    self.touch(worker);
                }
            }
        }
    }

    /// An active task needs its inputs no more.
    pub(crate) fn let_go_of_inputs(&mut self, slot: u32) {
        let dependencies = self.task(slot).dependencies;
        for at in 0..dependencies.len() {
            let dependency = self.edges.get(dependencies)[at].task;
            let task = self.task_mut(dependency);
            task.waiters -= 1;
            if !task.is_needed() {
                self.steps.push(Step::Unneed(dependency));
            }
        }
    }

    /// If nobody needs it: drop its value or stop its work, and forget it if nothing depends on it.
    pub(crate) fn unneed(&mut self, slot: u32) {
        let task = *self.task(slot);
        if task.is_needed() || !self.is_live(slot) {
            return;
        }
        match task.state {
            State::Released | State::Erred => {}
            State::Memory { .. } => self.drop_value(slot),
            State::Supplying => {
                self.unsupplied.remove(&slot);
                self.set_state(slot, State::Released);
            }
            _ => {
                self.detach(slot);
                self.let_go_of_inputs(slot);
                self.set_state(slot, State::Released);
            }
        }
        if self.task(slot).dependents.is_empty() {
            self.forget(slot);
        }
    }

    /// Memory -> released: the holders drop the value.
    fn drop_value(&mut self, slot: u32) {
        let State::Memory {
            mut holders,
            nbytes,
        } = self.task(slot).state
        else {
            return;
        };
        let id = self.task_id(slot);
        for at in 0..holders.len() {
            let holder = self.holders.get(holders)[at];
            self.holds_no_more(holder, slot, nbytes);
            self.free_at(holder, id);
        }
        self.holders.release(&mut holders);
        self.drop_inline(slot);
        self.set_state(slot, State::Released);
    }

    /// Takes a value out of a worker's books.
    pub(crate) fn holds_no_more(&mut self, worker: u32, slot: u32, nbytes: u64) {
        if let Some(worker) = self.workers.get_mut(worker)
            && worker.held.remove(&slot)
        {
            worker.held_bytes = worker.held_bytes.saturating_sub(nbytes);
            if !worker.moving.is_empty() {
                worker.moving.remove(&slot);
            }
        }
    }

    pub(crate) fn drop_inline(&mut self, slot: u32) {
        if !self.inline.is_empty()
            && let Some(value) = self.inline.remove(&slot)
        {
            self.inline_bytes -= value.nbytes();
        }
    }
}
