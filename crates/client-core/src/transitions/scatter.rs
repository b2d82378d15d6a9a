//! Scattered data: kept here, and brought to workers when the scheduler asks.

use crate::effects::{Effects, Upload};
use crate::events::{ScatterData, Uploaded};
use crate::limits::UPLOADS;
use crate::state::{ClientCore, Slot, State};
use taskloom_core::message::{FromClient, Peer, Scatter};
use taskloom_core::{TaskId, Ticket, Time};

impl ClientCore {
    /// Announces a value; the scheduler answers with where to bring it.
    pub(crate) fn scatter(&mut self, data: ScatterData, effects: &mut Effects) {
        self.send_pending(effects);
        let ticket = self.next_ticket;
        self.next_ticket = ticket.offset(1);
        self.slots.insert(ticket, Slot::PENDING);
        let ScatterData {
            key,
            value,
            workers,
            broadcast,
        } = data;
        let nbytes = value.nbytes();
        self.kept_bytes += nbytes;
        self.kept.insert(ticket, value);
        let scatter = Scatter {
            ticket,
            key,
            nbytes,
            workers,
            broadcast,
        };
        effects.send.push(FromClient::Scatter(scatter));
        self.keep_within_budget();
    }

    /// Forgets a value.
    pub(crate) fn drop_kept(&mut self, ticket: Ticket) {
        if self.kept.is_empty() {
            return;
        }
        if let Some(value) = self.kept.remove(&ticket) {
            self.kept_bytes -= value.nbytes();
        }
    }

    /// Forgets the oldest values that lie on a worker until the others fit the budget.
    pub(crate) fn keep_within_budget(&mut self) {
        if self.kept_bytes <= self.config.scatter_keep_bytes {
            return;
        }
        let mut over = self.kept_bytes - self.config.scatter_keep_bytes;
        let mut leaving = Vec::new();
        for (&ticket, value) in &self.kept {
            let placed = self
                .slots
                .get(ticket)
                .is_some_and(|slot| slot.state == State::Finished);
            if over > 0 && placed {
                leaving.push(ticket);
                over = over.saturating_sub(value.nbytes());
            }
        }
        for ticket in leaving {
            self.drop_kept(ticket);
        }
    }

    /// The scheduler wants a value on these workers.
    pub(crate) fn supply(
        &mut self,
        now: Time,
        ticket: Ticket,
        task: TaskId,
        targets: Vec<Peer>,
        effects: &mut Effects,
    ) {
        let Some(value) = self.kept.get(&ticket).cloned() else {
            let reason = if self.slots.get(ticket).is_some() {
                "the client keeps it no more: more was scattered than it keeps for another supply"
            } else {
                "the client has released it"
            };
            let reason = reason.to_owned();
            effects.send.push(FromClient::SupplyFailed {
                task,
                worker: None,
                reason,
            });
            return;
        };
        for target in targets {
            let relay = self.must_relay(now, target.worker);
            self.upload(
                Upload {
                    task,
                    value: value.clone(),
                    target,
                    relay,
                },
                effects,
            );
        }
    }

    fn upload(&mut self, upload: Upload, effects: &mut Effects) {
        if self.uploads < UPLOADS {
            self.uploads += 1;
            effects.upload.push(upload);
        } else {
            self.waiting_uploads.push_back(upload);
        }
    }

    /// An upload has ended. One that could not reach its worker goes through the relay; the worker
    /// itself tells the scheduler of what it has taken.
    pub(crate) fn uploaded(
        &mut self,
        now: Time,
        upload: Upload,
        result: Uploaded,
        effects: &mut Effects,
    ) {
        self.uploads -= 1;
        match result {
            Uploaded::Done => {}
            Uploaded::Unreachable(_) if !upload.relay => {
                self.note_unreachable(now, upload.target.worker);
                self.upload(
                    Upload {
                        relay: true,
                        ..upload
                    },
                    effects,
                );
            }
            Uploaded::Unreachable(reason) | Uploaded::Refused(reason) => {
                let worker = Some(upload.target.worker);
                let failed = FromClient::SupplyFailed {
                    task: upload.task,
                    worker,
                    reason,
                };
                effects.send.push(failed);
            }
        }
        if self.uploads < UPLOADS
            && let Some(next) = self.waiting_uploads.pop_front()
        {
            self.upload(next, effects);
        }
    }
}
