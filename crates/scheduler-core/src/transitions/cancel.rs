//! A client ends a task for all who wait.

use super::Step;
use crate::core::SchedulerCore;
use crate::state::State;
use std::sync::Arc;
use taskloom_core::message::ToClient;
use taskloom_core::{ErrorCode, Ticket};

impl SchedulerCore {
    /// A task that nobody else wants fails as cancelled, and so does what depends on it. If another
    /// client wants it, only this client's want ends.
    pub(crate) fn cancel(&mut self, client: u32, ticket: Ticket) {
        let entry = self
            .clients
            .get(client)
            .and_then(|client| client.tickets.get(ticket));
        let Some(slot) = entry.and_then(|entry| entry.task()) else {
            return;
        };
        if matches!(self.task(slot).state, State::Memory { .. } | State::Erred) {
            return;
        }
        let failure = Arc::new(self.blame(slot, ErrorCode::Cancelled, "it was cancelled"));
        let list = self.task(slot).wants;
        if self.wants.iter(list).any(|want| want.client != client) {
            self.tell_client(client, ToClient::Failed { ticket, failure });
            self.release_ticket(client, ticket);
        } else {
            self.steps.push(Step::Fail(slot, failure));
        }
    }
}
