//! Graph chunks. The columns are moved, not walked; `GraphChunk::validate` of the core checks that
//! they fit each other, for which one must know the session.

use crate::error::WireError;
use crate::limits::WORKER_NAMES_MAX;
use crate::question::label;
use crate::value::{operation_from, operation_into, resources_from, resources_into};
use crate::worker::nanos_into;
use crate::{field, keys, proto};
use std::time::Duration;
use taskloom_core::limits::{GRAPH_CHUNK_TASKS_MAX, OPERATIONS_MAX};
use taskloom_core::{GraphChunk, GraphId, Packed, Residence, RunId, TaskId, TaskOptions, Ticket};

/// A chunk as a message.
pub(crate) fn chunk_into(chunk: GraphChunk) -> proto::GraphChunk {
    let keys = keys::into_columns(chunk.keys);
    proto::GraphChunk {
        graph: chunk.graph.0,
        graph_tasks: chunk.graph_tasks,
        graph_bytes: chunk.graph_bytes,
        last: chunk.last,
        first_ticket: chunk.first_ticket.0,
        keys: keys.keys,
        key_names: keys.names,
        key_name_of: keys.name_of,
        key_digests: keys.digests,
        arguments: Some(packed_into(chunk.arguments)),
        new_operations: chunk.new_operations.iter().map(operation_into).collect(),
        operation_of: chunk.operation_of,
        new_options: chunk.new_options.into_iter().map(options_into).collect(),
        options_of: chunk.options_of,
        dependency_ends: chunk.dependency_ends,
        dependencies: tickets_into(chunk.dependencies),
        order: chunk.order,
        wanted: chunk.wanted,
        all_wanted: chunk.all_wanted,
        parent_task: chunk.parent.map_or(0, |(task, _)| task.to_bits()),
        parent_run: chunk.parent.map_or(0, |(_, run)| run.0),
    }
}

/// A chunk that arrived.
pub(crate) fn chunk_from(chunk: proto::GraphChunk) -> Result<GraphChunk, WireError> {
    let keys = keys::from_columns(keys::Columns {
        keys: chunk.keys,
        names: chunk.key_names,
        name_of: chunk.key_name_of,
        digests: chunk.key_digests,
    })?;
    let operations = chunk.new_operations;
    field::count(
        "GraphChunk",
        "new_operations",
        operations.len(),
        OPERATIONS_MAX,
    )?;
    field::count(
        "GraphChunk",
        "new_options",
        chunk.new_options.len(),
        GRAPH_CHUNK_TASKS_MAX,
    )?;
    Ok(GraphChunk {
        graph: GraphId(chunk.graph),
        graph_tasks: chunk.graph_tasks,
        graph_bytes: chunk.graph_bytes,
        last: chunk.last,
        first_ticket: Ticket(chunk.first_ticket),
        keys,
        arguments: packed_from(chunk.arguments.unwrap_or_default()),
        new_operations: operations
            .into_iter()
            .map(operation_from)
            .collect::<Result<_, _>>()?,
        operation_of: chunk.operation_of,
        new_options: chunk
            .new_options
            .into_iter()
            .map(options_from)
            .collect::<Result<_, _>>()?,
        options_of: chunk.options_of,
        dependency_ends: chunk.dependency_ends,
        dependencies: tickets_from(chunk.dependencies),
        order: chunk.order,
        wanted: chunk.wanted,
        all_wanted: chunk.all_wanted,
        // Run numbers begin at 1.
        parent: (chunk.parent_run != 0).then(|| {
            (
                TaskId::from_bits(chunk.parent_task),
                RunId(chunk.parent_run),
            )
        }),
    })
}

/// The rough size of a chunk.
pub(crate) fn chunk_weight(chunk: &GraphChunk) -> usize {
    let operations: usize = chunk.new_operations.iter().map(|o| 24 + o.name.len()).sum();
    64 + chunk.keys.weight()
        + packed_weight(&chunk.arguments)
        + operations
        + 64 * chunk.new_options.len()
        + 2 * (chunk.operation_of.len() + chunk.options_of.len())
        + 4 * (chunk.dependency_ends.len() + chunk.dependencies.len())
        + 4 * (chunk.order.len() + chunk.wanted.len())
}

fn packed_weight(packed: &Packed) -> usize {
    packed.blob.len() + 4 * packed.ends.len()
}

fn packed_into(packed: Packed) -> proto::Packed {
    proto::Packed {
        blob: packed.blob,
        ends: packed.ends,
    }
}

fn packed_from(packed: proto::Packed) -> Packed {
    Packed {
        blob: packed.blob,
        ends: packed.ends,
    }
}

fn options_into(options: TaskOptions) -> proto::TaskOptions {
    proto::TaskOptions {
        priority: options.priority,
        resources: resources_into(options.resources),
        workers: options.workers,
        or_any: options.or_any,
        retries: options.retries,
        backoff_ns: nanos_into(options.backoff),
        timeout_ns: nanos_into(options.timeout),
        label: options.label,
        job: options.job,
        residence: match options.residence {
            Residence::Anywhere => proto::Residence::Anywhere,
            Residence::Fixed => proto::Residence::Fixed,
            Residence::Restarted => proto::Residence::Restarted,
        } as i32,
    }
}

fn options_from(options: proto::TaskOptions) -> Result<TaskOptions, WireError> {
    Ok(TaskOptions {
        priority: options.priority,
        resources: resources_from("TaskOptions", options.resources)?,
        or_any: options.or_any && !options.workers.is_empty(),
        workers: worker_names("TaskOptions", options.workers)?,
        retries: options.retries,
        backoff: Duration::from_nanos(options.backoff_ns),
        timeout: Duration::from_nanos(options.timeout_ns),
        label: label("TaskOptions", "label", options.label)?,
        job: label("TaskOptions", "job", options.job)?,
        residence: match proto::Residence::try_from(options.residence) {
            Ok(proto::Residence::Anywhere) => Residence::Anywhere,
            Ok(proto::Residence::Fixed) => Residence::Fixed,
            Ok(proto::Residence::Restarted) => Residence::Restarted,
            Err(_) => {
                return Err(WireError::new(
                    "TaskOptions",
                    "residence",
                    "is not known here",
                ));
            }
        },
    })
}

/// Names of workers that arrived, sorted, each once.
pub(crate) fn worker_names(
    message: &'static str,
    names: Vec<String>,
) -> Result<Vec<String>, WireError> {
    field::count(message, "workers", names.len(), WORKER_NAMES_MAX)?;
    let checked = names
        .into_iter()
        .map(|name| field::name(message, "workers", name));
    let mut names = checked.collect::<Result<Vec<_>, _>>()?;
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Tickets as numbers. Collects in place: the two have one layout.
pub(crate) fn tickets_into(tickets: Vec<Ticket>) -> Vec<u64> {
    tickets.into_iter().map(|ticket| ticket.0).collect()
}

/// Numbers as tickets.
pub(crate) fn tickets_from(tickets: Vec<u64>) -> Vec<Ticket> {
    tickets.into_iter().map(Ticket).collect()
}
