//! The administration calls: questions that change nothing.

use crate::input::{CoreHandle, Input};
use std::time::{Duration, Instant};
use taskloom_core::limits::PROTOCOL_VERSION;
use taskloom_core::message::Peer;
use taskloom_core::{Operation, ResourceAmount};
use taskloom_scheduler_core::{Identity, TableSizes, TaskCounts, WorkerIdentity};
use taskloom_wire::proto;
use taskloom_wire::proto::admin_server::Admin;
use tonic::{Request, Response, Status};

/// Answers the administration calls.
#[derive(Debug)]
pub(crate) struct Administration {
    core: CoreHandle,
    /// `host:port` under which others reach the scheduler.
    address: String,
    started: Instant,
}

impl Administration {
    pub(crate) fn new(core: CoreHandle, address: String) -> Self {
        Self {
            core,
            address,
            started: Instant::now(),
        }
    }
}

#[tonic::async_trait]
impl Admin for Administration {
    async fn identity(
        &self,
        _request: Request<proto::IdentityRequest>,
    ) -> Result<Response<proto::IdentityReply>, Status> {
        let asked = self.core.ask(|answer| Input::Identity { answer }).await;
        let identity = asked.map_err(|ended| Status::unavailable(ended.to_string()))?;
        Ok(Response::new(reply(
            identity,
            &self.address,
            self.started.elapsed(),
        )))
    }
}

fn reply(identity: Identity, address: &str, uptime: Duration) -> proto::IdentityReply {
    proto::IdentityReply {
        release: env!("CARGO_PKG_VERSION").into(),
        protocol: PROTOCOL_VERSION,
        epoch: identity.epoch.into(),
        address: address.into(),
        process: std::process::id(),
        uptime_ms: millis(uptime),
        clients: identity.clients,
        tasks: Some(counts(&identity.tasks)),
        workers: identity.workers.into_iter().map(worker).collect(),
        copied_bytes: identity.copied_bytes,
        tables: Some(tables(identity.tables)),
    }
}

fn tables(tables: TableSizes) -> proto::TableSizes {
    let rows = |(extension, rows): (&str, u64)| proto::ExtensionRows {
        extension: extension.into(),
        rows,
    };
    proto::TableSizes {
        tasks: tables.tasks,
        wants: tables.wants,
        holds: tables.holds,
        holders: tables.holders,
        calls: tables.calls,
        questions: tables.questions,
        extensions: tables.extensions.into_iter().map(rows).collect(),
    }
}

fn counts(tasks: &TaskCounts) -> proto::TaskCounts {
    proto::TaskCounts {
        released: tasks.released,
        waiting: tasks.waiting,
        queued: tasks.queued,
        no_worker: tasks.no_worker,
        assigned: tasks.assigned,
        processing: tasks.processing,
        memory: tasks.memory,
        erred: tasks.erred,
        supplying: tasks.supplying,
        pausing: tasks.pausing,
    }
}

fn worker(worker: WorkerIdentity) -> proto::WorkerIdentity {
    proto::WorkerIdentity {
        peer: Some(peer(worker.peer)),
        nthreads: worker.nthreads,
        memory_limit: worker.memory_limit,
        resources: worker.resources.into_iter().map(resource).collect(),
        processing: worker.processing,
        stored: worker.stored,
        stored_bytes: worker.stored_bytes,
        process_bytes: worker.process_bytes,
        heard_ms_ago: millis(worker.heard_ago),
        release: worker.release,
        process: worker.process,
        operations: worker.operations.into_iter().map(operation).collect(),
        leaving: worker.leaving,
    }
}

fn peer(peer: Peer) -> proto::Peer {
    proto::Peer {
        worker: peer.worker.to_bits(),
        name: peer.name,
        address: peer.address,
    }
}

fn resource((name, amount): (String, ResourceAmount)) -> proto::Resource {
    proto::Resource {
        name,
        thousandths: amount.0,
    }
}

fn operation(operation: Operation) -> proto::Operation {
    proto::Operation {
        name: operation.name.to_string(),
        version: operation.version,
        signature: operation.signature,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
