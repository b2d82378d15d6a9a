//! A run comes in, waits for its inputs, and may go without having been started.

use crate::effects::{Effects, Pin};
use crate::events::Slot;
use crate::queue::{self, Urgency};
use crate::state::{Hold, How, Limit, Local, Place, Run, Stage, Waiter, WorkerCore};
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::{Compute, FromWorker, Input, ReturnCause};
use taskloom_core::{ErrorCode, RunId, TaskFailure, TaskId};

/// How a run that has not started leaves the tables.
pub(crate) enum Ending {
    Returned(ReturnCause),
    Failed(Box<TaskFailure>),
}

impl WorkerCore {
    /// Takes in a run. `parts` are those that its arguments refer to; without them every input is
    /// needed as a whole.
    pub(crate) fn compute(
        &mut self,
        compute: Box<Compute>,
        parts: Option<Vec<(u32, Part)>>,
        effects: &mut Effects,
    ) {
        let (task, run) = (compute.task, compute.run);
        if self.session.is_none() || self.by_run.contains_key(&run) {
            return; // Stale or duplicate: whoever knows the run answers for it.
        }
        if self.leaving.is_some() {
            return say_end(task, run, Ending::Returned(ReturnCause::Leaving), effects);
        }
        if compute.operation as usize >= self.averages.len() {
            let message = format!(
                "the scheduler asked for operation {} of {}",
                compute.operation,
                self.averages.len()
            );
            let failure = Box::new(TaskFailure::new(ErrorCode::Protocol, message));
            let ending = Ending::Failed(self.named(failure, &compute.key));
            return say_end(task, run, ending, effects);
        }
        let pins = self.pins(&compute.inputs, parts);
        if let Some(cause) = pins
            .iter()
            .find_map(|pin| self.hopeless(pin, &compute.inputs))
        {
            return say_end(task, run, Ending::Returned(cause), effects);
        }
        let serial = self.next_serial();
        let urgency = Urgency {
            priority: compute.priority,
            rank: Reverse(compute.rank),
            serial: Reverse(serial),
        };
        let slot = self.runs.insert(Run {
            run,
            task,
            operation: compute.operation,
            stage: Stage::Waiting,
            place: Place::Slot,
            limit: limit_of(&compute),
            deadline: None,
            urgency,
            missing: 0,
            pins: SmallVec::with_capacity(pins.len()),
            followers: SmallVec::new(),
            next: None,
            lost: None,
            compute: None,
            estimate: 0,
        });
        let mut missing = 0;
        let mut holds = SmallVec::with_capacity(pins.len());
        for pin in pins {
            let waiter = Waiter {
                slot,
                serial,
                pin: holds.len() as u32,
            };
            let how = self.hold(pin, &compute.inputs, waiter, urgency);
            missing += u32::from(how != How::User);
            holds.push(Hold { pin, how });
        }
        self.by_run.insert(run, slot);
        // What follows an older run of the same task goes on following that: a run only ever waits
        // for older ones, so none can wait for itself.
        self.makers.insert(task, slot);
        if let Some(record) = self.runs.get_mut(slot) {
            record.pins = holds;
            record.missing = missing;
            record.compute = Some(compute);
        }
        if missing == 0 {
            self.make_ready(slot);
        }
    }

    /// The values of the store that a run needs.
    fn pins(&self, inputs: &[Input], parts: Option<Vec<(u32, Part)>>) -> SmallVec<[Pin; 1]> {
        let mut pins = SmallVec::new();
        if inputs.is_empty() {
            return pins;
        }
        let mut parts = parts.map(|mut parts| {
            parts.sort_unstable();
            parts.dedup();
            parts.into_iter().peekable()
        });
        for (index, input) in inputs.iter().enumerate() {
            let (index, task) = (index as u32, input.task);
            let whole = Pin {
                input: index,
                task,
                part: Part::WHOLE,
            };
            let mut own: SmallVec<[Part; 2]> = SmallVec::new();
            if let Some(parts) = &mut parts {
                while let Some((_, part)) = parts.next_if(|&(of, _)| of <= index) {
                    own.push(part);
                }
            }
            if input.value.is_some() {
                continue;
            }
            let is_local = self.values.contains_key(&(task, Part::WHOLE))
                || (self.makers.contains_key(&task)
                    && !input.holders.iter().any(|&holder| self.can_ask(holder)));
            if parts.is_none() || input.holders.is_empty() || is_local {
                pins.push(whole);
            } else if own.first() == Some(&Part::WHOLE) {
                // The whole sorts first and serves its parts as well.
                pins.push(whole);
            } else {
                pins.extend(own.into_iter().map(|part| Pin {
                    input: index,
                    task,
                    part,
                }));
            }
        }
        pins
    }

    /// Why a pin can never be satisfied.
    fn hopeless(&self, pin: &Pin, inputs: &[Input]) -> Option<ReturnCause> {
        if self.values.contains_key(&(pin.task, pin.part)) || self.makers.contains_key(&pin.task) {
            return None;
        }
        let holders = &inputs[pin.input as usize].holders;
        match holders.last() {
            _ if holders.iter().any(|&holder| self.can_ask(holder)) => None,
            None => Some(ReturnCause::Missing {
                input: pin.task,
                holder: None,
            }),
            Some(&holder) if Some(holder) == self.session => Some(ReturnCause::Missing {
                input: pin.task,
                holder: Some(holder),
            }),
            Some(&holder) => Some(ReturnCause::Unreachable {
                input: pin.task,
                holder,
                reason: "that worker is gone".into(),
            }),
        }
    }

    /// Puts a pin where the value is or will come to.
    fn hold(&mut self, pin: Pin, inputs: &[Input], waiter: Waiter, urgency: Urgency) -> How {
        let input = &inputs[pin.input as usize];
        match self.values.get_mut(&(pin.task, pin.part)) {
            Some(Local::Here(here)) => {
                here.users += 1;
                return How::User;
            }
            Some(Local::Wanted(want)) => {
                let want = *want;
                self.join_want(want, waiter, urgency, &input.holders);
                return How::Waiter;
            }
            None => {}
        }
        if input.holders.iter().any(|&holder| self.can_ask(holder)) {
            let key = (pin.task, pin.part);
            let want = self.new_want(key, input.nbytes, urgency, &input.holders);
            self.join_want(want, waiter, urgency, &[]);
            return How::Waiter;
        }
        if let Some(maker) = self
            .makers
            .get(&pin.task)
            .and_then(|&at| self.runs.get_mut(at))
        {
            maker.followers.push(waiter);
        }
        How::Follower
    }

    /// A run will not make the value of its task any more. A newer one may.
    pub(crate) fn makes_no_more(&mut self, task: TaskId, slot: Slot) {
        if let Entry::Occupied(maker) = self.makers.entry(task)
            && *maker.get() == slot
        {
            maker.remove();
        }
    }

    pub(crate) fn make_ready(&mut self, slot: Slot) {
        if let Some(run) = self.runs.get_mut(slot) {
            run.stage = Stage::Ready;
            self.ready.push(queue::Entry {
                urgency: run.urgency,
                at: slot,
            });
        }
    }

    /// Takes a run that the executor does not have out of the tables, and with it, as missing an
    /// input, all that waits for what it would have made.
    pub(crate) fn end_unstarted(&mut self, slot: Slot, ending: Ending, effects: &mut Effects) {
        let mut rest = vec![(slot, ending)];
        while let Some((slot, ending)) = rest.pop() {
            let Some(run) = self.take_unstarted(slot, effects) else {
                continue;
            };
            say_end(run.task, run.run, ending, effects);
            self.followers_of(run.task, &run.followers, &mut rest);
        }
    }

    /// A failure with the names of the task and of this worker.
    pub(crate) fn named(&self, mut failure: Box<TaskFailure>, key: &[u8]) -> Box<TaskFailure> {
        failure.key = String::from_utf8_lossy(key).into_owned();
        failure.worker.clone_from(&self.config.name);
        failure
    }

    /// Gives back what waits for the value of a task that will not be made here.
    pub(crate) fn end_followers(
        &mut self,
        task: TaskId,
        followers: &[Waiter],
        effects: &mut Effects,
    ) {
        let mut list = Vec::new();
        self.followers_of(task, followers, &mut list);
        for (slot, ending) in list {
            self.end_unstarted(slot, ending, effects);
        }
    }

    fn followers_of(&self, task: TaskId, followers: &[Waiter], list: &mut Vec<(Slot, Ending)>) {
        for follower in followers {
            if self.waits(*follower) {
                let cause = ReturnCause::Missing {
                    input: task,
                    holder: None,
                };
                list.push((follower.slot, Ending::Returned(cause)));
            }
        }
    }

    /// Whether a pin that was named from elsewhere still waits.
    pub(crate) fn waits(&self, waiter: Waiter) -> bool {
        self.runs
            .get(waiter.slot)
            .is_some_and(|run| run.urgency.serial.0 == waiter.serial && run.stage == Stage::Waiting)
    }

    /// Takes a waiting or ready run out of all tables.
    pub(crate) fn take_unstarted(&mut self, slot: Slot, effects: &mut Effects) -> Option<Run> {
        match self.runs.get(slot)?.stage {
            Stage::Waiting => {}
            Stage::Ready => {
                let urgency = self.runs.get(slot)?.urgency;
                self.ready.remove(&urgency);
            }
            Stage::Handed | Stage::Cancelled | Stage::Orphaned => return None,
        }
        let run = self.runs.remove(slot)?;
        self.by_run.remove(&run.run);
        self.makes_no_more(run.task, slot);
        self.release_pins(&run.pins, effects);
        Some(run)
    }

    pub(crate) fn release_pins(&mut self, pins: &[Hold], effects: &mut Effects) {
        for hold in pins {
            let key = (hold.pin.task, hold.pin.part);
            match (hold.how, self.values.get_mut(&key)) {
                (How::User, Some(Local::Here(here))) => {
                    here.users = here.users.saturating_sub(1);
                    self.drop_if_unused(key, effects);
                }
                (How::Waiter, Some(&mut Local::Wanted(want))) => self.leave_want(want),
                _ => {}
            }
        }
    }

    /// Withdraws runs. One that has ended was answered, and its value is for the scheduler to free.
    pub(crate) fn cancel(&mut self, runs: &[RunId], effects: &mut Effects) {
        for id in runs {
            if let Some(&slot) = self.by_run.get(id) {
                self.cancel_active(slot, effects);
            }
        }
    }

    /// Gives back the runs that have not started. Of those that the executor has, it alone knows.
    pub(crate) fn retract(&mut self, runs: &[RunId], effects: &mut Effects) {
        for id in runs {
            let Some(&slot) = self.by_run.get(id) else {
                continue;
            };
            match self.runs.get(slot).map(|run| run.stage) {
                Some(Stage::Waiting | Stage::Ready) => {
                    self.end_unstarted(slot, Ending::Returned(ReturnCause::Withdrawn), effects);
                }
                Some(Stage::Handed) => effects.withdraw.push((slot, *id)),
                _ => {}
            }
        }
    }

    fn cancel_active(&mut self, slot: Slot, effects: &mut Effects) {
        let Some(run) = self.runs.get_mut(slot) else {
            return;
        };
        match run.stage {
            Stage::Waiting | Stage::Ready => {
                self.end_unstarted(slot, Ending::Returned(ReturnCause::Withdrawn), effects);
            }
            Stage::Handed => {
                run.stage = Stage::Cancelled;
                let (task, id, next) = (run.task, run.run, run.next);
                let followers = std::mem::take(&mut run.followers);
                self.tell_to_end(slot, id, effects);
                self.makes_no_more(task, slot);
                self.end_followers(task, &followers, effects);
                self.withdraw_chain(task, next, effects);
            }
            Stage::Cancelled | Stage::Orphaned => {}
        }
    }
}

fn limit_of(compute: &Compute) -> Option<Box<Limit>> {
    let (timeout, key) = (compute.timeout, compute.key.clone());
    (!timeout.is_zero()).then(|| {
        Box::new(Limit {
            timeout,
            key,
            begun: None,
        })
    })
}

/// Tells how a run ended that did not start.
pub(crate) fn say_end(task: TaskId, run: RunId, ending: Ending, effects: &mut Effects) {
    effects.say.push(match ending {
        Ending::Returned(cause) => FromWorker::Returned { task, run, cause },
        Ending::Failed(failure) => FromWorker::Failed {
            task,
            run,
            elapsed: Duration::ZERO,
            failure,
        },
    });
}
