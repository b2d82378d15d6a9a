//! A run waits for other tasks and occupies no thread meanwhile.

use crate::core::SchedulerCore;
use crate::state::State;
use crate::worker::RunPlace;
use taskloom_core::{RunId, TaskId};

impl SchedulerCore {
    /// Its thread is free for others; what it reserved stays reserved. A job's cap counts it no more,
    /// so that those it waits for can run.
    pub(crate) fn run_seceded(&mut self, worker: u32, task: TaskId, run: RunId) {
        let now = self.now;
        let current = self.is_current(worker, task, run);
        let Some(record) = self.workers.get_mut(worker) else {
            return;
        };
        let given = match current {
            Some(slot) => record.given.get_mut(&slot),
            None => record.ending.get_mut(&run),
        };
        let Some(given) = given.filter(|given| given.place != RunPlace::Away) else {
            return;
        };
        given.place = RunPlace::Away;
        record.occupancy_ns -= std::mem::take(&mut given.estimate_ns);
        let job = given.job;
        record.away += 1;
        record.last_progress = now;
        if current.is_some() {
            self.job_table.stopped(job);
        }
        self.touch(worker);
    }

    /// It occupies a thread again.
    pub(crate) fn run_rejoined(&mut self, worker: u32, task: TaskId, run: RunId) {
        let now = self.now;
        let current = self.is_current(worker, task, run);
        let Some(record) = self.workers.get_mut(worker) else {
            return;
        };
        let given = match current {
            Some(slot) => record.given.get_mut(&slot),
            None => record.ending.get_mut(&run),
        };
        let Some(given) = given.filter(|given| given.place == RunPlace::Away) else {
            return;
        };
        given.place = RunPlace::Back;
        let job = given.job;
        record.away -= 1;
        record.last_progress = now;
        if current.is_some() {
            self.job_table.started(job, 0);
        }
        self.touch(worker);
    }

    /// The slot of a task whose current run this is.
    fn is_current(&self, worker: u32, task: TaskId, run: RunId) -> Option<u32> {
        let slot = self.task_slot(task)?;
        (self.task(slot).state == State::Processing { worker, run }).then_some(slot)
    }
}
