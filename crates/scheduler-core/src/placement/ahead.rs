//! Tasks sent ahead of their inputs, when all that is missing is being made on one worker.
//!
//! The worker starts them when the inputs are there, without asking back, so a chain of short tasks
//! costs no round trip per link. Where a worker has no room for more of a chain, its end is kept, and
//! the chain goes on when half of what it was given has ended: the worker does not run dry at the end
//! of what it has, and does not get the rest in small bits either.

use crate::core::SchedulerCore;
use crate::state::State;

/// Tasks with more inputs than this wait for them on the scheduler: looking through all inputs at
/// each dispatch of one would cost their square.
const INPUTS_MAX: usize = 8;

/// Of so many chains the ends are kept per worker. The others go on like tasks that were not sent
/// ahead.
const LINE_ENDS_MAX: usize = 1024;

/// Whether a task may be sent ahead.
enum Ahead {
    /// It may, and misses so many inputs.
    Goes(u32),
    /// It could if the worker had room.
    NoRoom,
    /// It has to wait.
    Waits,
}

impl SchedulerCore {
    /// Gives a ready task to a worker, and after it those of its dependents that can follow.
    pub(crate) fn give_with_followers(&mut self, slot: u32, worker: u32) {
        self.give(slot, worker, 0);
        self.send_followers(slot, worker);
    }

    /// Sends the dependents of a task along that was given to a worker, and theirs.
    fn send_followers(&mut self, slot: u32, worker: u32) {
        let mut followed = Vec::new();
        let mut next = Some(slot);
        while let Some(slot) = next {
            let dependents = self.task(slot).dependents;
            let mut is_end = false;
            for at in 0..dependents.len() {
                let dependent = self.edges.get(dependents)[at].task;
                match self.may_go_ahead(dependent, worker) {
                    Ahead::Goes(missing) => {
                        self.give(dependent, worker, missing);
                        followed.push(dependent);
                    }
                    Ahead::NoRoom => is_end = true,
                    Ahead::Waits => {}
                }
            }
            if is_end
                && let Some(worker) = self.workers.get_mut(worker)
                && worker.line_ends.len() < LINE_ENDS_MAX
            {
                worker.line_ends.push(slot);
            }
            next = followed.pop();
        }
    }

    /// Workers that have room again get more of the chains that they have begun.
    pub(super) fn go_on(&mut self) {
        let with_ends = |slot: &u32| {
            let worker = self.workers.get(*slot);
            worker.is_some_and(|worker| !worker.line_ends.is_empty())
        };
        let workers: Vec<u32> = self.fresh().filter(with_ends).collect();
        for worker in workers {
            self.extend_lines(worker);
        }
    }

    fn extend_lines(&mut self, worker: u32) {
        let Some(record) = self.workers.get_mut(worker) else {
            return;
        };
        let ends = std::mem::take(&mut record.line_ends);
        let mut left = ends.into_iter().peekable();
        while let Some(end) =
            left.next_if(|&end| !self.is_end(end, worker) || self.is_half_done(end, worker))
        {
            if self.is_end(end, worker) {
                self.send_followers(end, worker);
            }
            // It kept an end again: there is no room for others either.
            let full = |record: &crate::worker::Worker| !record.line_ends.is_empty();
            if self.workers.get(worker).is_some_and(full) {
                break;
            }
        }
        if let Some(record) = self.workers.get_mut(worker) {
            record.line_ends.extend(left);
        }
        self.rerank(worker);
    }

    /// Whether a task is still with this worker.
    fn is_end(&self, slot: u32, worker: u32) -> bool {
        let given_to = self.task(slot).state.given_to();
        given_to.is_some_and(|(at, _)| at == worker)
    }

    /// Whether a worker has at most half of what tasks like this one may have before them.
    fn is_half_done(&self, slot: u32, worker: u32) -> bool {
        let operation = self.specs.get(self.task(slot).spec).operation;
        let length = self.length(operation, usize::MAX);
        let worker = self.workers.get(worker);
        worker.zip(length).is_some_and(|(worker, length)| {
            let threads = worker.hello.nthreads as usize;
            worker.occupancy_ns * 2 <= length.ahead_ns * threads as u64
                && worker.load() * 2 <= length.ahead_tasks as usize * threads
        })
    }

    /// Whether a task may be sent ahead to this worker: short tasks only, for which the worker has
    /// room, if all inputs that are missing are being made there.
    fn may_go_ahead(&self, slot: u32, worker: u32) -> Ahead {
        let task = self.task(slot);
        if !matches!(task.state, State::Waiting { .. }) || task.dependencies.len() > INPUTS_MAX {
            return Ahead::Waits;
        }
        if self.job_table.any_restricted() && !self.job_table.may_start(task.job)
            || self.shuns(slot, worker)
        {
            return Ahead::Waits;
        }
        let class = self.specs.class(self.specs.get(task.spec).class);
        let operation = self.specs.get(task.spec).operation;
        let length = self.length(operation, usize::MAX);
        let (Some(record), Some(length)) = (self.workers.get(worker), length) else {
            return Ahead::Waits;
        };
        let short = u128::from(length.mean_ns) * 2 <= self.config.lookahead.as_nanos();
        if !short || !record.qualifies(class) || !class.resources.is_empty() {
            return Ahead::Waits;
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
                _ => return Ahead::Waits,
            }
        }
        match missing {
            0 => Ahead::Waits,
            _ if self.room(record, Some(length)) == 0 => Ahead::NoRoom,
            missing => Ahead::Goes(missing),
        }
    }
}
