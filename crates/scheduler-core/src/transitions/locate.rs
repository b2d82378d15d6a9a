//! Clients ask where their results are.

use crate::core::SchedulerCore;
use crate::state::State;
use taskloom_core::Ticket;
use taskloom_core::message::{Located, Place, ToClient};

impl SchedulerCore {
    pub(crate) fn locate(&mut self, client: u32, request: u64, tickets: Vec<Ticket>) {
        let places = tickets
            .into_iter()
            .map(|ticket| Located {
                ticket,
                place: self.place_of(client, ticket),
            })
            .collect();
        self.tell_client(client, ToClient::Located { request, places });
    }

    fn place_of(&self, client: u32, ticket: Ticket) -> Option<Place> {
        let slot = self.clients.get(client)?.tickets.get(ticket)?.task()?;
        let State::Memory { holders, nbytes } = self.task(slot).state else {
            return None;
        };
        let value = self.inline.get(&slot).cloned();
        Some(Place {
            task: self.task_id(slot),
            nbytes,
            holders: self.peers_of(holders),
            value,
        })
    }
}
