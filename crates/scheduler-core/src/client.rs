//! What the scheduler knows of a client.

use crate::extension::OpenCall;
use crate::spec::{ClassId, OperationId, OptionsId};
use crate::tables::Tickets;
use crate::transitions::Ranks;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use taskloom_core::message::ToClient;
use taskloom_core::{ClientId, GraphId, TaskFailure, Ticket};

/// A graph whose last chunk is not there yet.
#[derive(Debug, Default)]
pub(crate) struct OpenGraph {
    /// The ranks of its tasks.
    pub(crate) rank: Ranks,
    /// The tickets of its chunks so far: first, and how many.
    pub(crate) tickets: Vec<(Ticket, u64)>,
    /// What is kept free for its chunks that are still to come, in bytes.
    pub(crate) announced: u64,
    /// Why it is not taken in, if it is not.
    pub(crate) refused: Option<Arc<TaskFailure>>,
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: ClientId,
    /// The name of the job that its tasks count to unless they name another.
    pub(crate) job: String,
    /// Whether it wants to hear what tasks print and log.
    pub(crate) listens: bool,
    pub(crate) tickets: Tickets,
    /// By the session's own index; an operation that cannot be used is `None`.
    pub(crate) operations: Vec<Option<OperationId>>,
    pub(crate) options: Vec<OptionsId>,
    pub(crate) open_graphs: BTreeMap<GraphId, OpenGraph>,
    /// Classes of which it was told that nobody can run them.
    pub(crate) told_waiting: BTreeSet<ClassId>,
    pub(crate) outbox: Vec<ToClient>,
    /// Its calls that wait for a reply, or for word that it arrived.
    pub(crate) calls: FxHashMap<u64, OpenCall>,
    /// The ticket of the next task that it is handed.
    pub(crate) next_granted: Ticket,
}

impl Client {
    pub(crate) fn new(id: ClientId, job: String, default_options: OptionsId) -> Self {
        Self {
            id,
            job,
            listens: false,
            tickets: Tickets::default(),
            operations: Vec::new(),
            options: vec![default_options],
            open_graphs: BTreeMap::new(),
            told_waiting: BTreeSet::new(),
            outbox: Vec::new(),
            calls: FxHashMap::default(),
            next_granted: Ticket::FIRST_GRANTED,
        }
    }

    /// Puts a message into its outbox. `said` lists the clients whose outbox is not empty.
    pub(crate) fn say(&mut self, said: &mut Vec<u32>, slot: u32, message: ToClient) {
        if self.outbox.is_empty() {
            said.push(slot);
        }
        self.outbox.push(message);
    }
}
