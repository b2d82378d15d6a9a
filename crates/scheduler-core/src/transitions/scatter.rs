//! Scattered data: their client supplies them, now and again on loss.

use super::Step;
use crate::core::SchedulerCore;
use crate::spec::SpecId;
use crate::state::State;
use crate::tables::{Place, TicketEntry, Want};
use bytes::Bytes;
use std::sync::Arc;
use taskloom_core::limits::JOBS_MAX;
use taskloom_core::message::{Scatter, ToClient, ToWorker};
use taskloom_core::{
    ErrorCode, Key, KeyRef, KeysBuilder, Packed, TaskFailure, TaskId, Ticket, WorkerId,
};

/// What is known of scattered data beside their task record.
#[derive(Debug, Default)]
pub(crate) struct Source {
    nbytes: u64,
    /// The clients that can bring them, by slot, with their tickets.
    suppliers: Vec<(u32, Ticket)>,
    /// Names of the workers they shall lie on.
    workers: Vec<String>,
    broadcast: bool,
    /// Who is being asked now, and for which worker.
    asked: Option<(u32, u32)>,
    /// Whether its clients were told that it lies where it shall.
    announced: bool,
}

impl SchedulerCore {
    pub(crate) fn scatter(&mut self, client: u32, scatter: Scatter) {
        let Scatter {
            ticket,
            key,
            nbytes,
            workers,
            broadcast,
        } = scatter;
        let known = {
            let (blocks, tasks) = (&self.blocks, &self.tasks);
            self.keys.find(KeyRef::of(key.as_bytes()), |slot| {
                blocks.key(tasks[slot as usize].place)
            })
        };
        if known.is_some_and(|slot| self.task(slot).spec != SpecId::DATA) {
            let text = format!("key {key} is in use by a task, scattered data need another one");
            let failure = TaskFailure {
                key: key.to_string(),
                ..TaskFailure::new(ErrorCode::DuplicateKey, text)
            };
            self.refuse_ticket(client, ticket, Arc::new(failure));
            return;
        }
        let workers = match self.names_of(&workers) {
            Ok(workers) => workers,
            Err(why) => {
                let failure = TaskFailure {
                    key: key.to_string(),
                    ..TaskFailure::new(ErrorCode::NoWorker, format!("cannot scatter: {why}"))
                };
                self.refuse_ticket(client, ticket, Arc::new(failure));
                return;
            }
        };
        let slot = match known {
            Some(slot) => slot,
            None => match self.make_data(client, &key) {
                Ok(slot) => slot,
                Err(failure) => {
                    self.refuse_ticket(client, ticket, Arc::new(failure));
                    return;
                }
            },
        };
        let source = self.sources.entry(slot).or_default();
        source.nbytes = nbytes;
        source.suppliers.push((client, ticket));
        source.workers = workers;
        source.broadcast |= broadcast;
        self.add_want(slot, Want { client, ticket });
        match self.task(slot).state {
            State::Erred => {
                // A new supplier mends what was lost.
                self.failures.remove(&slot);
                self.set_state(slot, State::Released);
                self.steps.push(Step::Activate(slot));
            }
            State::Released => self.steps.push(Step::Activate(slot)),
            State::Memory { nbytes, .. } => {
                if broadcast {
                    self.broadcast(slot);
                }
                if self.spreads.contains_key(&slot) {
                    if let Some(source) = self.sources.get_mut(&slot) {
                        source.announced = false;
                    }
                } else {
                    self.tell_client(
                        client,
                        ToClient::Finished {
                            ticket,
                            nbytes,
                            value: None,
                        },
                    );
                }
            }
            _ => {}
        }
        self.run_steps();
    }

    /// A new record for scattered data.
    fn make_data(&mut self, client: u32, key: &Key) -> Result<u32, TaskFailure> {
        let own = self.clients.get(client).map(|client| client.job.clone());
        let Some(job) = self.job_table.intern(own.as_deref().unwrap_or_default()) else {
            let text = format!("the scheduler tells {JOBS_MAX} jobs apart already");
            return Err(TaskFailure::new(ErrorCode::Overloaded, text));
        };
        let mut keys = KeysBuilder::default();
        keys.push(KeyRef::of(key.as_bytes()));
        let arguments = Packed {
            blob: Bytes::new(),
            ends: vec![0],
        };
        let block = self.blocks.add(&keys.finish(), &arguments);
        let rank = self.next_rank;
        self.next_rank = self.next_rank.saturating_add(1);
        Ok(self.make_task(Place { block, at: 0 }, SpecId::DATA, job, rank))
    }

    /// Gives a want to a ticket.
    pub(crate) fn add_want(&mut self, slot: u32, want: Want) {
        let mut list = self.task(slot).wants;
        self.wants.push(&mut list, want);
        self.task_mut(slot).wants = list;
        if let Some(client) = self.clients.get_mut(want.client) {
            client.tickets.set(want.ticket, TicketEntry::Wanted(slot));
        }
    }

    /// A ticket that stands for nothing, and why.
    pub(crate) fn refuse_ticket(&mut self, client: u32, ticket: Ticket, failure: Arc<TaskFailure>) {
        if let Some(record) = self.clients.get_mut(client) {
            record.tickets.set(ticket, TicketEntry::Refused);
        }
        self.tell_client(client, ToClient::Failed { ticket, failure });
    }

    /// Released -> supplying: ask a client to bring the data to a worker.
    pub(crate) fn supply(&mut self, slot: u32) {
        if self.task(slot).state != State::Supplying {
            self.set_state(slot, State::Supplying);
        }
        let id = self.task_id(slot);
        let target = self.supply_target(slot);
        let Some(source) = self.sources.get_mut(&slot) else {
            return;
        };
        source.asked = None;
        let Some(&(client, ticket)) = source.suppliers.first() else {
            let text = "the scattered data are lost: their source and all copies are gone; \
                        keep the future that scatter returned, or ask for copies";
            let failure = self.blame(slot, ErrorCode::Lost, text);
            self.steps.push(Step::Fail(slot, Arc::new(failure)));
            return;
        };
        let Some(target) = target else {
            self.unsupplied.insert(slot);
            return;
        };
        source.asked = Some((client, target));
        self.unsupplied.remove(&slot);
        if let Some(worker) = self.workers.get(target) {
            let targets = vec![worker.peer()];
            self.tell_client(
                client,
                ToClient::Supply {
                    ticket,
                    task: id,
                    targets,
                },
            );
        }
    }

    /// The worker to bring data to: one that was named, else the one that holds least.
    fn supply_target(&self, slot: u32) -> Option<u32> {
        let source = self.sources.get(&slot)?;
        let named =
            |name: &str| source.workers.is_empty() || source.workers.iter().any(|w| w == name);
        let open = self.workers.iter().filter(|(_, worker)| !worker.leaving);
        let load = |(slot, worker): (u32, &crate::worker::Worker)| {
            (
                !named(&worker.hello.name),
                worker.hard_to_reach,
                worker.held_bytes,
                slot,
            )
        };
        open.map(load).min().map(|(.., slot)| slot)
    }

    /// Data that waited for a worker, or whose target is gone, are asked for again.
    pub(crate) fn supply_waiting(&mut self) {
        let waiting: Vec<u32> = self.unsupplied.iter().copied().collect();
        for slot in waiting {
            self.supply(slot);
        }
    }

    /// A client could not bring the data to a worker, or has them no more.
    pub(crate) fn supply_failed(&mut self, client: u32, task: TaskId, worker: Option<WorkerId>) {
        let Some(slot) = self.task_slot(task) else {
            return;
        };
        let target = worker.and_then(|worker| self.worker_slot(worker));
        let Some(source) = self.sources.get_mut(&slot) else {
            return;
        };
        if source.asked.is_none_or(|(asked, _)| asked != client) {
            return;
        }
        if worker.is_none() {
            source.suppliers.retain(|&(supplier, _)| supplier != client);
        } else if let Some(target) = target {
            // Another worker may be within reach; if this was named, naming it did not help.
            let name = self
                .workers
                .get(target)
                .map(|worker| worker.hello.name.clone());
            source.workers.retain(|other| Some(other) != name.as_ref());
            if let Some(worker) = self.workers.get_mut(target) {
                worker.hard_to_reach = true;
            }
        }
        if self.task(slot).state == State::Supplying {
            self.supply(slot);
            self.run_steps();
        }
    }

    /// The first copy of data has come to a worker: the others that were asked for follow.
    pub(crate) fn supplied(&mut self, slot: u32) {
        if let Some(source) = self.sources.get_mut(&slot) {
            source.asked = None;
            source.announced = false;
            self.broadcast(slot);
        }
    }

    /// Has all workers that shall have data, and have not, get a copy.
    fn broadcast(&mut self, slot: u32) {
        let Some(source) = self.sources.get(&slot) else {
            return;
        };
        if source.broadcast {
            let open = self.workers.iter().filter(|(_, worker)| {
                !worker.leaving
                    && !worker.held.contains(&slot)
                    && (source.workers.is_empty() || source.workers.contains(&worker.hello.name))
            });
            let workers: Vec<u32> = open.map(|(slot, _)| slot).collect();
            self.spread(slot, &workers, None);
        }
    }

    /// Tells the clients of scattered data when no copy of it is on its way.
    pub(crate) fn placed(&mut self, slot: u32) {
        let State::Memory { nbytes, .. } = self.task(slot).state else {
            return;
        };
        if !self.spreads.contains_key(&slot)
            && let Some(source) = self.sources.get_mut(&slot)
            && !source.announced
        {
            source.announced = true;
            self.announce(slot, nbytes, None);
        }
    }

    /// Tells a worker to get a copy of a value. Those that are told one after the other are to be
    /// given different numbers, so that they ask different holders first.
    pub(crate) fn acquire(&mut self, slot: u32, worker: u32, nbytes: u64, number: usize) {
        let State::Memory { holders, .. } = self.task(slot).state else {
            return;
        };
        let task = self.task_id(slot);
        let all = self.holders.get(holders);
        // The latest holders first: they were asked least often.
        let from = (0..all.len().min(3)).map(|at| all[all.len() - 1 - (number + at) % all.len()]);
        let from: Vec<u32> = from.collect();
        from.iter()
            .for_each(|&holder| self.introduce(worker, holder));
        let holders = from
            .iter()
            .filter_map(|&holder| Some(self.workers.get(holder)?.id))
            .collect();
        self.tell_worker(
            worker,
            ToWorker::Acquire {
                task,
                nbytes,
                holders,
            },
        );
    }

    /// A client holds this ticket no more: it cannot supply under it.
    pub(crate) fn no_supplier(&mut self, slot: u32, client: u32, ticket: Ticket) {
        if self.sources.is_empty() {
            return;
        }
        let Some(source) = self.sources.get_mut(&slot) else {
            return;
        };
        source
            .suppliers
            .retain(|&supplier| supplier != (client, ticket));
        let asked = source.asked.is_some_and(|(asked, _)| asked == client);
        if asked && self.task(slot).state == State::Supplying && self.task(slot).is_needed() {
            self.supply(slot);
        }
    }

    /// A worker is gone: what was on its way to it goes elsewhere.
    pub(crate) fn supply_elsewhere(&mut self, worker: u32) {
        let mut concerned: Vec<u32> = self
            .sources
            .iter()
            .filter(|(_, source)| source.asked.is_some_and(|(_, target)| target == worker))
            .map(|(&slot, _)| slot)
            .collect();
        concerned.sort_unstable();
        for slot in concerned {
            if self.task(slot).state == State::Supplying {
                self.supply(slot);
            }
        }
        self.spread_elsewhere(worker);
    }
}
