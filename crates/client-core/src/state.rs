//! The client's state, and which event goes where.

use crate::config::Config;
use crate::effects::{Effects, Fetch, Upload};
use crate::events::Event;
use crate::intern::Interned;
use crate::slots::Slots;
use crate::tasks::Tasks;
use crate::transitions::calls::OpenCall;
use crate::transitions::retrieve::Retrieval;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::{BTreeMap, VecDeque};
use taskloom_core::message::FromClient;
use taskloom_core::{Encoded, GraphId, Operation, TaskOptions, Ticket, Time, WorkerId};

/// How far a future has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its task waits or runs.
    Pending,
    /// The result is there.
    Finished,
    /// It ended badly.
    Failed,
}

/// What is known of one future.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) state: State,
    /// Whether somebody waits for the whole result of a pending task.
    pub(crate) demanded: bool,
    /// Whether it was this client that ended it: whatever the scheduler says later.
    pub(crate) ended_here: bool,
}

impl Slot {
    /// Whether word of a task that failed means that it is run again.
    pub(crate) fn may_revive(&self) -> bool {
        self.state == State::Failed && !self.ended_here
    }
}

/// The decisions of a client.
#[derive(Debug)]
pub struct ClientCore {
    pub(crate) config: Config,
    pub(crate) next_ticket: Ticket,
    pub(crate) next_graph: GraphId,
    pub(crate) operations: Interned<Operation>,
    pub(crate) options: Interned<TaskOptions>,
    /// Tasks that were submitted one by one since the last flush.
    pub(crate) pending: Tasks,
    pub(crate) slots: Slots<Slot>,
    pub(crate) to_release: Vec<Ticket>,
    pub(crate) to_cancel: Vec<Ticket>,
    pub(crate) to_detach: Vec<Ticket>,
    pub(crate) to_locate: Vec<Ticket>,
    pub(crate) next_request: u64,
    /// Calls behind the tasks that are pending.
    pub(crate) to_call: Vec<FromClient>,
    /// The ticket that the scheduler grants next.
    pub(crate) next_granted: Ticket,
    /// Calls whose reply is wanted, or to be confirmed.
    pub(crate) calls: FxHashMap<u64, OpenCall>,
    /// What is being fetched, by future.
    pub(crate) retrievals: FxHashMap<Ticket, SmallVec<[Retrieval; 1]>>,
    /// Fetches by worker (`None`: by relay): how many are under way, and what waits.
    pub(crate) lines: FxHashMap<Option<WorkerId>, Line>,
    /// When workers were found unreachable.
    pub(crate) unreachable: FxHashMap<WorkerId, Time>,
    /// Scattered data, and their sum.
    pub(crate) kept: BTreeMap<Ticket, Encoded>,
    pub(crate) kept_bytes: u64,
    pub(crate) uploads: usize,
    pub(crate) waiting_uploads: VecDeque<Upload>,
    pub(crate) closed: bool,
}

/// The fetches from one source.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) under_way: usize,
    pub(crate) waiting: VecDeque<Fetch>,
}

impl ClientCore {
    /// A client that has submitted nothing.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            next_ticket: Ticket(0),
            next_graph: GraphId(0),
            operations: Interned::from(0),
            options: Interned::from(1),
            pending: Tasks::new(),
            slots: Slots::default(),
            to_release: Vec::new(),
            to_cancel: Vec::new(),
            to_detach: Vec::new(),
            to_locate: Vec::new(),
            next_request: 1,
            to_call: Vec::new(),
            calls: FxHashMap::default(),
            next_granted: Ticket::FIRST_GRANTED,
            retrievals: FxHashMap::default(),
            lines: FxHashMap::default(),
            unreachable: FxHashMap::default(),
            kept: BTreeMap::new(),
            kept_bytes: 0,
            uploads: 0,
            waiting_uploads: VecDeque::new(),
            closed: false,
        }
    }

    /// Takes an event in.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Effects) {
        if self.closed {
            return;
        }
        match event {
            Event::Submit(task) => self.submit(task, effects),
            Event::SubmitTasks(tasks) => self.submit_tasks(tasks, effects),
            Event::Scatter(data) => self.scatter(data, effects),
            Event::Demand { ticket, part } => self.demand(ticket, part, effects),
            Event::Release(ticket) => self.release(ticket),
            Event::Cancel(ticket, failure) => self.cancel(ticket, failure, effects),
            Event::Abandon(ticket, failure) => self.abandon(ticket, failure, effects),
            Event::Want(key) => self.want(key, effects),
            Event::Retry(tickets) => self.retry(tickets, effects),
            Event::Detach(tickets) => self.detach(tickets),
            Event::Call {
                operation,
                payload,
                futures,
                reply,
            } => self.call(operation, payload, futures, reply, effects),
            Event::CallTaken(request) => self.call_taken(request, effects),
            Event::CallDropped(request) => self.call_dropped(request, effects),
            Event::Listen(on) => effects.send.push(FromClient::Listen(on)),
            Event::Ask(question) => self.ask(question, effects),
            Event::GiveUp(request) => self.give_up(request, effects),
            Event::Flush => self.flush(effects),
            Event::Said(messages) => {
                for message in messages {
                    self.said(now, message, effects);
                }
            }
            Event::Fetched(fetch, results) => self.fetched(now, fetch, results, effects),
            Event::Uploaded(upload, result) => self.uploaded(now, upload, result, effects),
            Event::Closed(_) => self.close(),
        }
    }

    /// The ticket of the next task or scattered value.
    pub fn next_ticket(&self) -> Ticket {
        self.next_ticket
    }

    /// The number of the next request: a question, a call or a search for results. They share one
    /// series, so that a withdrawal names one thing. It begins at 1.
    pub fn next_request(&self) -> u64 {
        self.next_request
    }

    /// How far a future has come; `None` if it is not wanted any more.
    pub fn state(&self, ticket: Ticket) -> Option<State> {
        self.slots.get(ticket).map(|slot| slot.state)
    }

    /// How many futures are wanted.
    pub fn wanted(&self) -> usize {
        self.slots.len()
    }

    /// Bytes of scattered data that are kept for another supply.
    pub fn kept_bytes(&self) -> u64 {
        self.kept_bytes
    }

    /// Whether [`Event::Flush`] would send anything.
    pub fn has_unsent(&self) -> bool {
        !(self.pending.is_empty()
            && self.to_call.is_empty()
            && self.to_release.is_empty()
            && self.to_cancel.is_empty()
            && self.to_detach.is_empty()
            && self.to_locate.is_empty())
    }

    /// Whether there are tasks or calls among what waits to be sent.
    pub fn has_unsent_tasks(&self) -> bool {
        !(self.pending.is_empty() && self.to_call.is_empty())
    }

    /// Forgets what is under way: nothing can be said or fetched any more.
    fn close(&mut self) {
        self.closed = true;
        self.pending = Tasks::new();
        self.to_call = Vec::new();
        self.calls.clear();
        self.to_release = Vec::new();
        self.to_cancel = Vec::new();
        self.to_detach = Vec::new();
        self.to_locate = Vec::new();
        self.retrievals.clear();
        self.lines.clear();
        self.kept.clear();
        self.kept_bytes = 0;
        self.waiting_uploads.clear();
    }
}
