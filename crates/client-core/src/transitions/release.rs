//! Futures that are given up, and what goes out in batches.

use crate::effects::{Effects, Ending};
use crate::limits::{LOCATE_TICKETS, RELEASE_TICKETS};
use crate::state::{ClientCore, State};
use std::sync::Arc;
use taskloom_core::message::FromClient;
use taskloom_core::{TaskFailure, Ticket};

impl ClientCore {
    /// Nobody holds this future any more.
    pub(crate) fn release(&mut self, ticket: Ticket) {
        if self.slots.remove(ticket).is_some() {
            self.retrievals.remove(&ticket);
            self.drop_kept(ticket);
            self.to_release.push(ticket);
        }
    }

    /// The user ends a task. Its future ends now, whatever the scheduler says later: what was
    /// cancelled here must not come to life again.
    pub(crate) fn cancel(
        &mut self,
        ticket: Ticket,
        failure: Arc<TaskFailure>,
        effects: &mut Effects,
    ) {
        let Some(slot) = self.slots.get_mut(ticket) else {
            return;
        };
        if slot.state == State::Pending {
            slot.state = State::Failed;
            // Who waited has the failure: if the task is run again, nobody waits.
            slot.demanded = false;
            slot.ended_here = true;
            self.retrievals.remove(&ticket);
            self.drop_kept(ticket);
            self.to_cancel.push(ticket);
            effects.ended.push((ticket, Ending::Failed(failure)));
        }
    }

    /// The run that submitted a task is cancelled: its future ends as one that was cancelled, and
    /// the task is released, so that it goes on only if somebody else wants it.
    pub(crate) fn abandon(
        &mut self,
        ticket: Ticket,
        failure: Arc<TaskFailure>,
        effects: &mut Effects,
    ) {
        let pending = self
            .slots
            .get(ticket)
            .is_some_and(|slot| slot.state == State::Pending);
        if pending {
            self.release(ticket);
            effects.ended.push((ticket, Ending::Failed(failure)));
        }
    }

    /// Sends what was batched: tasks first, so that whatever names them follows.
    pub(crate) fn flush(&mut self, effects: &mut Effects) {
        self.send_pending(effects);
        for detached in std::mem::take(&mut self.to_detach).chunks(RELEASE_TICKETS) {
            effects.send.push(FromClient::Detach(detached.to_vec()));
        }
        for cancelled in std::mem::take(&mut self.to_cancel).chunks(RELEASE_TICKETS) {
            effects.send.push(FromClient::Cancel(cancelled.to_vec()));
        }
        let located = std::mem::take(&mut self.to_locate);
        let still_wanted = |ticket: &Ticket| self.retrievals.contains_key(ticket);
        let located: Vec<Ticket> = located.into_iter().filter(still_wanted).collect();
        for tickets in located.chunks(LOCATE_TICKETS) {
            let request = self.next_request;
            self.next_request += 1;
            effects.send.push(FromClient::Locate {
                request,
                tickets: tickets.to_vec(),
            });
        }
        for released in std::mem::take(&mut self.to_release).chunks(RELEASE_TICKETS) {
            effects.send.push(FromClient::Release(released.to_vec()));
        }
    }
}
