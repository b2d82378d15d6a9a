//! The client for programs without async: the same names, and a runtime thread of its own.
//!
//! ```no_run
//! use taskloom_client::blocking::Client;
//! # use taskloom_task::TaskCall;
//! # fn example(call: TaskCall<i64>) -> taskloom_client::Result<()> {
//! let client = Client::connect("scheduler:8786")?;
//! println!("{}", client.submit(call).result()?);
//! # Ok(()) }
//! ```

mod channel;
mod cluster;
mod coordination;
mod futures;
mod publish;
mod queue;

pub use self::channel::{Channel, ChannelIter, Events, OpenChannel, Topic};
pub use self::cluster::Request;
pub use self::coordination::{Barrier, Event, Lock, LockGuard, MultiLock, Permits, Semaphore};
pub use self::futures::{Completed, Job, LogLines};
pub use self::queue::{OpenQueue, Queue, Variable};

use crate::nested::{Scope, away};
use crate::{ClientBuilder, Error, Graph, GraphOutputs, Identity, Notice, Result, TaskFuture};
use std::any::Any;
use std::future::{Future, IntoFuture};
use std::sync::Arc;
use std::thread::JoinHandle;
use taskloom_task::{TaskCall, TaskValue};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A session with a scheduler, as [`crate::Client`], for threads that may block. A call from async
/// code is an error that says so.
#[derive(Clone)]
pub struct Client {
    // Dropped before its runtime.
    client: crate::Client,
    runtime: Arc<Runtime>,
}

/// A thread that drives a runtime until this is dropped.
#[derive(Debug)]
pub(crate) struct Runtime {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Runtime {
    pub(crate) fn start() -> Result<Self> {
        let failed = |error| {
            Error::Setup(format!(
                "the client's runtime thread cannot be started: {error}"
            ))
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("taskloom-client".into())
            .spawn(move || {
                // An error means that the sender is gone, which also stops.
                let _ = runtime.block_on(stopped);
            })
            .map_err(failed)?;
        Ok(Self {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Runs a future on this thread, while the runtime's own thread drives the session. A task
    /// gives up its place for as long as that takes.
    fn block_on<F: Future>(&self, future: F) -> Result<F::Output> {
        if Handle::try_current().is_ok() {
            return Err(Error::WouldBlock(
                "it runs async tasks; use the async client there".into(),
            ));
        }
        Ok(self.handle.block_on(away(future)))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        drop(self.stop.take());
        let own = self.thread.as_ref().map(|thread| thread.thread().id());
        if own != Some(std::thread::current().id())
            && let Some(thread) = self.thread.take()
        {
            // A panic of the thread was reported by its hook.
            let _ = thread.join();
        }
    }
}

impl ClientBuilder {
    /// Connects for use without async.
    ///
    /// # Errors
    /// As [`ClientBuilder::connect`], or on a thread that runs async tasks.
    pub fn connect_blocking(self) -> Result<Client> {
        let runtime = Runtime::start()?;
        // Spawned, so that the session belongs to the runtime's own thread.
        let client = runtime.block_on(async move {
            tokio::spawn(self.connect()).await.map_err(|error| {
                Error::Setup(format!("the client's runtime thread has ended: {error}"))
            })?
        })??;
        Ok(Client {
            client,
            runtime: Arc::new(runtime),
        })
    }
}

impl Client {
    /// The face of a client that this runtime drives.
    pub(crate) fn on(client: crate::Client, runtime: Runtime) -> Self {
        Self {
            client,
            runtime: Arc::new(runtime),
        }
    }

    /// The same client as one run of a task uses it.
    pub(crate) fn within(&self, scope: Arc<Scope>) -> Self {
        Self {
            client: self.client.within(scope),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::connect`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn connect(address: impl Into<String>) -> Result<Self> {
        Self::builder(address).connect_blocking()
    }

    /// As [`crate::Client::connect_default`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn connect_default() -> Result<Self> {
        Self::connect("")
    }

    /// A connection with settings; end it with [`ClientBuilder::connect_blocking`].
    pub fn builder(address: impl Into<String>) -> ClientBuilder {
        crate::Client::builder(address)
    }

    /// As [`crate::Client::submit`]; wait with [`TaskFuture::result`].
    pub fn submit<T: TaskValue>(&self, call: TaskCall<T>) -> TaskFuture<T> {
        self.client.submit(call)
    }

    /// As [`crate::Client::map`]; waits for room.
    ///
    /// # Errors
    /// If the session ends, or on a thread that runs async tasks.
    pub fn map<I, F, T>(&self, items: I, call: F) -> Result<Vec<TaskFuture<T>>>
    where
        I: IntoIterator,
        F: FnMut(I::Item) -> TaskCall<T>,
        T: TaskValue,
    {
        self.runtime
            .block_on(self.client.map(items, call).into_future())?
    }

    /// As [`crate::Client::submit_graph`]; waits for room.
    ///
    /// # Errors
    /// If the graph is not valid or the session ends, or on a thread that runs async tasks.
    pub fn submit_graph<O: GraphOutputs>(&self, graph: Graph, outputs: O) -> Result<O::Futures> {
        self.runtime
            .block_on(self.client.submit_graph(graph, outputs).into_future())?
    }

    /// As [`crate::Client::scatter`]; end the settings with [`Scatter::place`] or [`Scatter::now`].
    pub fn scatter<T: TaskValue>(&self, value: T) -> Scatter<T> {
        Scatter {
            scatter: self.client.scatter(value),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::scatter_all`]; end the settings with [`ScatterAll::place`] or
    /// [`ScatterAll::now`].
    pub fn scatter_all<T: TaskValue>(&self, values: Vec<T>) -> ScatterAll<T> {
        ScatterAll {
            scatter: self.client.scatter_all(values),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::ready`].
    ///
    /// # Errors
    /// If the session ends, or on a thread that runs async tasks.
    pub fn ready(&self) -> Result<()> {
        self.runtime.block_on(self.client.ready())?
    }

    /// As [`crate::Client::identity`].
    ///
    /// # Errors
    /// If the scheduler does not answer, or on a thread that runs async tasks.
    pub fn identity(&self) -> Result<Identity> {
        self.runtime.block_on(self.client.identity())?
    }

    /// What the scheduler has to say beside results, from now on; the iterator blocks, and ends with
    /// the session.
    pub fn notices(&self) -> impl Iterator<Item = Notice> + use<> {
        let (mut notices, runtime) = (self.client.notices(), self.runtime.clone());
        std::iter::from_fn(move || runtime.block_on(notices.next()).ok().flatten())
    }

    /// The address of the scheduler, as `host:port`.
    pub fn address(&self) -> String {
        self.client.address()
    }

    /// As [`crate::Client::keep`].
    pub fn keep(&self, guard: Arc<dyn Any + Send + Sync>) {
        self.client.keep(guard);
    }

    /// As [`crate::Client::close`].
    ///
    /// # Errors
    /// On a thread that runs async tasks.
    pub fn close(&self) -> Result<()> {
        self.runtime.block_on(self.client.close())
    }

    /// The async client inside.
    pub fn as_async(&self) -> &crate::Client {
        &self.client
    }
}

macro_rules! builder {
    ($name:ident, $output:ty) => {
        #[doc = concat!("As [`crate::", stringify!($name), "`], for threads that may block.")]
        #[must_use = "nothing is scattered before `place` or `now`"]
        pub struct $name<T> {
            scatter: crate::$name<T>,
            runtime: Arc<Runtime>,
        }

        impl<T: TaskValue> $name<T> {
            /// Only on workers of these names.
            pub fn workers<W: Into<String>>(mut self, names: impl IntoIterator<Item = W>) -> Self {
                self.scatter = self.scatter.workers(names);
                self
            }

            /// A copy on each of the named workers, or on all workers if none are named.
            pub fn broadcast(mut self) -> Self {
                self.scatter = self.scatter.broadcast();
                self
            }

            /// Whether the key is a hash of the content (the default) or unique.
            pub fn hashed(mut self, hashed: bool) -> Self {
                self.scatter = self.scatter.hashed(hashed);
                self
            }

            /// Places the data and waits until they lie on workers.
            ///
            /// # Errors
            /// If they cannot be placed, or on a thread that runs async tasks.
            pub fn place(self) -> Result<$output> {
                self.runtime.block_on(self.scatter.scatter())?
            }

            /// Places the data without waiting.
            pub fn now(self) -> $output {
                self.scatter.now()
            }
        }
    };
}

builder!(Scatter, TaskFuture<T>);
builder!(ScatterAll, Vec<TaskFuture<T>>);
