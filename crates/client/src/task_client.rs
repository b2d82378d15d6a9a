//! What gives a task its client: one connection for all tasks of a worker, opened when the first of
//! them asks for it.

use crate::blocking::Runtime;
use crate::nested::Host;
use crate::{Client, Error, Result, blocking};
use std::any::Any;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;
use taskloom_task::TaskContext;
use tokio::runtime::{Handle, RuntimeFlavor};

/// How long the first task that wants a client waits for the scheduler, which talks to this worker
/// already.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Gives a task a client, to start other tasks and to take part in whatever clients can do.
///
/// ```no_run
/// use taskloom_client::TaskClient as _;
/// use taskloom_task::{Result, TaskContext, task};
///
/// #[task(crate = taskloom_task)]
/// async fn fib(ctx: &TaskContext, n: u64) -> Result<u64> {
///     if n < 2 {
///         return Ok(n);
///     }
///     let client = ctx.client();
///     let (a, b) = (client.submit(fib::task(n - 1)), client.submit(fib::task(n - 2)));
///     Ok(a.await? + b.await?) // other tasks have the thread meanwhile
/// }
/// ```
///
/// What a task starts counts to the job of that task, and goes before what was submitted after it.
/// While the task waits for a future, another task of the worker may run in its place; it goes on
/// when there is a place again. When the task is cancelled, its futures end as cancelled, and what it
/// started is released; the same happens to futures that it drops.
///
/// The first call on a worker connects to the scheduler and blocks until that is done, some
/// milliseconds; all others cost next to nothing. A client that could not be connected, or belongs to
/// a context that no worker made, is closed: whatever it is asked for is an [`Error::Closed`] that
/// says why.
pub trait TaskClient {
    /// The client of this run of the task. It must not outlive the run.
    fn client(&self) -> Client;

    /// The same for tasks that are no async functions.
    fn blocking_client(&self) -> blocking::Client;
}

impl TaskClient for TaskContext {
    fn client(&self) -> Client {
        self.blocking_client().as_async().clone()
    }

    fn blocking_client(&self) -> blocking::Client {
        match Nested::of(self) {
            Ok(nested) => nested.client_of(self),
            Err(error) => stillborn(self, &error),
        }
    }
}

/// The session of all tasks of a worker.
struct Nested {
    client: blocking::Client,
}

/// Connects from a thread of whatever kind, which waits meanwhile.
fn connect(host: Host) -> Result<blocking::Client> {
    let runtime = Runtime::start()?;
    let builder = Client::builder(host.worker.scheduler())
        .name(format!("tasks of {}", host.name))
        .timeout(CONNECT_TIMEOUT)
        .guest_of(host);
    let (sender, connected) = std::sync::mpsc::channel();
    runtime.handle().spawn(async move {
        // Nobody waits if the task was dropped in the meantime.
        let _ = sender.send(builder.connect().await);
    });
    let wait = || {
        connected.recv().unwrap_or_else(|_| {
            Err(Error::Setup(
                "the thread of the tasks' client has ended".into(),
            ))
        })
    };
    let many = |handle: Handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread;
    let client = if Handle::try_current().is_ok_and(many) {
        tokio::task::block_in_place(wait)
    } else {
        wait()
    }?;
    Ok(blocking::Client::on(client, runtime))
}

/// A client that only says why it is none.
fn stillborn(context: &TaskContext, error: &Error) -> blocking::Client {
    let runtime = Runtime::start().unwrap_or_else(|error| {
        // A process that can start no thread can run no task either: this one fails with the words.
        resume_unwind(Box::new(error.to_string()))
    });
    let host = context.worker_scope().host();
    let address = host.map(|host| host.scheduler()).unwrap_or_default();
    let entered = runtime.handle().enter();
    let client = Client::builder(address).stillborn(&error.to_string());
    drop(entered);
    blocking::Client::on(client, runtime)
}

impl Nested {
    /// The session of this task's worker, opened if there is none.
    fn of(context: &TaskContext) -> Result<Arc<Self>> {
        let worker = context.worker_scope();
        let host = worker.host().ok_or_else(|| {
            Error::Setup(
                "this context belongs to no worker; only a task that a worker runs has a client"
                    .into(),
            )
        })?;
        // Held while it connects: others that come meanwhile need the same.
        let mut shelf = worker.shelf();
        let kept = shelf.clone().map(Arc::<dyn Any + Send + Sync>::downcast);
        if let Some(Ok(nested)) = kept {
            let nested: Arc<Self> = nested;
            if nested.client.as_async().session().closed().is_none() {
                return Ok(nested);
            }
        }
        let client = connect(Host {
            name: worker.name().to_owned(),
            worker: host.clone(),
        })?;
        let nested = Arc::new(Self { client });
        let former = shelf.replace(nested.clone());
        drop(shelf);
        // It may end a thread.
        drop(former);
        Ok(nested)
    }

    /// The client of one run: the same scope, however often it asks.
    fn client_of(&self, context: &TaskContext) -> blocking::Client {
        self.client
            .within(self.client.as_async().session().scope_of(context))
    }
}
