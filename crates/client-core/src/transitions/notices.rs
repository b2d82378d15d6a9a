//! What the scheduler says.

use crate::effects::{Effects, Ending, Notice};
use crate::state::{ClientCore, State};
use std::sync::Arc;
use taskloom_core::message::ToClient;
use taskloom_core::{Encoded, TaskFailure, Ticket, Time};

impl ClientCore {
    /// Takes one message in. Whatever concerns futures that were released meanwhile is ignored, and
    /// so is what contradicts an end that a future has come to. A failed task may come to life again:
    /// somebody retries it, or one that needs it.
    pub(crate) fn said(&mut self, now: Time, message: ToClient, effects: &mut Effects) {
        match message {
            ToClient::Finished { ticket, value, .. } => self.finished(ticket, value, effects),
            ToClient::Failed { ticket, failure } => self.failed(ticket, failure, effects),
            ToClient::Refused {
                first,
                count,
                failure,
            } => {
                for at in 0..count {
                    let ticket = Ticket(first.0.saturating_add(at));
                    self.failed(ticket, failure.clone(), effects);
                }
            }
            ToClient::Pending { ticket } => {
                let Some(slot) = self.slots.get_mut(ticket) else {
                    return;
                };
                if slot.state == State::Finished || slot.may_revive() {
                    slot.state = State::Pending;
                    effects.ended.push((ticket, Ending::Pending));
                }
            }
            ToClient::Waiting {
                operation,
                tasks,
                near,
                reason,
            } => {
                effects.notices.push(Notice::Waiting {
                    operation,
                    tasks,
                    near,
                    reason,
                });
            }
            ToClient::Supply {
                ticket,
                task,
                targets,
            } => {
                self.supply(now, ticket, task, targets, effects);
            }
            ToClient::Located { places, .. } => self.located(now, places, effects),
            ToClient::Answered { request, result } => effects.answered.push((request, result)),
            ToClient::Replied { request, result } => self.replied(request, result, effects),
            ToClient::Pushed { operation, parcel } => self.pushed(operation, parcel, effects),
            ToClient::Logged(lines) => effects.logged.extend(lines),
            ToClient::Closing { reason } => effects.notices.push(Notice::Closing(reason)),
        }
    }

    fn failed(&mut self, ticket: Ticket, failure: Arc<TaskFailure>, effects: &mut Effects) {
        let Some(slot) = self.slots.get_mut(ticket) else {
            return;
        };
        if slot.state != State::Failed {
            slot.state = State::Failed;
            // Who waited has the failure: if the task is run again, nobody waits.
            slot.demanded = false;
            self.retrievals.remove(&ticket);
            self.drop_kept(ticket);
            effects.ended.push((ticket, Ending::Failed(failure)));
        }
    }

    fn finished(&mut self, ticket: Ticket, value: Option<Encoded>, effects: &mut Effects) {
        let Some(slot) = self.slots.get_mut(ticket) else {
            return;
        };
        if slot.state == State::Failed && !slot.may_revive() {
            return;
        }
        slot.state = State::Finished;
        let demanded = std::mem::take(&mut slot.demanded);
        let inline = value.is_some();
        effects.ended.push((ticket, Ending::Finished(value)));
        if inline {
            // The shell has the whole now and serves parts from it.
            if !self.retrievals.is_empty() {
                self.retrievals.remove(&ticket);
            }
        } else {
            self.resume(ticket, demanded, effects);
        }
        self.keep_within_budget();
    }
}
