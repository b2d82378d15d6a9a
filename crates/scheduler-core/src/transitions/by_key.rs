//! A client takes a task by its key, or leaves one going without a want of its own.

use super::Step;
use crate::core::SchedulerCore;
use crate::state::State;
use crate::tables::{DETACHED, Want};
use std::sync::Arc;
use taskloom_core::{ErrorCode, Key, KeyRef, TaskFailure, Ticket};

/// What stands for the want of a detached task.
const DETACHED_WANT: Want = Want {
    client: DETACHED,
    ticket: Ticket(0),
};

impl SchedulerCore {
    /// The task of a key, under a ticket of the client.
    pub(crate) fn want_by_key(&mut self, client: u32, ticket: Ticket, key: &Key) {
        let (blocks, tasks) = (&self.blocks, &self.tasks);
        let key_of = |slot: u32| blocks.key(tasks[slot as usize].place);
        match self.keys.find(KeyRef::of(key.as_bytes()), key_of) {
            Some(slot) => {
                self.add_want(slot, Want { client, ticket });
                self.tell_state(slot, client, ticket);
            }
            None => {
                let text = format!(
                    "no task has the key {key}: it was never submitted, or nobody has wanted it \
                     since and it is forgotten"
                );
                let mut failure = TaskFailure::new(ErrorCode::UnknownKey, text);
                failure.key = key.as_str().to_owned();
                self.refuse_ticket(client, ticket, Arc::new(failure));
            }
        }
    }

    /// The task is kept going until it has ended, also if its client goes.
    pub(crate) fn detach_from_client(&mut self, client: u32, ticket: Ticket) {
        let entry = self
            .clients
            .get(client)
            .and_then(|client| client.tickets.get(ticket));
        let Some(slot) = entry.and_then(|entry| entry.task()) else {
            return;
        };
        let mut list = self.task(slot).wants;
        let ended = matches!(self.task(slot).state, State::Memory { .. } | State::Erred);
        let known = self.wants.iter(list).any(|want| want == DETACHED_WANT);
        if !ended && !known {
            self.wants.push(&mut list, DETACHED_WANT);
            self.task_mut(slot).wants = list;
            self.detached += 1;
        }
    }

    /// A task has ended: nothing keeps it that only waited for that.
    pub(crate) fn end_detached(&mut self, slot: u32) {
        if self.detached == 0 {
            return;
        }
        let mut list = self.task(slot).wants;
        if self.wants.remove(&mut list, DETACHED_WANT) {
            self.task_mut(slot).wants = list;
            self.detached -= 1;
            self.steps.push(Step::Unneed(slot));
        }
    }
}
