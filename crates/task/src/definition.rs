//! Definitions: what `#[task]` makes known of a function.

use crate::argument::Argument;
use crate::context::TaskContext;
use crate::value::Value;
use futures::future::BoxFuture;
use std::fmt;
use std::sync::OnceLock;
use taskloom_core::{Operation, TaskFailure};

/// How a task runs. These are the bare functions; [`Definition::run_thread`] and
/// [`Definition::run_async`] run them with panics caught.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Run {
    /// A plain function, for a compute thread.
    Thread(fn(&TaskContext, Vec<Argument>) -> Result<Value, TaskFailure>),
    /// An async function, for the runtime of async tasks.
    Async(fn(TaskContext, Vec<Argument>) -> BoxFuture<'static, Result<Value, TaskFailure>>),
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Thread(_) => "Thread",
            Self::Async(_) => "Async",
        })
    }
}

/// What a program can run under one name. `#[task]` makes one for its function and links it into
/// the program, where [`Registry::linked`](crate::Registry::linked) finds it.
#[derive(Debug)]
pub struct Definition {
    name: &'static str,
    version: u32,
    signature: u64,
    run: Run,
    pure: bool,
    isolated: bool,
    source: (&'static str, u32),
    interned: OnceLock<Interned>,
}

/// What is worked out once per task and program.
#[derive(Debug)]
struct Interned {
    operation: Operation,
    digest: [u8; 16],
}

impl Definition {
    /// A definition of these parts: pure, of unknown source.
    pub const fn new(name: &'static str, version: u32, signature: u64, run: Run) -> Self {
        let interned = OnceLock::new();
        Self {
            name,
            version,
            signature,
            run,
            pure: true,
            isolated: false,
            source: ("", 0),
            interned,
        }
    }

    /// The same, but each call is a task of its own even if its arguments are equal.
    pub const fn impure(mut self) -> Self {
        self.pure = false;
        self
    }

    /// The same, but each run is in a child process of the worker.
    pub const fn isolated(mut self) -> Self {
        self.isolated = true;
        self
    }

    /// The same, defined in this file at this line.
    pub const fn at(mut self, file: &'static str, line: u32) -> Self {
        self.source = (file, line);
        self
    }

    /// The full name, by default `crate::module::function`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The last segment of the name, which keys begin with.
    pub fn short_name(&self) -> &'static str {
        self.name.rsplit("::").next().unwrap_or(self.name)
    }

    /// The version, 1 by default.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The hash of its argument and result types as written.
    pub const fn signature(&self) -> u64 {
        self.signature
    }

    /// How it runs.
    pub const fn run(&self) -> Run {
        self.run
    }

    /// Whether equal arguments mean an equal result, so that the same call twice is one task.
    pub const fn is_pure(&self) -> bool {
        self.pure
    }

    /// Whether it runs in a child process of the worker.
    pub const fn is_isolated(&self) -> bool {
        self.isolated
    }

    /// Whether it runs on a compute thread of the worker.
    pub const fn runs_on_thread(&self) -> bool {
        !self.isolated && !self.is_async()
    }

    /// Where it is defined, as `file:line`; empty if unknown.
    pub fn source(&self) -> String {
        match self.source {
            ("", _) => String::new(),
            (file, line) => format!("{file}:{line}"),
        }
    }

    /// The operation, as it travels.
    pub fn operation(&self) -> &Operation {
        &self.interned().operation
    }

    /// A hash of the operation, for the keys of its calls.
    pub(crate) fn digest(&self) -> &[u8; 16] {
        &self.interned().digest
    }

    fn interned(&self) -> &Interned {
        self.interned.get_or_init(|| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&self.version.to_le_bytes());
            hasher.update(&self.signature.to_le_bytes());
            hasher.update(self.name.as_bytes());
            let mut digest = [0; 16];
            digest.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
            let operation = Operation::new(self.name, self.version, self.signature);
            Interned { operation, digest }
        })
    }

    /// Runs a plain function on this thread. A panic becomes a failure with its message and place.
    ///
    /// # Errors
    /// The failure of the task, with key, operation and worker filled in. The definition of an async
    /// function is refused: it is for [`Definition::run_async`].
    pub fn run_thread(
        &self,
        context: &TaskContext,
        arguments: Vec<Argument>,
    ) -> Result<Value, TaskFailure> {
        crate::execute::on_thread(self, context, arguments)
    }

    /// Runs a function as a future: an async function between its awaits, a plain function in one
    /// go. A panic becomes a failure with its message and place.
    ///
    /// # Errors
    /// The future gives the failure of the task, with key, operation and worker filled in.
    pub fn run_async(
        &'static self,
        context: TaskContext,
        arguments: Vec<Argument>,
    ) -> BoxFuture<'static, Result<Value, TaskFailure>> {
        crate::execute::as_future(self, context, arguments)
    }

    /// Whether it is an async function.
    pub const fn is_async(&self) -> bool {
        matches!(self.run, Run::Async(_))
    }
}

/// What the expansion of `#[task]` links into the program.
#[doc(hidden)]
pub struct Linked(pub fn() -> &'static Definition);

inventory::collect!(Linked);
