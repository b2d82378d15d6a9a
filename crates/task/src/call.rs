//! Typed calls of tasks: what `inc::task(1)` returns and clients submit.

use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::future::FutureHandle;
use crate::into_arg::IntoArg;
use crate::node::NodeRef;
use crate::value::{TaskValue, ValueError, encode_owned, encode_text};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::hash_map::Entry;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::limits::{ARGUMENT_BYTES_MAX, ARGUMENT_NODES_MAX, BACKOFF, LABEL_BYTES_MAX};
use taskloom_core::{ArgumentNode, Key, Operation, Residence, ResourceAmount, TaskOptions, Ticket};

/// The argument nodes of a call; those of a task with one plain argument need no memory of their own.
pub type Nodes = SmallVec<[ArgumentNode; 1]>;

/// The dependencies of a call.
pub type Dependencies = SmallVec<[Dependency; 2]>;

/// What a call depends on.
#[derive(Clone)]
#[non_exhaustive]
pub enum Dependency {
    /// The result of a task that was submitted.
    Future(Arc<dyn FutureHandle>),
    /// The result of another task of the graph that is being built.
    Node(NodeRef),
}

/// Whether it is a future, its session or graph, and its number there.
type Identity = (bool, u64, u64);

impl Dependency {
    /// The key of the task.
    pub fn key(&self) -> Key {
        match self {
            Self::Future(handle) => handle.key(),
            Self::Node(node) => node.key().clone(),
        }
    }

    /// Two dependencies are one if these numbers agree.
    fn identity(&self) -> Identity {
        match self {
            Self::Future(handle) => {
                let Ticket(ticket) = handle.ticket();
                (true, handle.session(), ticket)
            }
            Self::Node(node) => (false, node.graph(), u64::from(node.index())),
        }
    }
}

impl fmt::Debug for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future(handle) => write!(f, "Future({})", handle.key()),
            Self::Node(node) => write!(f, "Node({})", node.key()),
        }
    }
}

/// The arguments of one call while it is made: nodes in pre-order and the distinct dependencies that
/// they refer to. [`IntoArg`] writes into it.
#[derive(Default)]
pub struct Arguments {
    nodes: Nodes,
    dependencies: Dependencies,
    /// The positions of the dependencies, once there are too many to look through.
    seen: Option<Box<FxHashMap<Identity, u32>>>,
    problem: Option<ValueError>,
}

/// Up to this many dependencies are looked through; above it a table is kept.
const LOOKED_THROUGH: usize = 16;

impl Arguments {
    /// Adds a value in place.
    pub fn value<T: TaskValue>(&mut self, value: T) {
        match encode_owned(value) {
            Ok(encoded) => self.nodes.push(ArgumentNode::Value(encoded)),
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// Adds text in place.
    pub(crate) fn text(&mut self, text: &str) {
        match encode_text(text) {
            Ok(encoded) => self.nodes.push(ArgumentNode::Value(encoded)),
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// Adds a reference to a part of what a task makes.
    pub fn reference(&mut self, dependency: Dependency, part: Part) {
        let dependency = self.intern(dependency);
        self.nodes
            .push(ArgumentNode::Reference { dependency, part });
    }

    /// Opens a sequence: the next `n` things that are added are its elements.
    pub fn sequence(&mut self, n: usize) {
        self.container(n, ArgumentNode::Sequence);
    }

    /// Opens a map: the next `2 n` things that are added are its keys and values in turn.
    pub fn map(&mut self, n: usize) {
        self.container(n, ArgumentNode::Map);
    }

    fn container(&mut self, n: usize, node: fn(u32) -> ArgumentNode) {
        match u32::try_from(n) {
            Ok(count) if n <= ARGUMENT_NODES_MAX => {
                self.nodes.reserve(n + 1);
                self.nodes.push(node(count));
            }
            _ => self.problem = Some(ValueError::TooManyNodes(n)),
        }
    }

    fn intern(&mut self, dependency: Dependency) -> u32 {
        let identity = dependency.identity();
        let next = self.dependencies.len() as u32;
        let known = match &mut self.seen {
            Some(seen) => match seen.entry(identity) {
                Entry::Occupied(known) => Some(*known.get()),
                Entry::Vacant(vacant) => {
                    vacant.insert(next);
                    None
                }
            },
            None => {
                let same = |known: &Dependency| known.identity() == identity;
                self.dependencies.iter().position(same).map(|at| at as u32)
            }
        };
        known.unwrap_or_else(|| {
            self.dependencies.push(dependency);
            if self.seen.is_none() && self.dependencies.len() > LOOKED_THROUGH {
                let identities = self.dependencies.iter().map(Dependency::identity);
                self.seen = Some(Box::new(identities.zip(0..).collect()));
            }
            next
        })
    }
}

/// A call of a task that is not submitted yet: `inc::task(1)`. Hand it to `client.submit`, or add it
/// to a graph; alone it does nothing.
#[must_use = "a call does nothing until it is submitted"]
pub struct TaskCall<T> {
    definition: &'static Definition,
    arguments: Arguments,
    options: Option<Box<CallOptions>>,
    marker: PhantomData<fn() -> T>,
}

/// What few calls have.
#[derive(Default)]
struct CallOptions {
    key: Option<String>,
    /// Whether equal calls are one task, where the call says otherwise than its definition.
    pure: Option<bool>,
    backoff: Option<Duration>,
    task: TaskOptions,
    problem: Option<String>,
}

impl CallOptions {
    /// The options that travel. A pause before retries that do not happen is none.
    fn into_task(self) -> TaskOptions {
        let backoff = match self.task.retries {
            0 => Duration::ZERO,
            _ => self.backoff.unwrap_or(BACKOFF),
        };
        TaskOptions {
            backoff,
            ..self.task
        }
    }
}

/// A call taken apart, for those who turn many calls into the columns of a graph.
pub struct CallParts {
    /// What the call runs. [`Definition::operation`] is the operation that travels.
    pub definition: &'static Definition,
    /// The key: the one that was given, or the name with a hash of all that the result depends on.
    pub key: Key,
    /// The arguments in pre-order.
    pub nodes: Nodes,
    /// The distinct tasks that references in the arguments count by.
    pub dependencies: Dependencies,
    /// What the call asks for beside that; `None` for the default.
    pub options: Option<TaskOptions>,
    /// Bytes of the values in the arguments: above
    /// [`ARGUMENT_BYTES_WARN`](taskloom_core::limits::ARGUMENT_BYTES_WARN) a client warns.
    pub argument_bytes: u64,
}

impl CallParts {
    /// The operation of the call.
    pub fn operation(&self) -> &'static Operation {
        self.definition.operation()
    }
}

impl<T> TaskCall<T> {
    /// A call of a task; `T` must be what it returns. The expansion of `#[task]` calls this.
    pub fn new(definition: &'static Definition, arguments: Arguments) -> Self {
        Self {
            definition,
            arguments,
            options: None,
            marker: PhantomData,
        }
    }

    /// Adds an argument, after those that are there.
    pub fn arg<A>(mut self, argument: impl IntoArg<A>) -> Self {
        argument.into_arg(&mut self.arguments);
        self
    }

    /// Gives the task a key of its own instead of its name with a hash of its content. The same key
    /// with other content is an error while the first task is known to the scheduler.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.options_mut().key = Some(key.into());
        self
    }

    /// Higher runs first; 0 is the default.
    pub fn priority(mut self, priority: i32) -> Self {
        self.options_mut().task.priority = priority;
        self
    }

    /// Reserves an amount of a named resource on the worker while the task is there.
    pub fn resource(mut self, name: impl Into<String>, units: f64) -> Self {
        let name = name.into();
        let options = self.options_mut();
        match ResourceAmount::from_units(units) {
            Some(amount) => {
                let resources = &mut options.task.resources;
                match resources.binary_search_by(|(known, _)| known.as_str().cmp(&name)) {
                    Ok(at) => resources[at].1 = amount,
                    Err(at) => resources.insert(at, (name, amount)),
                }
            }
            None => options.problem = Some(format!("{units} is no amount of the resource {name}")),
        }
        self
    }

    /// Lets only workers of these names run the task.
    pub fn workers<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.dedup();
        self.options_mut().task.workers = names;
        self
    }

    /// Makes the workers that [`TaskCall::workers`] names a preference: while none of them is
    /// connected, any may run the task.
    pub fn or_any(mut self) -> Self {
        self.options_mut().task.or_any = true;
        self
    }

    /// Whether an equal call is the same task: pure tasks have a key made of their content, impure
    /// ones a new key each time. It overrides what `#[task]` or `#[task(impure)]` says, for this call.
    pub fn pure(mut self, pure: bool) -> Self {
        self.options_mut().pure = Some(pure);
        self
    }

    /// How often to run the task again after it failed, panicked or ran out of time: on another
    /// worker if there is one, after a pause (see [`TaskCall::backoff`]). The loss of a worker does
    /// not count; a task that was on one runs again in any case.
    pub fn retries(mut self, retries: u32) -> Self {
        self.options_mut().task.retries = retries;
        self
    }

    /// The pause before the first retry, 100 ms by default. Each further one is twice as long, up to
    /// a minute.
    pub fn backoff(mut self, pause: Duration) -> Self {
        self.options_mut().backoff = Some(pause);
        self
    }

    /// The longest that one run of the task may take. Then it ends with the code
    /// [`TimedOut`](taskloom_core::ErrorCode::TimedOut), or is run again if it has retries; the
    /// code that runs is told through its context, as with a cancellation. The time in which it
    /// waits for its turn does not count.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let options = self.options_mut();
        if timeout.is_zero() {
            options.problem = Some("a timeout of zero leaves it no time to run".into());
        }
        options.task.timeout = timeout;
        self
    }

    /// A word for people: it stands in what the cluster tells about the task.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.options_mut().task.label = label.into();
        self
    }

    /// The job that the task counts to, instead of that of its client. Jobs share the cluster by
    /// weight.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        let job = job.into();
        let options = self.options_mut();
        if job.is_empty() {
            options.problem = Some("the name of its job is empty".into());
        }
        options.task.job = job;
        self
    }

    /// Whether the value of the task may be copied and moved. For actors.
    #[doc(hidden)]
    pub fn residence(mut self, residence: Residence) -> Self {
        self.options_mut().task.residence = residence;
        self
    }

    /// What the call runs.
    pub fn definition(&self) -> &'static Definition {
        self.definition
    }

    /// The operation of the call.
    pub fn operation(&self) -> &'static Operation {
        self.definition.operation()
    }

    /// What the call depends on so far.
    pub fn dependencies(&self) -> &[Dependency] {
        &self.arguments.dependencies
    }

    /// The key that the task will have: the one that was given, or `name-` and 32 hexadecimal digits
    /// of a hash of the operation, the arguments, the keys of the dependencies, and the options that
    /// say where it may run (all others do not count). An impure task gets a new one each time.
    ///
    /// # Errors
    /// If the call cannot be submitted: a value did not encode, a key or option is not valid, there
    /// are too many arguments.
    pub fn final_key(&self) -> Result<Key> {
        self.check().map_err(|reason| self.invalid(reason))?;
        self.make_key()
    }

    /// Takes the call apart.
    ///
    /// # Errors
    /// As [`TaskCall::final_key`], and if the values in the arguments are larger than
    /// [`ARGUMENT_BYTES_MAX`].
    pub fn into_parts(self) -> Result<CallParts> {
        let argument_bytes = self.check().map_err(|reason| self.invalid(reason))?;
        let key = self.make_key()?;
        let Self {
            definition,
            arguments:
                Arguments {
                    nodes,
                    dependencies,
                    ..
                },
            options,
            ..
        } = self;
        let options = options
            .map(|options| options.into_task())
            .filter(|task| *task != TaskOptions::default());
        Ok(CallParts {
            definition,
            key,
            nodes,
            dependencies,
            options,
            argument_bytes,
        })
    }

    fn options_mut(&mut self) -> &mut CallOptions {
        self.options.get_or_insert_default()
    }

    fn check(&self) -> Result<u64, String> {
        if let Some(problem) = &self.arguments.problem {
            return Err(problem.to_string());
        }
        if let Some(problem) = self
            .options
            .as_ref()
            .and_then(|options| options.problem.clone())
        {
            return Err(problem);
        }
        if let Some(options) = &self.options {
            check_texts(&options.task)?;
        }
        let nodes = self.arguments.nodes.len();
        if nodes > ARGUMENT_NODES_MAX {
            return Err(ValueError::TooManyNodes(nodes).to_string());
        }
        let bytes = self.arguments.nodes.iter().map(|node| match node {
            ArgumentNode::Value(value) => value.nbytes(),
            _ => 0,
        });
        let bytes: u64 = bytes.sum();
        if bytes > ARGUMENT_BYTES_MAX as u64 {
            return Err(format!(
                "its arguments have {bytes} bytes, more than {ARGUMENT_BYTES_MAX}: scatter large \
                 values first (client.scatter) and give the future"
            ));
        }
        Ok(bytes)
    }

    fn make_key(&self) -> Result<Key> {
        let options = self.options.as_deref();
        if let Some(key) = options.and_then(|options| options.key.as_ref()) {
            return Key::new(key.clone()).map_err(|error| self.invalid(error.to_string()));
        }
        let pure = options.and_then(|options| options.pure);
        let key = if pure.unwrap_or_else(|| self.definition.is_pure()) {
            let Arguments {
                nodes,
                dependencies,
                ..
            } = &self.arguments;
            crate::key::of_content(
                self.definition,
                nodes,
                dependencies,
                options.map(|o| &o.task),
            )
        } else {
            crate::key::unique(self.definition)
        };
        key.map_err(|error| self.invalid(error.to_string()))
    }

    fn invalid(&self, reason: String) -> Error {
        Error::Call {
            operation: self.operation().to_string(),
            reason,
        }
    }
}

/// That label and job are not too long.
fn check_texts(options: &TaskOptions) -> Result<(), String> {
    for (what, text) in [("label", &options.label), ("name of its job", &options.job)] {
        if text.len() > LABEL_BYTES_MAX {
            return Err(format!(
                "the {what} has {} bytes, more than {LABEL_BYTES_MAX}",
                text.len()
            ));
        }
    }
    Ok(())
}

impl<T> fmt::Debug for TaskCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Arguments {
            nodes,
            dependencies,
            ..
        } = &self.arguments;
        f.debug_struct("TaskCall")
            .field("operation", self.operation())
            .field("nodes", &nodes.len())
            .field("dependencies", dependencies)
            .finish_non_exhaustive()
    }
}
