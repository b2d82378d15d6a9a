//! A stand-in for client and worker: futures that are done, and runs of calls on this thread.

#![allow(dead_code)] // Each test file uses a part of it.

use futures::executor::block_on;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use taskloom_core::arguments::Part;
use taskloom_core::{Key, RunId, TaskFailure, Ticket};
use taskloom_task::{
    Dependency, Error, FutureHandle, Result, Status, TaskCall, TaskContext, TaskFuture, TaskValue,
    Value, WorkerScope, assemble,
};

/// What a task of the rig ended with.
pub struct Ended {
    ticket: u64,
    result: Result<Value>,
}

impl FutureHandle for Ended {
    fn session(&self) -> u64 {
        1
    }

    fn ticket(&self) -> Ticket {
        Ticket(self.ticket)
    }

    fn key(&self) -> Key {
        Key::new(format!("ended-{}", self.ticket)).unwrap()
    }

    fn status(&self) -> Status {
        if self.result.is_ok() {
            Status::Finished
        } else {
            Status::Erred
        }
    }

    fn error(&self) -> Option<Error> {
        self.result.clone().err()
    }

    fn poll_value(&self, _: &mut Context<'_>) -> Poll<Result<Value>> {
        Poll::Ready(self.result.clone())
    }

    fn poll_done(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn cancel(&self) {}
}

/// A future that has ended.
pub fn ended<T>(result: Result<Value>) -> TaskFuture<T> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let ticket = NEXT.fetch_add(1, Ordering::Relaxed);
    TaskFuture::new(Arc::new(Ended { ticket, result }))
}

/// The future of a value that was made on this worker.
pub fn done<T: TaskValue>(value: T) -> TaskFuture<T> {
    ended(Ok(Value::live(value)))
}

/// The future of a value that came from elsewhere.
pub fn arrived<T: TaskValue>(value: T) -> TaskFuture<T> {
    ended(Ok(Value::from_encoded(
        Value::live(value).encode().unwrap(),
    )))
}

/// A context for a run.
pub fn context() -> TaskContext {
    let directory = std::env::temp_dir();
    TaskContext::new(
        Key::new("k-1").unwrap(),
        RunId::new(1, 7),
        WorkerScope::new("w-1", directory),
    )
}

/// Runs a call to its end.
pub fn run<T>(call: TaskCall<T>) -> std::result::Result<Value, TaskFailure> {
    let parts = call.into_parts().unwrap();
    let dependencies = parts.dependencies;
    let arguments = assemble(parts.nodes.into_vec(), |dependency, part| {
        let Dependency::Future(handle) = &dependencies[dependency as usize] else {
            return None;
        };
        let mut cx = Context::from_waker(std::task::Waker::noop());
        match handle.poll_value(&mut cx) {
            Poll::Ready(Ok(value)) => match part {
                Part::WHOLE => Some(value),
                part => value.part(part.index().unwrap()).ok(),
            },
            _ => None,
        }
    })?;
    if parts.definition.is_async() {
        block_on(parts.definition.run_async(context(), arguments))
    } else {
        parts.definition.run_thread(&context(), arguments)
    }
}

/// Runs a call whose result is wanted.
pub fn eval<T: TaskValue>(call: TaskCall<T>) -> T {
    run(call).unwrap().take().unwrap()
}

/// Runs a call that fails.
pub fn fail<T>(call: TaskCall<T>) -> TaskFailure {
    run(call).unwrap_err()
}
