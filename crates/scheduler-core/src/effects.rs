//! Everything that the scheduler wants done.

use crate::extension::ExtensionFault;
use taskloom_core::message::{ClientWelcome, Refusal, ToClient, ToWorker, WorkerWelcome};
use taskloom_core::{ClientId, WorkerId};

/// What the shell is to do after a turn, in the order of the fields. Each peer stands at most once
/// per list.
#[derive(Debug, Default)]
pub struct Effects {
    /// Answers to hellos of workers, by the session's number.
    pub workers_joined: Vec<(u64, Result<WorkerWelcome, Refusal>)>,
    /// Answers to hellos of clients, by the session's number.
    pub clients_joined: Vec<(u64, Result<ClientWelcome, Refusal>)>,
    /// Messages for workers, in order.
    pub to_workers: Vec<(WorkerId, Vec<ToWorker>)>,
    /// Messages for clients, in order.
    pub to_clients: Vec<(ClientId, Vec<ToClient>)>,
    /// Workers whose session ends now, and why.
    pub close_workers: Vec<(WorkerId, String)>,
    /// Clients whose session ends now, and why.
    pub close_clients: Vec<(ClientId, String)>,
    /// A client asked for the end of the cluster, and why: hand in
    /// [`Event::Close`](crate::Event::Close).
    pub close: Option<String>,
    /// What extensions should not have done, for the log.
    pub extension_faults: Vec<ExtensionFault>,
}

impl Effects {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.workers_joined.is_empty()
            && self.clients_joined.is_empty()
            && self.to_workers.is_empty()
            && self.to_clients.is_empty()
            && self.close_workers.is_empty()
            && self.close_clients.is_empty()
            && self.close.is_none()
            && self.extension_faults.is_empty()
    }

    /// Forgets everything but keeps the memory.
    pub fn clear(&mut self) {
        self.workers_joined.clear();
        self.clients_joined.clear();
        self.to_workers.clear();
        self.to_clients.clear();
        self.close_workers.clear();
        self.close_clients.clear();
        self.close = None;
        self.extension_faults.clear();
    }
}
