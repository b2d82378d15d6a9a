//! Clients come, speak and go.

use super::Step;
use crate::client::Client;
use crate::core::SchedulerCore;
use crate::effects::Effects;
use crate::extension::ExtensionEvent;
use crate::tables::{TicketEntry, WARMED, Want};
use taskloom_core::limits::{NAME_BYTES_MAX, PROTOCOL_VERSION};
use taskloom_core::message::{ClientHello, ClientWelcome, FromClient, Refusal};
use taskloom_core::{ClientId, TaskOptions, Ticket};

impl SchedulerCore {
    pub(crate) fn client_joined(&mut self, hello: ClientHello) -> Result<ClientWelcome, Refusal> {
        if hello.protocol != PROTOCOL_VERSION {
            let (ours, theirs) = (PROTOCOL_VERSION, hello.protocol);
            return Err(Refusal::Protocol {
                party: "client",
                ours,
                theirs,
            });
        }
        if self.closing.is_some() {
            return Err(Refusal::Closing);
        }
        if hello.name.len() > NAME_BYTES_MAX {
            return Err(Refusal::Invalid(format!(
                "a client's name has at most {NAME_BYTES_MAX} bytes"
            )));
        }
        let most = self.config.max_clients;
        if self.clients.len() >= most {
            return Err(Refusal::Full(format!(
                "{most} clients are connected, which is its limit (max-clients)"
            )));
        }
        let default_options = self.specs.options(&TaskOptions::default());
        let name = hello.name.clone();
        let mut id = ClientId::new(0, 0);
        self.clients.insert(|slot, generation| {
            id = ClientId::new(slot, generation);
            let job = match hello.job.is_empty() {
                true => format!("{} ({id})", hello.name),
                false => hello.job,
            };
            Client::new(id, job, default_options)
        });
        self.host.note(|| ExtensionEvent::ClientJoined {
            client: id,
            name: name.clone(),
        });
        Ok(ClientWelcome {
            client: id,
            epoch: self.epoch,
            heartbeat: self.config.heartbeat,
            operations: self.host.operations.to_vec(),
        })
    }

    pub(crate) fn client_said(
        &mut self,
        id: ClientId,
        messages: Vec<FromClient>,
        effects: &mut Effects,
    ) {
        for message in messages {
            let Some(slot) = self.client_slot(id) else {
                return;
            };
            match message {
                FromClient::Submit(chunk) => {
                    if let Err(reason) = self.take_in(slot, *chunk) {
                        effects.close_clients.push((id, reason));
                        self.client_gone(slot);
                        return;
                    }
                }
                FromClient::Scatter(scatter) => self.scatter(slot, scatter),
                FromClient::SupplyFailed { task, worker, .. } => {
                    self.supply_failed(slot, task, worker);
                }
                FromClient::Release(tickets) => {
                    for tickets in tickets.chunks(WARMED) {
                        self.warm_tickets(slot, tickets);
                        for &ticket in tickets {
                            self.release_ticket(slot, ticket);
                        }
                    }
                }
                FromClient::Cancel(tickets) => {
                    for ticket in tickets {
                        self.cancel(slot, ticket);
                    }
                }
                FromClient::Locate { request, tickets } => self.locate(slot, request, tickets),
                FromClient::Missing { task, worker } => self.client_misses(task, worker),
                FromClient::Want { ticket, key } => self.want_by_key(slot, ticket, &key),
                FromClient::Retry(tickets) => {
                    for ticket in tickets {
                        self.retry(slot, ticket);
                    }
                }
                FromClient::Detach(tickets) => {
                    for ticket in tickets {
                        self.detach_from_client(slot, ticket);
                    }
                }
                FromClient::Call(call) => self.call(slot, *call),
                FromClient::Withdraw(request) => {
                    // Calls and questions are numbered in one series.
                    self.call_withdrawn(slot, request);
                    self.question_withdrawn(slot, request);
                }
                FromClient::Received(request) => self.call_received(slot, request),
                FromClient::Ask { request, question } => {
                    self.ask(slot, request, question, effects);
                }
                FromClient::Listen(on) => self.listen(slot, on),
                FromClient::Heartbeat => {}
            }
            self.run_steps();
        }
    }

    /// Most tasks that are released are forgotten at once.
    fn warm_tickets(&self, client: u32, tickets: &[Ticket]) {
        let Some(client) = self.clients.get(client) else {
            return;
        };
        let slots = tickets
            .iter()
            .filter_map(|ticket| client.tickets.get(*ticket)?.task());
        self.keys
            .warm(slots.map(|slot| self.blocks.key(self.task(slot).place)));
    }

    /// The client wants the task of this ticket no more.
    pub(crate) fn release_ticket(&mut self, client: u32, ticket: Ticket) {
        let removed = self
            .clients
            .get_mut(client)
            .and_then(|client| client.tickets.remove(ticket));
        match removed {
            Some(TicketEntry::Wanted(task)) => self.drop_want(task, Want { client, ticket }),
            Some(TicketEntry::Held(task)) => self.let_go_of_held(task),
            Some(TicketEntry::Refused) | None => {}
        }
        self.run_steps();
    }

    fn drop_want(&mut self, slot: u32, want: Want) {
        let mut list = self.task(slot).wants;
        self.wants.remove(&mut list, want);
        self.task_mut(slot).wants = list;
        self.no_supplier(slot, want.client, want.ticket);
        self.steps.push(Step::Unneed(slot));
    }

    /// No later chunk can name this task.
    pub(crate) fn let_go_of_held(&mut self, slot: u32) {
        let task = self.task_mut(slot);
        task.holds = task.holds.saturating_sub(1);
        self.steps.push(Step::Unneed(slot));
    }

    /// Everything that only this client wanted is released.
    pub(crate) fn client_gone(&mut self, slot: u32) {
        let Some(mut client) = self.clients.remove(slot) else {
            return;
        };
        for graph in client.open_graphs.values() {
            self.announced -= graph.announced;
        }
        // Before its wants go: an extension may keep what only this client wanted.
        let id = client.id;
        self.tell_extensions(|| ExtensionEvent::ClientGone(id));
        self.forget_questions_of(slot);
        if client.listens {
            self.listeners_changed();
        }
        for (ticket, entry) in client.tickets.drain() {
            match entry {
                TicketEntry::Wanted(task) => self.drop_want(
                    task,
                    Want {
                        client: slot,
                        ticket,
                    },
                ),
                TicketEntry::Held(task) => self.let_go_of_held(task),
                TicketEntry::Refused => {}
            }
        }
        self.job_table.client_leaves(slot);
        self.run_steps();
        self.sweep_specs();
    }
}
