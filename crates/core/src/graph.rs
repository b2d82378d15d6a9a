//! Columnar graphs: many tasks as a few large arrays.
//!
//! A graph travels in chunks. Tasks of a chunk have consecutive tickets, and a task may depend only
//! on tickets before its own, so a cycle cannot be written down and a chunk can be taken in, and its
//! tasks started, before the next one is there.

use crate::ids::{GraphId, RunId, TaskId, Ticket};
use crate::keys::Keys;
use crate::limits::{ARGUMENT_BYTES_MAX, GRAPH_CHUNK_TASKS_MAX};
use crate::operation::Operation;
use crate::options::TaskOptions;
use bytes::Bytes;
use std::ops::Range;

/// Many byte strings in one: the strings in a row, and where each ends.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Packed {
    /// All strings in a row.
    pub blob: Bytes,
    /// Where each string ends in the blob, ascending.
    pub ends: Vec<u32>,
}

impl Packed {
    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where string `i` lies in the blob. Valid after [`GraphChunk::validate`].
    pub fn range(&self, i: usize) -> Range<usize> {
        let start = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        start..self.ends[i] as usize
    }

    /// String `i`. Valid after [`GraphChunk::validate`].
    pub fn get(&self, i: usize) -> &[u8] {
        &self.blob[self.range(i)]
    }

    /// Whether each string is UTF-8 text.
    pub(crate) fn is_text(&self) -> bool {
        std::str::from_utf8(&self.blob).is_ok_and(|text| {
            let mut ends = self.ends.iter();
            ends.all(|&end| text.is_char_boundary(end as usize))
        })
    }

    pub(crate) fn fits(&self, tasks: usize, longest: usize, shortest: usize) -> bool {
        let mut start = 0;
        self.ends.len() == tasks
            && self.ends.last().copied().unwrap_or(0) as usize == self.blob.len()
            && self.ends.iter().all(|&end| {
                let ok = end >= start
                    && (shortest..=longest).contains(&(end.wrapping_sub(start) as usize));
                start = end;
                ok
            })
    }
}

/// A part of a graph in columns. Task `i` of the chunk has ticket `first_ticket + i`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GraphChunk {
    /// The graph it belongs to.
    pub graph: GraphId,
    /// How many tasks the graph has in all its chunks.
    pub graph_tasks: u64,
    /// About how many bytes its keys, arguments and dependencies have in all its chunks; 0 if that is
    /// not known.
    pub graph_bytes: u64,
    /// Whether this is the last chunk: tickets of tasks that are not wanted end with it.
    pub last: bool,
    /// The ticket of the first task.
    pub first_ticket: Ticket,
    /// The key of each task.
    pub keys: Keys,
    /// The arguments of each task, encoded as the message `Arguments` of the protocol.
    pub arguments: Packed,
    /// Operations that this session has not used before; they get the next free indexes.
    pub new_operations: Vec<Operation>,
    /// The operation of each task: an index into all operations of the session so far.
    pub operation_of: Vec<u32>,
    /// Options that this session has not used before; index 0 is the default ones from the start.
    pub new_options: Vec<TaskOptions>,
    /// The options of each task, by index; empty if all have the default ones.
    pub options_of: Vec<u32>,
    /// Where the dependencies of each task end; empty if no task has any.
    pub dependency_ends: Vec<u32>,
    /// The distinct tickets that each task depends on, task after task.
    pub dependencies: Vec<Ticket>,
    /// The place of each task in the order of the whole graph; empty for the order of tickets.
    pub order: Vec<u32>,
    /// The positions of the tasks whose results the client wants; empty together with `all_wanted`.
    pub wanted: Vec<u32>,
    /// Whether the client wants all of them.
    pub all_wanted: bool,
    /// The task, and its run, that submits these: they count to its job and go before what came
    /// after it.
    pub parent: Option<(TaskId, RunId)>,
}

/// Why a chunk cannot be taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A chunk without a task, or with more than [`GRAPH_CHUNK_TASKS_MAX`].
    #[error("a graph chunk has 1 to {GRAPH_CHUNK_TASKS_MAX} tasks, this one has {0}")]
    Size(usize),
    /// A column whose length or content does not fit the others.
    #[error("the column `{0}` of the graph chunk does not fit its tasks")]
    Column(&'static str),
    /// A dependency on the task itself or a later one: a cycle, or a task that was never sent.
    #[error(
        "task {key} depends on ticket {dependency}, which does not come before its own ({own}): \
         a cycle or a missing task"
    )]
    NotBefore {
        /// The key of the task.
        key: String,
        /// The ticket it depends on.
        dependency: Ticket,
        /// Its own ticket.
        own: Ticket,
    },
    /// A dependency that is named twice.
    #[error("task {key} names its dependency {dependency} twice")]
    Repeated {
        /// The key of the task.
        key: String,
        /// The ticket that is repeated.
        dependency: Ticket,
    },
}

impl GraphChunk {
    /// How many tasks are in this chunk.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none; such a chunk is not valid.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The tickets that task `i` depends on. Valid after [`GraphChunk::validate`].
    pub fn dependencies_of(&self, i: usize) -> &[Ticket] {
        if self.dependency_ends.is_empty() {
            return &[];
        }
        let start = if i == 0 {
            0
        } else {
            self.dependency_ends[i - 1] as usize
        };
        &self.dependencies[start..self.dependency_ends[i] as usize]
    }

    /// The key of task `i` as text for messages.
    pub fn key_text(&self, i: usize) -> String {
        self.keys.get(i).to_text()
    }

    /// Checks that the columns fit each other, given how many operations and options the session
    /// knew before this chunk. Whether tickets before the chunk exist is for the scheduler to say.
    ///
    /// # Errors
    /// The first thing that does not fit, with the key of the task where there is one.
    pub fn validate(&self, operations: usize, options: usize) -> Result<(), GraphError> {
        let tasks = self.keys.len();
        if tasks == 0 || tasks > GRAPH_CHUNK_TASKS_MAX {
            return Err(GraphError::Size(tasks));
        }
        let per_task = |name, len: usize, may_be_empty: bool| {
            if len == tasks || (may_be_empty && len == 0) {
                Ok(())
            } else {
                Err(GraphError::Column(name))
            }
        };
        if !self.keys.fits(tasks) {
            return Err(GraphError::Column("keys"));
        }
        if !self.arguments.fits(tasks, ARGUMENT_BYTES_MAX, 0) {
            return Err(GraphError::Column("arguments"));
        }
        per_task("operation_of", self.operation_of.len(), false)?;
        per_task("options_of", self.options_of.len(), true)?;
        per_task("dependency_ends", self.dependency_ends.len(), true)?;
        per_task("order", self.order.len(), true)?;
        let known = operations + self.new_operations.len();
        if self.operation_of.iter().any(|&of| of as usize >= known) {
            return Err(GraphError::Column("operation_of"));
        }
        let known = options + self.new_options.len();
        if self.options_of.iter().any(|&of| of as usize >= known) {
            return Err(GraphError::Column("options_of"));
        }
        if self.graph_tasks < tasks as u64 || self.graph_tasks > u64::from(u32::MAX) {
            return Err(GraphError::Column("graph_tasks"));
        }
        if self
            .order
            .iter()
            .any(|&place| u64::from(place) >= self.graph_tasks)
        {
            return Err(GraphError::Column("order"));
        }
        let after = self.first_ticket.0.checked_add(tasks as u64);
        if after.is_none_or(|after| after > Ticket::FIRST_GRANTED.0) {
            return Err(GraphError::Column("first_ticket"));
        }
        let ascending = self.wanted.windows(2).all(|pair| pair[0] < pair[1]);
        let in_range = self.wanted.last().is_none_or(|&at| (at as usize) < tasks);
        if !ascending || !in_range || (self.all_wanted && !self.wanted.is_empty()) {
            return Err(GraphError::Column("wanted"));
        }
        self.validate_dependencies()
    }

    fn validate_dependencies(&self) -> Result<(), GraphError> {
        let ends_fit = self
            .dependency_ends
            .windows(2)
            .all(|pair| pair[0] <= pair[1])
            && self.dependency_ends.last().copied().unwrap_or(0) as usize
                == self.dependencies.len();
        if !ends_fit {
            return Err(GraphError::Column("dependency_ends"));
        }
        let mut sorted = Vec::new();
        for i in 0..self.dependency_ends.len() {
            let own = self.first_ticket.offset(i as u64);
            let list = self.dependencies_of(i);
            if let Some(&dependency) = list.iter().find(|&&d| d >= own && !d.is_granted()) {
                return Err(GraphError::NotBefore {
                    key: self.key_text(i),
                    dependency,
                    own,
                });
            }
            if list.len() > 1 {
                sorted.clear();
                sorted.extend_from_slice(list);
                sorted.sort_unstable();
                if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
                    let key = self.key_text(i);
                    return Err(GraphError::Repeated {
                        key,
                        dependency: pair[0],
                    });
                }
            }
        }
        Ok(())
    }
}
