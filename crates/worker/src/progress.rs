//! How far a worker has come, for its owner: blocking and async waiters see the same.

use crate::error::WorkerExit;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// The state of a worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Under which address it was last registered.
    pub(crate) address: Option<String>,
    /// Whether it has a session now.
    pub(crate) is_registered: bool,
    /// How it ended.
    pub(crate) exit: Option<WorkerExit>,
}

/// The state of a worker and those who wait for it to change.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    state: Mutex<State>,
    changed: Condvar,
    notify: Notify,
}

impl Progress {
    pub(crate) fn state(&self) -> State {
        self.lock().clone()
    }

    pub(crate) fn registered(&self, address: String) {
        self.change(|state| {
            state.address = Some(address);
            state.is_registered = true;
        });
    }

    pub(crate) fn lost(&self) {
        self.change(|state| state.is_registered = false);
    }

    pub(crate) fn ended(&self, exit: WorkerExit) {
        self.change(|state| {
            state.is_registered = false;
            state.exit = Some(exit);
        });
    }

    /// Blocks until the state is as wanted; `None` if that takes too long.
    pub(crate) fn wait(
        &self,
        timeout: Option<Duration>,
        wanted: impl Fn(&State) -> bool,
    ) -> Option<State> {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        while !wanted(&state) {
            state = match until {
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.checked_duration_since(Instant::now())?;
                    self.changed
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        Some(state.clone())
    }

    /// Waits until the state is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&State) -> bool) -> State {
        loop {
            let changed = self.notify.notified();
            tokio::pin!(changed);
            // Enlisted before the state is looked at, so no change in between is missed.
            changed.as_mut().enable();
            let state = self.state();
            if wanted(&state) {
                return state;
            }
            changed.await;
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
        self.notify.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
