//! Whether there is room for a graph, before any of it is taken in.
//!
//! A client says with the first chunk how large its graph is as a whole. If that is more than the
//! memory that is left, the graph is refused then, with the sizes, and not when half of it is there.
//! What is admitted is kept free until it has come, so that two graphs cannot both be promised the
//! same memory.

use crate::core::SchedulerCore;
use std::sync::Arc;
use taskloom_core::{ErrorCode, GraphChunk, TaskFailure};

/// What a task takes beside its key, its arguments and its edges: the record, entries in the index of
/// keys, of tickets and of wants, a place in a queue.
const TASK_BYTES: u64 = 160;

/// The memory for so many tasks with so many bytes of keys, arguments and edges.
fn size(tasks: u64, bytes: u64) -> u64 {
    tasks.saturating_mul(TASK_BYTES).saturating_add(bytes)
}

/// The memory for one chunk.
fn size_of_chunk(chunk: &GraphChunk) -> u64 {
    let bytes = chunk.keys.weight() + chunk.arguments.blob.len() + 8 * chunk.dependencies.len();
    size(chunk.len() as u64, bytes as u64)
}

/// The memory for the whole graph of a chunk.
fn size_of_graph(chunk: &GraphChunk) -> u64 {
    size(chunk.graph_tasks, chunk.graph_bytes).max(size_of_chunk(chunk))
}

impl SchedulerCore {
    /// About how many bytes the tables of tasks take. A few numbers are added up, no table is walked.
    pub fn task_bytes(&self) -> u64 {
        size(self.keys.len() as u64, self.blocks.bytes()).saturating_add(self.inline_bytes)
    }

    /// Why a chunk cannot be taken in, if there is no room for its graph.
    pub(crate) fn no_room(&mut self, client: u32, chunk: &GraphChunk) -> Option<Arc<TaskFailure>> {
        let limit = self.config.memory_limit;
        if limit == u64::MAX {
            return None;
        }
        let taken = self.task_bytes().saturating_add(self.announced);
        let of_client = self.clients.get_mut(client)?;
        let open = of_client.open_graphs.get(&chunk.graph);
        if let Some(failure) = open.and_then(|graph| graph.refused.clone()) {
            return Some(failure);
        }
        let needed = match open {
            Some(graph) => size_of_chunk(chunk).saturating_sub(graph.announced),
            None => size_of_graph(chunk),
        };
        if needed == 0 || taken.saturating_add(needed) <= limit {
            return None;
        }
        let text = format!(
            "there is no room for this graph: its {} tasks need about {}, and of {limit} bytes \
             (memory-limit of the scheduler) {} are free",
            chunk.graph_tasks,
            needed,
            limit.saturating_sub(taken)
        );
        let failure = Arc::new(TaskFailure::new(ErrorCode::Overloaded, text));
        if open.is_some() || !chunk.last {
            let graph = of_client.open_graphs.entry(chunk.graph).or_default();
            graph.refused = Some(failure.clone());
            self.announced -= std::mem::take(&mut graph.announced);
        }
        Some(failure)
    }

    /// Keeps room for the chunks that follow one that is taken in.
    pub(crate) fn keep_room(&mut self, client: u32, chunk: &GraphChunk) {
        if self.config.memory_limit == u64::MAX {
            return;
        }
        let of_client = self.clients.get_mut(client);
        let Some(graph) = of_client.and_then(|of| of.open_graphs.get_mut(&chunk.graph)) else {
            return;
        };
        let own = size_of_chunk(chunk);
        let rest = match graph.tickets.len() {
            1 => size_of_graph(chunk) - own,
            _ => graph.announced.saturating_sub(own),
        };
        self.announced = self.announced - graph.announced + rest;
        graph.announced = rest;
    }
}
