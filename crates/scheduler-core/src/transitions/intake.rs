//! Graphs arrive, chunk by chunk.

use super::Step;
use crate::core::SchedulerCore;
use crate::spec::{OptionsId, SpecId};
use crate::state::State;
use crate::tables::{Place, TicketEntry, WARMED, Want};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use taskloom_core::limits::{GRAPH_CHUNK_TASKS_MAX, JOBS_MAX, TASKS_MAX};
use taskloom_core::message::ToClient;
use taskloom_core::{ErrorCode, GraphChunk, TaskFailure, Ticket};

/// What a ticket that a task depends on turned out to be.
enum Dependency {
    Task(u32),
    Failed(Arc<TaskFailure>),
}

/// Between the ranks of two tasks that follow each other.
const RANK_STEP: u64 = 1 << 20;

/// The ranks of the tasks of one graph.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ranks {
    first: u64,
    step: u64,
}

impl Ranks {
    /// Those of tasks that a task of this rank submits: they go before their parent's neighbours,
    /// and their own children before them, so that what was begun is brought to its end first.
    fn of_children(parent: Option<u64>) -> Option<Self> {
        Some(Self {
            first: parent?.saturating_sub(RANK_STEP),
            step: 1,
        })
    }

    fn of(self, order: u64) -> u64 {
        let after = match self.step {
            1 => order.min(RANK_STEP - 1),
            step => order.saturating_mul(step),
        };
        self.first.saturating_add(after)
    }
}

impl SchedulerCore {
    /// Takes in a chunk. What is wrong with single tasks fails their tickets; what makes the chunk
    /// unreadable as a whole fails all its tickets.
    ///
    /// # Errors
    /// The reason to end the session, if not even the tickets can be told.
    pub(crate) fn take_in(&mut self, client: u32, chunk: GraphChunk) -> Result<(), String> {
        let Some(of_client) = self.clients.get(client) else {
            return Ok(());
        };
        let known = (of_client.operations.len(), of_client.options.len());
        if chunk.len() > GRAPH_CHUNK_TASKS_MAX {
            return Err(format!(
                "a graph chunk of {} tasks is over the limit",
                chunk.len()
            ));
        }
        let refusal = if let Err(error) = chunk.validate(known.0, known.1) {
            Some((ErrorCode::BadGraph, error.to_string()))
        } else if let Some(reason) = &self.closing {
            Some((
                ErrorCode::Closed,
                format!("the scheduler is shutting down: {reason}"),
            ))
        } else if self.tasks.len() - self.vacant.len() + chunk.len() > TASKS_MAX {
            Some((
                ErrorCode::Overloaded,
                format!("the scheduler holds {TASKS_MAX} tasks already"),
            ))
        } else {
            None
        };
        let refusal = refusal.map(|(code, message)| Arc::new(TaskFailure::new(code, message)));
        let refusal = refusal.or_else(|| self.no_room(client, &chunk));
        self.intern(client, &chunk);
        if let Some(failure) = refusal {
            // Their tickets stay unknown: what depends on them fails by that.
            let refused = ToClient::Refused {
                first: chunk.first_ticket,
                count: chunk.len() as u64,
                failure,
            };
            self.tell_client(client, refused);
            if chunk.last {
                self.close_graph(client, &chunk);
                self.run_steps();
            }
            return Ok(());
        }
        let ranks = self.open_graph(client, &chunk);
        self.keep_room(client, &chunk);
        self.take_in_tasks(client, &chunk, ranks);
        self.run_steps();
        Ok(())
    }

    /// Notes the operations and options that a chunk names first.
    fn intern(&mut self, client: u32, chunk: &GraphChunk) {
        let operations: Vec<_> = chunk
            .new_operations
            .iter()
            .map(|op| self.specs.operation(op).ok())
            .collect();
        let options: Vec<OptionsId> = chunk
            .new_options
            .iter()
            .map(|options| self.specs.options(options))
            .collect();
        if let Some(client) = self.clients.get_mut(client) {
            client.operations.extend(operations);
            client.options.extend(options);
        }
    }

    /// The ranks of the tasks of the chunk's graph.
    fn open_graph(&mut self, client: u32, chunk: &GraphChunk) -> Ranks {
        let parent = self.parent(chunk);
        let next = Ranks::of_children(parent.map(|slot| self.task(slot).rank)).unwrap_or(Ranks {
            first: self.next_rank,
            step: RANK_STEP,
        });
        let taken = match parent {
            Some(_) => 0,
            None => chunk.graph_tasks.saturating_mul(RANK_STEP),
        };
        let Some(client) = self.clients.get_mut(client) else {
            return next;
        };
        if chunk.last && !client.open_graphs.contains_key(&chunk.graph) {
            self.next_rank = self.next_rank.saturating_add(taken);
            return next;
        }
        let graph = client.open_graphs.entry(chunk.graph).or_insert_with(|| {
            self.next_rank = self.next_rank.saturating_add(taken);
            crate::client::OpenGraph {
                rank: next,
                ..Default::default()
            }
        });
        graph.tickets.push((chunk.first_ticket, chunk.len() as u64));
        graph.rank
    }

    /// The task that submits a chunk, if it runs still.
    fn parent(&self, chunk: &GraphChunk) -> Option<u32> {
        let (task, run) = chunk.parent?;
        let slot = self.task_slot(task)?;
        let given_to = self.task(slot).state.given_to();
        given_to.is_some_and(|(_, of)| of == run).then_some(slot)
    }

    /// The job that a task counts to: the one its options name, its parent's, or its client's.
    fn job_of(
        &mut self,
        client: u32,
        chunk: &GraphChunk,
        spec: SpecId,
    ) -> Result<u32, Arc<TaskFailure>> {
        let named = &self.specs.options_of(spec).job;
        let slot = if !named.is_empty() {
            self.job_table.intern(named)
        } else if let Some(parent) = self.parent(chunk) {
            Some(self.task(parent).job)
        } else {
            let of_client = self.clients.get(client);
            of_client.and_then(|client| self.job_table.intern(&client.job))
        };
        let Some(slot) = slot else {
            let text = format!("the scheduler tells {JOBS_MAX} jobs apart already");
            return Err(Arc::new(TaskFailure::new(ErrorCode::Overloaded, text)));
        };
        if chunk.parent.is_none() {
            self.job_table.client_joins(slot, client);
        }
        Ok(slot)
    }

    /// After the last chunk nobody can name the tasks that are not wanted.
    fn close_graph(&mut self, client: u32, chunk: &GraphChunk) {
        let Some(of_client) = self.clients.get_mut(client) else {
            return;
        };
        let Some(graph) = of_client.open_graphs.remove(&chunk.graph) else {
            return;
        };
        self.announced -= graph.announced;
        for (first, n) in graph.tickets {
            for i in 0..n {
                let ticket = first.offset(i);
                let Some(client) = self.clients.get_mut(client) else {
                    return;
                };
                if let Some(TicketEntry::Held(task)) = client.tickets.get(ticket) {
                    client.tickets.remove(ticket);
                    self.let_go_of_held(task);
                }
            }
        }
    }

    fn take_in_tasks(&mut self, client: u32, chunk: &GraphChunk, ranks: Ranks) {
        let block = self.blocks.add(&chunk.keys, &chunk.arguments);
        let mut refused: FxHashMap<u64, Arc<TaskFailure>> = FxHashMap::default();
        let mut slots: Vec<u32> = Vec::new();
        let mut made: Vec<u32> = Vec::with_capacity(chunk.len());
        // In a chunk of many operations neighbours still tend to be alike.
        let mut last_spec: Option<((u32, u32), (SpecId, u32))> = None;
        let mut jobs: Vec<u32> = Vec::new();
        let mut wanted = chunk.wanted.iter().copied().peekable();
        for i in 0..chunk.len() {
            if i.is_multiple_of(WARMED) {
                let next = i..chunk.len().min(i + WARMED);
                self.keys.warm(next.map(|i| chunk.keys.get(i)));
            }
            let ticket = chunk.first_ticket.offset(i as u64);
            let wants = chunk.all_wanted || wanted.next_if_eq(&(i as u32)).is_some();
            let named = (
                chunk.operation_of[i],
                chunk.options_of.get(i).copied().unwrap_or(0),
            );
            let spec = match last_spec {
                Some((of, known)) if of == named => Ok(known),
                _ => self
                    .spec_of(client, chunk, i)
                    .and_then(|spec| Ok((spec, self.job_of(client, chunk, spec)?))),
            };
            if let Ok(known) = spec {
                if last_spec.is_none_or(|(_, (_, job))| job != known.1) {
                    jobs.push(known.1);
                }
                last_spec = Some((named, known));
            }
            slots.clear();
            let outcome = spec.and_then(|(spec, job)| {
                for &dependency in chunk.dependencies_of(i) {
                    match self.dependency(client, dependency, &refused, chunk, i) {
                        Dependency::Task(slot) => slots.push(slot),
                        Dependency::Failed(failure) => return Err(failure),
                    }
                }
                let order = chunk.order.get(i).copied().map_or(i as u64, u64::from);
                let place = Place {
                    block,
                    at: i as u32,
                };
                self.find_or_make(job, chunk, i, place, spec, &slots, ranks.of(order))
            });
            match outcome {
                Ok((slot, new)) => {
                    if new {
                        made.push(slot);
                    }
                    if wants {
                        self.add_want(slot, Want { client, ticket });
                        self.tell_state(slot, client, ticket);
                    } else {
                        // Until the graph is complete a later task may name it.
                        self.hold(slot, client, ticket);
                    }
                }
                Err(failure) => {
                    self.refuse_ticket(client, ticket, failure.clone());
                    refused.insert(ticket.0, failure);
                }
            }
        }
        self.blocks.sealed(block);
        // One that was named for tasks which are known under another job.
        jobs.into_iter()
            .for_each(|job| self.job_table.drop_idle(job));
        if chunk.last {
            self.unhold(client, chunk);
            self.close_graph(client, chunk);
        }
        // Last first: steps are taken from the end. Each is wanted or held, so none is to be dropped
        // before somebody lets go of it.
        self.steps
            .extend(made.iter().rev().map(|&slot| Step::Activate(slot)));
    }

    fn hold(&mut self, slot: u32, client: u32, ticket: Ticket) {
        let task = self.task_mut(slot);
        task.holds = task.holds.saturating_add(1);
        if let Some(client) = self.clients.get_mut(client) {
            client.tickets.set(ticket, TicketEntry::Held(slot));
        }
    }

    /// The tasks of a last chunk are complete already.
    fn unhold(&mut self, client: u32, chunk: &GraphChunk) {
        if chunk.all_wanted {
            return;
        }
        for i in 0..chunk.len() as u64 {
            let ticket = chunk.first_ticket.offset(i);
            let Some(client) = self.clients.get_mut(client) else {
                return;
            };
            if let Some(TicketEntry::Held(task)) = client.tickets.get(ticket) {
                client.tickets.remove(ticket);
                self.let_go_of_held(task);
            }
        }
    }

    fn spec_of(
        &mut self,
        client: u32,
        chunk: &GraphChunk,
        i: usize,
    ) -> Result<SpecId, Arc<TaskFailure>> {
        let options_at = chunk.options_of.get(i).copied().unwrap_or(0) as usize;
        let of_client = self.clients.get(client);
        let names = of_client.and_then(|client| {
            let operation = client.operations.get(chunk.operation_of[i] as usize)?;
            Some(((*operation)?, *client.options.get(options_at)?))
        });
        match names {
            Some((operation, options)) => Ok(self.specs.spec(operation, options)),
            None => {
                let text = "the operation's name and version are in use with another signature: \
                            rebuild this program and the workers from the same sources, or give \
                            the operation a new version";
                let mut failure = TaskFailure::new(ErrorCode::OperationMismatch, text);
                failure.key = chunk.key_text(i);
                Err(Arc::new(failure))
            }
        }
    }

    /// What a ticket stands for. Tickets of this chunk that were refused pass their failure on.
    fn dependency(
        &self,
        client: u32,
        ticket: Ticket,
        refused: &FxHashMap<u64, Arc<TaskFailure>>,
        chunk: &GraphChunk,
        i: usize,
    ) -> Dependency {
        if !refused.is_empty()
            && let Some(failure) = refused.get(&ticket.0)
        {
            return Dependency::Failed(failure.clone());
        }
        let entry = self
            .clients
            .get(client)
            .and_then(|client| client.tickets.get(ticket));
        let slot = entry.and_then(|entry| entry.task());
        slot.map_or_else(
            || {
                let text = format!(
                    "it depends on ticket {ticket}, which was never submitted, was refused or is \
                     released"
                );
                let mut failure = TaskFailure::new(ErrorCode::BadGraph, text);
                failure.key = chunk.key_text(i);
                Dependency::Failed(Arc::new(failure))
            },
            Dependency::Task,
        )
    }

    /// The task of a key: the one that is there, if it is the same, or a new one.
    #[allow(clippy::too_many_arguments)] // The columns of one task.
    fn find_or_make(
        &mut self,
        job: u32,
        chunk: &GraphChunk,
        i: usize,
        place: Place,
        spec: SpecId,
        dependencies: &[u32],
        rank: u64,
    ) -> Result<(u32, bool), Arc<TaskFailure>> {
        let (blocks, tasks) = (&self.blocks, &self.tasks);
        let key_of = |slot: u32| blocks.key(tasks[slot as usize].place);
        let Some(slot) = self.keys.find(chunk.keys.get(i), key_of) else {
            let slot = self.make_task(place, spec, job, rank);
            self.link(slot, dependencies);
            return Ok((slot, true));
        };
        let task = self.task(slot);
        let same = self.specs.get(task.spec).operation == self.specs.get(spec).operation
            && self.blocks.arguments(task.place) == chunk.arguments.get(i)
            && self
                .edges
                .get(task.dependencies)
                .iter()
                .map(|edge| edge.task)
                .eq(dependencies.iter().copied());
        if same {
            return Ok((slot, false));
        }
        let ours = &self.specs.record(self.specs.get(spec).operation).operation;
        let theirs = &self
            .specs
            .record(self.specs.get(task.spec).operation)
            .operation;
        let what = if ours == theirs {
            format!("the same operation {ours} with other arguments")
        } else if theirs.name.is_empty() {
            "scattered data".to_owned()
        } else {
            format!("another operation, {theirs} (this is {ours})")
        };
        let text = format!("its key is in use by {what}; choose another key, or let keys be made");
        let mut failure = TaskFailure::new(ErrorCode::DuplicateKey, text);
        failure.key = chunk.key_text(i);
        failure.operation = ours.to_string();
        Err(Arc::new(failure))
    }

    /// Tells a client about a task that had ended before it was asked for.
    pub(crate) fn tell_state(&mut self, slot: u32, client: u32, ticket: Ticket) {
        match self.task(slot).state {
            State::Memory { nbytes, .. } => {
                let value = self.inline.get(&slot).cloned();
                self.tell_client(
                    client,
                    ToClient::Finished {
                        ticket,
                        nbytes,
                        value,
                    },
                );
            }
            State::Erred => {
                if let Some(failure) = self.failures.get(&slot).cloned() {
                    self.tell_client(client, ToClient::Failed { ticket, failure });
                }
            }
            State::Released => self.steps.push(Step::Activate(slot)),
            _ => {}
        }
    }
}
