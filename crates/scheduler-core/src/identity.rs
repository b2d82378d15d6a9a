//! A picture of the scheduler for people and administration calls.

use std::time::Duration;
use taskloom_core::message::Peer;
use taskloom_core::{Operation, ResourceAmount};

/// Tasks by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// Known, neither computed nor needed now.
    pub released: u64,
    /// Waiting for inputs.
    pub waiting: u64,
    /// Ready, in a queue of the scheduler.
    pub queued: u64,
    /// Ready, but no connected worker can run them.
    pub no_worker: u64,
    /// Failed before, resting before they run again.
    pub pausing: u64,
    /// With a worker, ahead of their inputs.
    pub assigned: u64,
    /// With a worker.
    pub processing: u64,
    /// Done, their value is held.
    pub memory: u64,
    /// Failed.
    pub erred: u64,
    /// Scattered data that their client is being asked for.
    pub supplying: u64,
}

/// One worker.
#[derive(Clone, Debug)]
pub struct WorkerIdentity {
    /// Its id, name and address.
    pub peer: Peer,
    /// How many tasks it runs at a time.
    pub nthreads: u32,
    /// How much memory it may use, in bytes.
    pub memory_limit: u64,
    /// Its resources.
    pub resources: Vec<(String, ResourceAmount)>,
    /// Tasks given to it and not ended.
    pub processing: u64,
    /// Values it holds.
    pub stored: u64,
    /// Bytes of them.
    pub stored_bytes: u64,
    /// Memory of its process, as it last said.
    pub process_bytes: u64,
    /// Since anything was heard of it.
    pub heard_ago: Duration,
    /// The release of its program.
    pub release: String,
    /// Its process id.
    pub process: u32,
    /// What it offers.
    pub operations: Vec<Operation>,
    /// Whether it is leaving.
    pub leaving: bool,
}

/// How much is in the tables of the scheduler, workers and clients aside. When nobody wants
/// anything, all is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSizes {
    /// Tasks that are known, in whatever state.
    pub tasks: u64,
    /// Wants of clients and holds of extensions, one for each task and whoever wants it.
    pub wants: u64,
    /// Tasks that extensions hold, counted once for each name they are held under.
    pub holds: u64,
    /// The names under which extensions hold tasks.
    pub holders: u64,
    /// Calls of extensions that wait for their reply, or for word that it arrived.
    pub calls: u64,
    /// Questions that wait for their answer.
    pub questions: u64,
    /// What each extension keeps, by the extension's name: see
    /// [`crate::extension::Extension::rows`].
    pub extensions: Vec<(&'static str, u64)>,
}

/// The scheduler at one moment.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The scheduler's epoch.
    pub epoch: u16,
    /// Connected clients.
    pub clients: u32,
    /// Tasks by state.
    pub tasks: TaskCounts,
    /// How much there is in its tables.
    pub tables: TableSizes,
    /// Bytes of the copies that workers took of values that lay on another worker already, so far.
    pub copied_bytes: u64,
    /// Connected workers, by name.
    pub workers: Vec<WorkerIdentity>,
}
