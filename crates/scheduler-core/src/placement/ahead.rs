//! Tasks sent ahead of their inputs, when all that is missing is being made on one worker.
//!
//! The worker starts them when the inputs are there, without asking back, so a chain of short tasks
//! costs no round trip per link.

use crate::core::SchedulerCore;
use crate::state::State;

/// Tasks with more inputs than this wait for them on the scheduler: looking through all inputs at
/// each dispatch of one would cost their square.
const INPUTS_MAX: usize = 8;

impl SchedulerCore {
    /// Gives a ready task to a worker, and after it those of its dependents that can follow.
    pub(crate) fn give_with_followers(&mut self, slot: u32, worker: u32) {
        self.give(slot, worker, 0);
        let mut followed = vec![slot];
        while let Some(slot) = followed.pop() {
            let dependents = self.task(slot).dependents;
            for at in 0..dependents.len() {
                let dependent = self.edges.get(dependents)[at].task;
                if let Some(missing) = self.missing_here(dependent, worker) {
                    self.give(dependent, worker, missing);
                    followed.push(dependent);
                }
            }
        }
    }

    /// How many inputs a task misses, if it may be sent ahead to this worker: short tasks only, for
    /// which the worker has room.
    fn missing_here(&self, slot: u32, worker: u32) -> Option<u32> {
        let task = self.task(slot);
        if !matches!(task.state, State::Waiting { .. }) || task.dependencies.len() > INPUTS_MAX {
            return None;
        }
        if self.job_table.any_restricted() && !self.job_table.may_start(task.job)
            || self.shuns(slot, worker)
        {
            return None;
        }
        let record = self.workers.get(worker)?;
        let class = self.specs.class(self.specs.get(task.spec).class);
        let operation = self.specs.get(task.spec).operation;
        let length = self.length(operation, usize::MAX)?;
        let short = u128::from(length.mean_ns) * 2 <= self.config.lookahead.as_nanos();
        let fits = record.qualifies(class)
            && class.resources.is_empty()
            && record.room(Some(length), self.now) > 0;
        if !short || !fits {
            return None;
        }
        let mut missing = 0;
        for edge in self.edges.get(task.dependencies) {
            match self.task(edge.task).state {
                State::Memory { .. } => {}
                State::Processing { worker: at, .. } | State::Assigned { worker: at, .. }
                    if at == worker =>
                {
                    missing += 1;
                }
                _ => return None,
            }
        }
        (missing > 0).then_some(missing)
    }
}
