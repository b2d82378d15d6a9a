//! Who is there.

use std::time::Duration;
use taskloom_core::{Operation, ResourceAmount};
use taskloom_wire::proto;

/// A scheduler, its workers and its counts.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The release of the scheduler.
    pub release: String,
    /// The protocol it speaks.
    pub protocol: u32,
    /// Its epoch.
    pub epoch: u32,
    /// `host:port` that it listens on.
    pub address: String,
    /// Its process id.
    pub process: u32,
    /// How long it has been there.
    pub uptime: Duration,
    /// How many clients are connected.
    pub clients: u32,
    /// Tasks by state.
    pub tasks: TaskCounts,
    /// How much there is in its tables.
    pub tables: TableSizes,
    /// The workers.
    pub workers: Vec<WorkerIdentity>,
    /// Bytes of the copies that workers took of values that lay on another worker already, since
    /// the scheduler started.
    pub copied_bytes: u64,
}

/// How much is in the tables of a scheduler, workers and clients aside. When nobody wants anything,
/// all is zero.
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
    /// What each extension keeps, in rows of its tables, by its name.
    pub extensions: Vec<(String, u64)>,
}

impl TableSizes {
    /// Whether nothing is left of anything.
    pub fn is_empty(&self) -> bool {
        let rows = self.extensions.iter().map(|(_, rows)| rows);
        let sizes = [
            self.tasks,
            self.wants,
            self.holds,
            self.holders,
            self.calls,
            self.questions,
        ];
        sizes.iter().chain(rows).all(|&size| size == 0)
    }
}

/// Tasks by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// Known, and needed by nobody now.
    pub released: u64,
    /// Missing inputs.
    pub waiting: u64,
    /// Ready, not yet given to a worker.
    pub queued: u64,
    /// No connected worker can run them.
    pub no_worker: u64,
    /// Given to a worker ahead of their inputs.
    pub assigned: u64,
    /// Given to a worker.
    pub processing: u64,
    /// Results in memory.
    pub memory: u64,
    /// Failed.
    pub erred: u64,
    /// Scattered data that their client is being asked for.
    pub supplying: u64,
    /// Failed before, resting before they run again.
    pub pausing: u64,
}

/// A worker.
#[derive(Clone, Debug)]
pub struct WorkerIdentity {
    /// Its name.
    pub name: String,
    /// `host:port` of its data service.
    pub address: String,
    /// Tasks that it runs at a time.
    pub nthreads: u32,
    /// Memory that it may use, in bytes.
    pub memory_limit: u64,
    /// Its resources, in units.
    pub resources: Vec<(String, f64)>,
    /// Tasks given to it and not ended.
    pub processing: u64,
    /// Values that it holds.
    pub stored: u64,
    /// Bytes of these.
    pub stored_bytes: u64,
    /// Memory of its process.
    pub process_bytes: u64,
    /// Since it was last heard.
    pub heard: Duration,
    /// The release of its program.
    pub release: String,
    /// Its process id.
    pub process: u32,
    /// What it can run, as `name/version`.
    pub operations: Vec<String>,
    /// Whether it is leaving.
    pub leaving: bool,
}

impl From<proto::IdentityReply> for Identity {
    fn from(reply: proto::IdentityReply) -> Self {
        Self {
            release: reply.release,
            protocol: reply.protocol,
            epoch: reply.epoch,
            address: reply.address,
            process: reply.process,
            uptime: Duration::from_millis(reply.uptime_ms),
            clients: reply.clients,
            tasks: reply.tasks.unwrap_or_default().into(),
            tables: reply.tables.unwrap_or_default().into(),
            workers: reply.workers.into_iter().map(Into::into).collect(),
            copied_bytes: reply.copied_bytes,
        }
    }
}

impl From<proto::TableSizes> for TableSizes {
    fn from(sizes: proto::TableSizes) -> Self {
        let rows = sizes.extensions.into_iter();
        Self {
            tasks: sizes.tasks,
            wants: sizes.wants,
            holds: sizes.holds,
            holders: sizes.holders,
            calls: sizes.calls,
            questions: sizes.questions,
            extensions: rows.map(|of| (of.extension, of.rows)).collect(),
        }
    }
}

impl From<proto::TaskCounts> for TaskCounts {
    fn from(counts: proto::TaskCounts) -> Self {
        Self {
            released: counts.released,
            waiting: counts.waiting,
            queued: counts.queued,
            no_worker: counts.no_worker,
            assigned: counts.assigned,
            processing: counts.processing,
            memory: counts.memory,
            erred: counts.erred,
            supplying: counts.supplying,
            pausing: counts.pausing,
        }
    }
}

impl From<proto::WorkerIdentity> for WorkerIdentity {
    fn from(worker: proto::WorkerIdentity) -> Self {
        let peer = worker.peer.unwrap_or_default();
        let operation = |operation: proto::Operation| {
            Operation::new(operation.name, operation.version, operation.signature).to_string()
        };
        let units = |thousandths| ResourceAmount(thousandths).units();
        let resource = |of: proto::Resource| (of.name, units(of.thousandths));
        Self {
            name: peer.name,
            address: peer.address,
            nthreads: worker.nthreads,
            memory_limit: worker.memory_limit,
            resources: worker.resources.into_iter().map(resource).collect(),
            processing: worker.processing,
            stored: worker.stored,
            stored_bytes: worker.stored_bytes,
            process_bytes: worker.process_bytes,
            heard: Duration::from_millis(worker.heard_ms_ago),
            release: worker.release,
            process: worker.process,
            operations: worker.operations.into_iter().map(operation).collect(),
            leaving: worker.leaving,
        }
    }
}
