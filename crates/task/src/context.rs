//! The context of a running task: who it is, where it runs, whether it is still wanted.

use crate::host::WorkerScope;
use crate::secede::{RunScope, Seceded, Seceding};
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use taskloom_core::{Key, RunId, TaskId};
use tracing::Level;

/// What a task can ask about itself: take it as the first argument, `ctx: &TaskContext`.
///
/// ```
/// use taskloom_task::{TaskContext, task};
///
/// #[task(crate = taskloom_task)]
/// fn simulate(ctx: &TaskContext, steps: u64) -> u64 {
///     for step in 0..steps {
///         if ctx.is_cancelled() {
///             ctx.info(format!("stopped after {step} steps"));
///             return step;
///         }
///     }
///     steps
/// }
/// ```
///
/// A clone is the same context.
#[derive(Clone)]
pub struct TaskContext(Arc<Inner>);

struct Inner {
    key: Key,
    run: RunId,
    worker: Arc<WorkerScope>,
    scope: Option<Arc<dyn RunScope>>,
    seceded: Seceding,
    cancelled: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
    scratch: OnceLock<PathBuf>,
}

/// A context that does not keep its run's things alive; see [`TaskContext::downgrade`].
#[derive(Clone)]
pub struct WeakContext(Weak<Inner>);

impl WeakContext {
    /// The context, if the run is not over.
    pub fn upgrade(&self) -> Option<TaskContext> {
        self.0.upgrade().map(TaskContext)
    }
}

impl fmt::Debug for WeakContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakContext")
    }
}

impl TaskContext {
    /// The context of one run; made by workers, and by tests of tasks that want one.
    pub fn new(key: Key, run: RunId, worker: Arc<WorkerScope>) -> Self {
        Self::make(key, run, worker, None)
    }

    /// The context of a run that a worker's executor carries out.
    pub fn with_scope(
        key: Key,
        run: RunId,
        worker: Arc<WorkerScope>,
        scope: Arc<dyn RunScope>,
    ) -> Self {
        Self::make(key, run, worker, Some(scope))
    }

    fn make(
        key: Key,
        run: RunId,
        worker: Arc<WorkerScope>,
        scope: Option<Arc<dyn RunScope>>,
    ) -> Self {
        Self(Arc::new(Inner {
            key,
            run,
            worker,
            scope,
            seceded: Seceding::default(),
            cancelled: AtomicBool::new(false),
            waiting: Mutex::new(Vec::new()),
            scratch: OnceLock::new(),
        }))
    }

    /// The context of the task whose code runs on this thread at this moment. A thread that a task
    /// has started itself has none.
    ///
    /// ```
    /// use taskloom_task::TaskContext;
    /// assert!(TaskContext::current().is_none(), "this is no task");
    /// ```
    pub fn current() -> Option<Self> {
        crate::execute::current()
    }

    /// The same context, without keeping it alive.
    pub fn downgrade(&self) -> WeakContext {
        WeakContext(Arc::downgrade(&self.0))
    }

    /// Gives the run's place among the worker's running tasks to others for as long as it waits, for
    /// other tasks or for something outside: otherwise tasks that wait for tasks could fill a worker
    /// on which nothing can go on. Waiting for a future of the task's own client does this by itself.
    ///
    /// ```
    /// use taskloom_task::{TaskContext, task};
    ///
    /// # fn answer_of_a_slow_machine() -> i64 { 42 }
    /// #[task(crate = taskloom_task)]
    /// fn measured(ctx: &TaskContext) -> i64 {
    ///     let seceded = ctx.secede();               // others may run meanwhile
    ///     let answer = answer_of_a_slow_machine();
    ///     seceded.rejoin_blocking();                // waits for a place
    ///     answer
    /// }
    /// ```
    pub fn secede(&self) -> Seceded {
        Seceded::begin(self)
    }

    /// What the worker's executor does for this run.
    pub(crate) fn scope(&self) -> Option<&dyn RunScope> {
        self.0.scope.as_deref()
    }

    pub(crate) fn seceding(&self) -> &Seceding {
        &self.0.seceded
    }

    /// The key of the task.
    pub fn key(&self) -> &str {
        self.0.key.as_str()
    }

    /// The key, to be kept.
    pub(crate) fn key_of_task(&self) -> &Key {
        &self.0.key
    }

    /// The context of the actor that this run has made, for its methods. It is a run of its own, on
    /// no thread that the scheduler counts.
    pub(crate) fn of_actor(&self) -> Self {
        let RunId(run) = self.0.run;
        let (key, worker) = (self.0.key.clone(), self.0.worker.clone());
        Self::new(key, RunId(!run), worker)
    }

    /// The name of the worker that it runs on.
    pub fn worker(&self) -> &str {
        self.0.worker.name()
    }

    /// What all tasks of the worker have in common; for the client library.
    pub fn worker_scope(&self) -> &Arc<WorkerScope> {
        &self.0.worker
    }

    /// The scheduler's id of the task; `None` outside a worker's executor.
    pub fn task(&self) -> Option<TaskId> {
        self.scope().map(RunScope::task)
    }

    /// The number of this run: a task that is run again has another one.
    pub fn run(&self) -> RunId {
        self.0.run
    }

    /// Whether nobody wants the result any more. A task that runs for long should look now and then
    /// and return early; what it returns is dropped.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Waits until nobody wants the result any more, for async tasks.
    pub fn cancelled(&self) -> Cancelled {
        Cancelled(self.clone())
    }

    /// Tells the task that nobody wants its result any more; called by workers.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        let waiting = std::mem::take(&mut *self.waiting());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// A directory for files of this run alone, made when it is first asked for and removed after
    /// the run.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn scratch_directory(&self) -> std::io::Result<&Path> {
        if let Some(directory) = self.0.scratch.get() {
            return Ok(directory);
        }
        let RunId(number) = self.0.run;
        let directory = self.0.worker.directory().join(format!("run-{number:016x}"));
        std::fs::create_dir_all(&directory)?;
        Ok(self.0.scratch.get_or_init(|| directory))
    }

    /// Prints a line to the standard output of the worker, and to the clients that listen to what
    /// their tasks print. [`task_println!`](crate::task_println) does it with a format.
    pub fn print(&self, message: impl fmt::Display) {
        let text = message.to_string();
        crate::print::on_standard_output(&text);
        self.forward(0, &text);
    }

    /// Sends a line that the task has logged in another way to the clients that listen, and nowhere
    /// else.
    pub fn forward_log(&self, level: Level, line: &str) {
        self.forward(crate::print::weight(level), line);
    }

    fn forward(&self, level: u8, text: &str) {
        if let Some(scope) = self.scope() {
            scope.log(level, text);
        }
    }

    /// Writes to the worker's log, with the key of the task and the name of the worker, and to the
    /// clients that listen to what their tasks log.
    pub fn log(&self, level: Level, message: impl fmt::Display) {
        let (key, worker) = (self.key(), self.worker());
        let message = message.to_string();
        self.forward_log(level, &message);
        // The level of an event of `tracing` is a constant of its call site.
        match level {
            Level::ERROR => tracing::error!(target: "taskloom::task", key, worker, "{message}"),
            Level::WARN => tracing::warn!(target: "taskloom::task", key, worker, "{message}"),
            Level::INFO => tracing::info!(target: "taskloom::task", key, worker, "{message}"),
            Level::DEBUG => tracing::debug!(target: "taskloom::task", key, worker, "{message}"),
            Level::TRACE => tracing::trace!(target: "taskloom::task", key, worker, "{message}"),
        }
    }

    /// Writes an error to the worker's log: see [`Self::log`].
    pub fn error(&self, message: impl fmt::Display) {
        self.log(Level::ERROR, message);
    }

    /// Writes a warning to the worker's log: see [`Self::log`].
    pub fn warn(&self, message: impl fmt::Display) {
        self.log(Level::WARN, message);
    }

    /// Writes a line to the worker's log: see [`Self::log`].
    pub fn info(&self, message: impl fmt::Display) {
        self.log(Level::INFO, message);
    }

    /// Writes a detail to the worker's log: see [`Self::log`].
    pub fn debug(&self, message: impl fmt::Display) {
        self.log(Level::DEBUG, message);
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waker>> {
        // The list is whole at every moment at which another thread could have panicked.
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskContext")
            .field("key", &self.0.key)
            .field("run", &self.0.run)
            .field("worker", &self.0.worker.name())
            .field("cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(directory) = self.scratch.get()
            && let Err(error) = std::fs::remove_dir_all(directory)
        {
            let directory = directory.display();
            tracing::warn!(key = %self.key, %directory, %error, "cannot remove scratch files");
        }
    }
}

/// Waits for the cancellation of a task: see [`TaskContext::cancelled`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Cancelled(TaskContext);

impl Future for Cancelled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let context = &self.0;
        let mut waiting = context.waiting();
        // Looked at under the lock: a cancellation that comes later finds the waker in the list.
        if context.is_cancelled() {
            return Poll::Ready(());
        }
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}
