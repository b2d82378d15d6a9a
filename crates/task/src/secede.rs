//! Giving up one's place among the running tasks of a worker, and getting one again.

use crate::context::TaskContext;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use taskloom_core::TaskId;

/// What a worker's executor does for one run. Workers implement it; tasks use [`TaskContext`].
pub trait RunScope: Send + Sync {
    /// The scheduler's id of the task.
    fn task(&self) -> TaskId;

    /// The run waits for something: it occupies no place from now on. Also withdraws what
    /// [`Self::poll_rejoin`] has asked for.
    fn secede(&self);

    /// Asks for a place, and is ready when the run has one.
    fn poll_rejoin(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Takes a line that the task printed or logged: how weighty (as
    /// [`LogLine::level`](taskloom_core::message::LogLine::level)) and the text.
    fn log(&self, level: u8, text: &str);
}

/// How far the waits of a run have come.
#[derive(Debug, Default)]
pub(crate) struct Seceding(Mutex<Waits>);

#[derive(Debug, Default)]
struct Waits {
    /// Guards that live.
    count: usize,
    /// The run has given up its place and has not got one again.
    away: bool,
    /// It has asked for its place, and was not given it yet.
    asked: bool,
}

impl Seceding {
    fn lock(&self) -> MutexGuard<'_, Waits> {
        // The counts are right at every moment at which another thread could have panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready when the run waits for something, or has its place.
    pub(crate) fn poll_idle(&self, context: &TaskContext, cx: &mut Context<'_>) -> Poll<()> {
        let mut waits = self.lock();
        match context.scope() {
            Some(scope) if waits.away && waits.count == 0 => {
                let polled = scope.poll_rejoin(cx);
                waits.away = polled.is_pending();
                waits.asked = waits.away;
                polled
            }
            _ => Poll::Ready(()),
        }
    }
}

/// A wait of a run, during which it occupies no place of its worker: see [`TaskContext::secede`].
///
/// A run may wait for several things at a time; it is away until all of these waits are over. The
/// last one to end in order waits for a place. A wait that is only dropped does not: an async task
/// then gets its place at its next await, any other goes on beside the others.
#[must_use = "the run gives up its place only as long as this lives"]
#[derive(Debug)]
pub struct Seceded {
    context: TaskContext,
    /// Whether it is counted among the waits.
    counted: bool,
}

impl Seceded {
    pub(crate) fn begin(context: &TaskContext) -> Self {
        let mut waits = context.seceding().lock();
        waits.count += 1;
        if (!waits.away || waits.asked)
            && let Some(scope) = context.scope()
        {
            waits.away = true;
            waits.asked = false;
            scope.secede();
        }
        drop(waits);
        Self {
            context: context.clone(),
            counted: true,
        }
    }

    /// Ends the wait; the last one is ready when the run has a place again.
    pub fn poll_rejoin(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::take(&mut self.counted) {
            self.context.seceding().lock().count -= 1;
        }
        self.context.seceding().poll_idle(&self.context, cx)
    }

    /// Ends the wait; the last one waits for a place.
    pub async fn rejoin(mut self) {
        poll_fn(|cx| self.poll_rejoin(cx)).await;
    }

    /// [`Self::rejoin`] for tasks that are no async functions: blocks the thread.
    pub fn rejoin_blocking(self) {
        futures::executor::block_on(self.rejoin());
    }
}

impl Drop for Seceded {
    fn drop(&mut self) {
        if self.counted {
            self.context.seceding().lock().count -= 1;
        }
    }
}
