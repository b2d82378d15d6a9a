//! What the tasks of a graph do, in columns: there can be very many.

use crate::Error;
use taskloom_core::TaskOptions;
use taskloom_task::{CallParts, Definition, Dependency};
use taskloom_wire::arguments;

/// Most bytes of a column in one piece. Growing one long piece would copy it again and again, into
/// fresh memory.
const PIECE_MAX: usize = 1 << 20;

/// Bytes of the first piece; most graphs are small.
const PIECE_FIRST: usize = 1 << 8;

/// What a task needs.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum GraphNeed {
    /// A task of the graph, by place.
    Task(u32),
    /// A future, by place in the graph's list of them.
    Future(u32),
}

/// What a task does.
pub(super) struct Content {
    pub(super) definition: &'static Definition,
    pub(super) options: Option<Box<TaskOptions>>,
    arguments: Stretch,
    needs: Stretch,
}

/// Some neighbours in a piece of a column.
#[derive(Clone, Copy)]
struct Stretch {
    piece: u32,
    start: u32,
    len: u32,
}

/// The arguments and needs of all tasks.
#[derive(Default)]
pub(super) struct Columns {
    arguments: Pieces<u8>,
    needs: Pieces<GraphNeed>,
}

impl Columns {
    /// What a call does, with what it needs.
    ///
    /// # Errors
    /// If its encoded arguments are too long, or `need` refuses a dependency.
    pub(super) fn add(
        &mut self,
        parts: &CallParts,
        options: Option<TaskOptions>,
        mut need: impl FnMut(&Dependency) -> Result<GraphNeed, Error>,
    ) -> Result<Content, Error> {
        let bytes = arguments::encoded_len(&parts.nodes);
        crate::submit::check_length(parts, bytes)?;
        let write = |column: &mut Vec<u8>| arguments::encode_into(&parts.nodes, column);
        let arguments = self.arguments.add(bytes, write);
        let mut refused = None;
        let needs = self.needs.add(parts.dependencies.len(), |column| {
            for dependency in &parts.dependencies {
                match need(dependency) {
                    Ok(need) => column.push(need),
                    Err(error) => refused = Some(error),
                }
            }
        });
        let content = Content {
            definition: parts.definition,
            options: options.map(Box::new),
            arguments,
            needs,
        };
        match refused {
            None => Ok(content),
            Some(error) => {
                self.take_back(&content);
                Err(error)
            }
        }
    }

    /// Forgets what was added last.
    pub(super) fn take_back(&mut self, content: &Content) {
        self.arguments.take_back(content.arguments);
        self.needs.take_back(content.needs);
    }

    /// The encoded arguments.
    pub(super) fn arguments(&self, content: &Content) -> &[u8] {
        self.arguments.of(content.arguments)
    }

    /// What a task needs.
    pub(super) fn needs(&self, content: &Content) -> &[GraphNeed] {
        self.needs.of(content.needs)
    }
}

/// A column in pieces, none of which is moved when another begins.
struct Pieces<T>(Vec<Vec<T>>);

impl<T> Default for Pieces<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Pieces<T> {
    /// Adds so many elements, written by `write` to the end of what it is given.
    fn add(&mut self, len: usize, write: impl FnOnce(&mut Vec<T>)) -> Stretch {
        let room = |piece: &Vec<T>| piece.capacity() - piece.len() >= len;
        if !self.0.last().is_some_and(room) {
            let bytes = PIECE_FIRST << self.0.len().min(16);
            let least = bytes.min(PIECE_MAX) / size_of::<T>();
            self.0.push(Vec::with_capacity(len.max(least)));
        }
        let piece = self.0.len() - 1;
        let column = &mut self.0[piece];
        let start = column.len();
        write(column);
        Stretch {
            piece: piece as u32,
            start: start as u32,
            len: (column.len() - start) as u32,
        }
    }

    fn of(&self, stretch: Stretch) -> &[T] {
        let start = stretch.start as usize;
        &self.0[stretch.piece as usize][start..start + stretch.len as usize]
    }

    /// Takes back what was added last.
    fn take_back(&mut self, stretch: Stretch) {
        self.0[stretch.piece as usize].truncate(stretch.start as usize);
    }
}
