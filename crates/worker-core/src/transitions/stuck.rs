//! Runs that take too long: those with a timeout, and those that go on although they were told to
//! end.

use crate::config::Kind;
use crate::effects::Effects;
use crate::events::Slot;
use crate::state::{Place, Stage, WorkerCore};
use taskloom_core::message::{FromWorker, ReturnCause};
use taskloom_core::{ErrorCode, RunId, TaskFailure, Time};

impl WorkerCore {
    /// A thread began with a run that has a timeout: its time counts from now on.
    pub(crate) fn started(&mut self, slot: Slot, run: RunId) {
        let now = self.now;
        let Some(record) = self.executing(slot, run) else {
            return;
        };
        // Whoever was told to end has another deadline.
        if record.stage == Stage::Handed
            && let Some(limit) = &mut record.limit
            && limit.begun.is_none()
        {
            limit.begun = Some(now);
            let deadline = now + limit.timeout;
            self.set_deadline(slot, Some(deadline));
        }
    }

    /// Sets the flag of a run in the executor, and looks later whether it heeds that.
    pub(crate) fn tell_to_end(&mut self, slot: Slot, run: RunId, effects: &mut Effects) {
        effects.cancel.push((slot, run));
        let deadline = self.now + self.config.stuck_after;
        self.set_deadline(slot, Some(deadline));
        self.release_returning(slot, effects);
    }

    pub(crate) fn set_deadline(&mut self, slot: Slot, deadline: Option<Time>) {
        let Some(record) = self.runs.get_mut(slot) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut record.deadline, deadline) {
            self.deadlines.remove(&(old, slot));
        }
        self.deadlines.extend(deadline.map(|at| (at, slot)));
    }

    /// Looks at the runs whose time is over.
    pub(crate) fn pass_deadlines(&mut self, effects: &mut Effects) {
        while let Some(&(at, slot)) = self.deadlines.first()
            && at <= self.now
        {
            self.set_deadline(slot, None);
            let Some(record) = self.runs.get(slot) else {
                continue;
            };
            match record.stage {
                Stage::Waiting | Stage::Ready => {}
                Stage::Handed => self.time_out(slot, effects),
                Stage::Cancelled => {
                    let (task, run) = (record.task, record.run);
                    let cause = ReturnCause::Withdrawn;
                    effects.say.push(FromWorker::Returned { task, run, cause });
                    self.by_run.remove(&run);
                    self.orphan(slot);
                    self.give_up(slot, effects);
                }
                Stage::Orphaned => self.give_up(slot, effects),
            }
        }
    }

    /// A run has taken longer than it may: that is its end, whatever its thread does.
    fn time_out(&mut self, slot: Slot, effects: &mut Effects) {
        let Some(record) = self.runs.get_mut(slot) else {
            return;
        };
        let (task, run) = (record.task, record.run);
        let (followers, next) = (std::mem::take(&mut record.followers), record.next);
        let Some(limit) = record.limit.take() else {
            return;
        };
        let message = format!(
            "it was still running after {:?}, which is the timeout of the task",
            limit.timeout
        );
        let failure = Box::new(TaskFailure::new(ErrorCode::TimedOut, message));
        let mut failure = self.named(failure, &limit.key);
        failure.runs = failure.runs.max(1);
        effects.say.push(FromWorker::Failed {
            task,
            run,
            elapsed: limit
                .begun
                .map_or(limit.timeout, |begun| self.now.since(begun)),
            failure,
        });
        self.by_run.remove(&run);
        self.makes_no_more(task, slot);
        self.orphan(slot);
        self.tell_to_end(slot, run, effects);
        self.end_followers(task, &followers, effects);
        self.withdraw_chain(task, next, effects);
    }

    fn orphan(&mut self, slot: Slot) {
        if let Some(record) = self.runs.get_mut(slot) {
            record.stage = Stage::Orphaned;
        }
    }

    /// A run that does not end: others get its slot.
    fn give_up(&mut self, slot: Slot, effects: &mut Effects) {
        let Some(record) = self.runs.get_mut(slot) else {
            return;
        };
        let (task, run) = (record.task, record.run);
        let kind = self.config.operations[record.operation as usize];
        match record.place {
            Place::Slot => {
                record.place = Place::GivenUp;
                self.load.remove(record.estimate);
                self.load.given_up += 1;
                effects.give_up.push((slot, run));
                let most = self.config.nthreads as usize;
                if self.load.given_up > most {
                    effects.restart = Some(format!(
                        "{} tasks that were cancelled or ran out of time do not end, and at most \
                         {most} threads are replaced",
                        self.load.given_up
                    ));
                } else if kind == Kind::Async {
                    // It is dropped at its next await, unless it never comes to one.
                    let deadline = self.now + self.config.stuck_after;
                    self.set_deadline(slot, Some(deadline));
                }
            }
            Place::GivenUp => {
                effects.restart = Some(format!(
                    "the async task {task} was cancelled or ran out of time, and blocks its thread \
                     without an await"
                ));
            }
            // It has no slot, and another thread was started when it seceded, or it has none.
            Place::Away | Place::Returning | Place::Behind => {}
        }
    }
}
