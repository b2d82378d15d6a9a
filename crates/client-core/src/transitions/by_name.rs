//! Tasks that are taken by their keys, run again, or left going when nobody holds them.

use crate::effects::Effects;
use crate::limits::RELEASE_TICKETS;
use crate::state::{ClientCore, Slot, State};
use taskloom_core::message::FromClient;
use taskloom_core::{Key, Ticket};

impl ClientCore {
    /// Wants the task of a key. It may be one of this very session, so what was submitted goes out
    /// first.
    pub(crate) fn want(&mut self, key: Key, effects: &mut Effects) {
        self.send_pending(effects);
        let ticket = self.next_ticket;
        self.next_ticket = ticket.offset(1);
        self.slots.insert(ticket, Slot::PENDING);
        effects.send.push(FromClient::Want { ticket, key });
    }

    /// Asks for failed tasks to be run again. Which are is for the scheduler to say: it calls them
    /// pending then.
    pub(crate) fn retry(&mut self, tickets: Vec<Ticket>, effects: &mut Effects) {
        let failed = |ticket: &Ticket| {
            let slot = self.slots.get(*ticket);
            slot.is_some_and(Slot::may_revive)
        };
        let failed: Vec<Ticket> = tickets.into_iter().filter(failed).collect();
        for tickets in failed.chunks(RELEASE_TICKETS) {
            effects.send.push(FromClient::Retry(tickets.to_vec()));
        }
    }

    /// Lets tasks go on when nobody holds their futures. It goes out before any release.
    pub(crate) fn detach(&mut self, tickets: Vec<Ticket>) {
        for ticket in tickets {
            if self.state(ticket) == Some(State::Pending) {
                self.to_detach.push(ticket);
            }
        }
    }
}
