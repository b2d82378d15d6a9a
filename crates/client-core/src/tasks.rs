//! Tasks on their way out, in columns.

use crate::intern::Interned;
use taskloom_core::limits::{GRAPH_CHUNK_BYTES, GRAPH_CHUNK_TASKS};
use taskloom_core::{
    GraphChunk, GraphId, Key, KeyRef, KeysBuilder, Operation, Packed, TaskOptions, Ticket,
};
use taskloom_core::{RunId, TaskId};

/// What a task needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A task that was submitted.
    Ticket(Ticket),
    /// An earlier task of the same [`Tasks`], by its place there.
    Own(u64),
}

/// Tasks that are submitted as one graph, cut into chunks while they are added. What a task needs
/// must have been submitted or added before it.
#[derive(Clone, Debug)]
pub struct Tasks {
    chunks: Vec<Columns>,
    tasks: u64,
    bytes: u64,
    operations: Interned<Operation>,
    options: Interned<TaskOptions>,
    parent: Option<Parent>,
}

/// The task, and its run, that submits tasks.
pub type Parent = (TaskId, RunId);

/// One chunk in the making. Operations and options are numbered within the [`Tasks`], options from 1.
#[derive(Clone, Debug, Default)]
struct Columns {
    keys: KeysBuilder,
    arguments: Vec<u8>,
    argument_ends: Vec<u32>,
    operation_of: Vec<u32>,
    /// Empty while all have the default options.
    options_of: Vec<u32>,
    /// Empty while no task needs anything.
    need_ends: Vec<u32>,
    needs: Vec<Need>,
    wanted: Vec<u32>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            tasks: 0,
            bytes: 0,
            operations: Interned::from(0),
            options: Interned::from(1),
            parent: None,
        }
    }
}

impl Tasks {
    /// No tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// No tasks yet, of this run of a task; `None` for those that no task submits.
    pub fn of(parent: Option<Parent>) -> Self {
        Self {
            parent,
            ..Self::default()
        }
    }

    /// Says which run of a task submits these.
    pub fn set_parent(&mut self, parent: Option<Parent>) {
        self.parent = parent;
    }

    /// The run of a task that submits these.
    pub fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// How many tasks there are.
    pub fn len(&self) -> u64 {
        self.tasks
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tasks == 0
    }

    /// Bytes of keys, arguments and edges, roughly.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many chunks have begun.
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Adds a task; `write` appends its encoded arguments to what it is given.
    pub fn push(
        &mut self,
        key: &Key,
        operation: &Operation,
        options: Option<&TaskOptions>,
        needs: impl IntoIterator<Item = Need>,
        wanted: bool,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        let (operation, _) = self.operations.number(operation);
        let options = options.map_or(0, |options| self.options.number(options).0);
        if self.chunks.last().is_none_or(Columns::is_full) {
            let next = self.chunks.last().map(Columns::with_room_as);
            self.chunks.push(next.unwrap_or_default());
        }
        let Some(columns) = self.chunks.last_mut() else {
            return;
        };
        let before = columns.bytes();
        columns.push(key, operation, options, needs, wanted, write);
        self.bytes += (columns.bytes() - before) as u64;
        self.tasks += 1;
    }

    /// The places of wanted tasks, ascending.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = u64> {
        self.chunks
            .iter()
            .scan(0, |first, columns| {
                let from = *first;
                *first += columns.keys.len() as u64;
                Some(columns.wanted.iter().map(move |&at| from + u64::from(at)))
            })
            .flatten()
    }

    /// The chunks as they travel, given the session's own numbers for operations and options.
    pub(crate) fn into_chunks(
        self,
        graph: GraphId,
        first: Ticket,
        operations: &mut Interned<Operation>,
        options: &mut Interned<TaskOptions>,
    ) -> Vec<GraphChunk> {
        let (operation_numbers, mut new_operations) = translate(&self.operations, operations);
        let (mut option_numbers, mut new_options) = translate(&self.options, options);
        option_numbers.insert(0, 0);
        let last = self.chunks.len().saturating_sub(1);
        let mut next = first;
        let chunks = self.chunks.into_iter().enumerate().map(|(at, columns)| {
            let first_ticket = next;
            let tasks = columns.keys.len();
            next = next.offset(tasks as u64);
            let number = |numbers: &[u32], of: Vec<u32>| -> Vec<u32> {
                of.into_iter()
                    .map(|local| numbers[local as usize])
                    .collect()
            };
            let ticket = |need| match need {
                Need::Ticket(ticket) => ticket,
                Need::Own(place) => first.offset(place),
            };
            let all_wanted = columns.wanted.len() == tasks;
            GraphChunk {
                graph,
                graph_tasks: self.tasks,
                graph_bytes: self.bytes,
                last: at == last,
                first_ticket,
                keys: columns.keys.finish(),
                arguments: Packed {
                    blob: columns.arguments.into(),
                    ends: columns.argument_ends,
                },
                // All that is new comes with the first chunk, whichever uses it.
                new_operations: std::mem::take(&mut new_operations),
                operation_of: number(&operation_numbers, columns.operation_of),
                new_options: std::mem::take(&mut new_options),
                options_of: number(&option_numbers, columns.options_of),
                dependency_ends: columns.need_ends,
                dependencies: columns.needs.into_iter().map(ticket).collect(),
                order: Vec::new(),
                wanted: if all_wanted {
                    Vec::new()
                } else {
                    columns.wanted
                },
                all_wanted,
                parent: self.parent,
            }
        });
        chunks.collect()
    }
}

/// The session's numbers of local things, and those that the session did not know.
fn translate<T: Clone + Eq + std::hash::Hash>(
    local: &Interned<T>,
    session: &mut Interned<T>,
) -> (Vec<u32>, Vec<T>) {
    let mut new = Vec::new();
    let numbers = local.items().iter().map(|item| {
        let (number, is_new) = session.number(item);
        if is_new {
            new.push(item.clone());
        }
        number
    });
    (numbers.collect(), new)
}

impl Columns {
    fn bytes(&self) -> usize {
        self.keys.bytes() + self.arguments.len() + 8 * self.needs.len()
    }

    /// An empty chunk with room for as much as there is in this one, which is full: the next will be
    /// much like it.
    fn with_room_as(&self) -> Self {
        Self {
            keys: self.keys.with_room_as(),
            arguments: Vec::with_capacity(self.arguments.len()),
            argument_ends: Vec::with_capacity(self.argument_ends.len()),
            operation_of: Vec::with_capacity(self.operation_of.len()),
            options_of: Vec::with_capacity(self.options_of.len()),
            need_ends: Vec::with_capacity(self.need_ends.len()),
            needs: Vec::with_capacity(self.needs.len()),
            wanted: Vec::with_capacity(self.wanted.len()),
        }
    }

    fn is_full(&self) -> bool {
        self.keys.len() >= GRAPH_CHUNK_TASKS || self.bytes() >= GRAPH_CHUNK_BYTES
    }

    fn push(
        &mut self,
        key: &Key,
        operation: u32,
        options: u32,
        needs: impl IntoIterator<Item = Need>,
        wanted: bool,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        let place = self.keys.len();
        self.keys.push(KeyRef::of(key.as_bytes()));
        write(&mut self.arguments);
        self.argument_ends.push(self.arguments.len() as u32);
        self.operation_of.push(operation);
        if options != 0 || !self.options_of.is_empty() {
            self.options_of.resize(place, 0);
            self.options_of.push(options);
        }
        let before = self.needs.len();
        self.needs.extend(needs);
        if self.needs.len() > before || !self.need_ends.is_empty() {
            self.need_ends.resize(place, 0);
            self.need_ends.push(self.needs.len() as u32);
        }
        if wanted {
            self.wanted.push(place as u32);
        }
    }
}
