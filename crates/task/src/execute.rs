//! Running a task's function with panics caught.

use crate::argument::Argument;
use crate::context::TaskContext;
use crate::definition::{Definition, Run};
use crate::failure::from_panic;
use crate::value::Value;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context, Poll};
use taskloom_core::{ErrorCode, TaskFailure};

/// What the hook saw of a panic: its message and its place.
type Seen = (String, Option<String>);

thread_local! {
    /// The task whose code this thread runs now.
    static CURRENT: RefCell<Option<TaskContext>> = const { RefCell::new(None) };
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// Puts a hook before the one that is there: panics of tasks are errors of tasks, which reach those
/// who wait for them; they do not belong on the standard error of the worker.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if is_in_task() {
                see(info);
            } else {
                previous(info);
            }
        }));
    });
}

fn see(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or_default().to_owned();
    let place = info
        .location()
        .map(|at| format!("{}:{}:{}", at.file(), at.line(), at.column()));
    SEEN.set(Some((message, place)));
}

/// The context of the task whose code this thread runs now.
pub(crate) fn current() -> Option<TaskContext> {
    // At the end of a thread there may be nothing left to look at.
    CURRENT
        .try_with(|current| current.try_borrow().ok()?.clone())
        .ok()
        .flatten()
}

fn is_in_task() -> bool {
    let look = |current: &RefCell<Option<TaskContext>>| {
        current.try_borrow().is_ok_and(|current| current.is_some())
    };
    CURRENT.try_with(look).unwrap_or(false)
}

/// Runs code of a task: a panic in it is seen and kept, and not reported otherwise.
pub(crate) fn guarded<R>(
    context: &TaskContext,
    code: impl FnOnce() -> R,
) -> Result<R, TaskFailure> {
    install_hook();
    let outer = CURRENT.replace(Some(context.clone()));
    let result = catch_unwind(AssertUnwindSafe(code));
    // What is dropped here may be the last handle of a context: not while the cell is borrowed.
    let inner = CURRENT.replace(outer);
    drop(inner);
    result.map_err(|payload: Box<dyn Any + Send>| from_panic(payload, SEEN.take()))
}

/// Fills in who failed where.
fn blame(definition: &Definition, context: &TaskContext, mut failure: TaskFailure) -> TaskFailure {
    failure.key = context.key().to_owned();
    failure.operation = definition.operation().to_string();
    failure.worker = context.worker().to_owned();
    failure
}

pub(crate) fn on_thread(
    definition: &Definition,
    context: &TaskContext,
    arguments: Vec<Argument>,
) -> Result<Value, TaskFailure> {
    let result = match definition.run() {
        Run::Thread(run) => guarded(context, || run(context, arguments)).flatten(),
        Run::Async(_) => Err(TaskFailure::new(
            ErrorCode::Internal,
            "an async task was given to a compute thread",
        )),
    };
    result.map_err(|failure| blame(definition, context, failure))
}

pub(crate) fn as_future(
    definition: &'static Definition,
    context: TaskContext,
    arguments: Vec<Argument>,
) -> BoxFuture<'static, Result<Value, TaskFailure>> {
    match definition.run() {
        Run::Thread(_) => async move { on_thread(definition, &context, arguments) }.boxed(),
        Run::Async(run) => {
            let task = match guarded(&context, || run(context.clone(), arguments)) {
                Ok(task) => task,
                Err(failure) => {
                    let failure = blame(definition, &context, failure);
                    return std::future::ready(Err(failure)).boxed();
                }
            };
            let guarded = Guarded {
                task: Some(task),
                context: context.clone(),
            };
            guarded
                .map(move |r| r.map_err(|failure| blame(definition, &context, failure)))
                .boxed()
        }
    }
}

/// An async task whose every poll, and whose end, is guarded.
struct Guarded {
    task: Option<BoxFuture<'static, Result<Value, TaskFailure>>>,
    context: TaskContext,
}

impl Future for Guarded {
    type Output = Result<Value, TaskFailure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { task, context } = &mut *self;
        let Some(task) = task else {
            return Poll::Pending;
        };
        // It may have given up a wait without rejoining: it does not compute beside its place.
        if context.seceding().poll_idle(context, cx).is_pending() {
            return Poll::Pending;
        }
        let polled = guarded(context, || task.poll_unpin(cx));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => {
                let ended = self.end();
                Poll::Ready(ended.and(result))
            }
            // What panicked is not polled again.
            Err(failure) => {
                let _ = self.end();
                Poll::Ready(Err(failure))
            }
        }
    }
}

impl Guarded {
    /// Drops the task, which runs code of the user.
    fn end(&mut self) -> Result<(), TaskFailure> {
        match self.task.take() {
            Some(task) => guarded(&self.context, move || drop(task)),
            None => Ok(()),
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // The task was abandoned; nobody is left to be told of a panic.
        let _ = self.end();
    }
}
