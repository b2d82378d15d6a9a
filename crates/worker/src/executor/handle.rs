//! The handle of a run in the executor: what the control thread can still do about it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use taskloom_core::RunId;
use taskloom_task::TaskContext;

const QUEUED: u8 = 0;
const RUNNING: u8 = 1;
const WITHDRAWN: u8 = 2;
const CANCELLED: u8 = 3;

/// Shared by the control thread and the thread that runs the task.
#[derive(Debug)]
pub(crate) struct RunHandle {
    pub(crate) run: RunId,
    state: AtomicU8,
    context: OnceLock<TaskContext>,
}

impl RunHandle {
    pub(crate) fn new(run: RunId) -> Self {
        Self {
            run,
            state: AtomicU8::new(QUEUED),
            context: OnceLock::new(),
        }
    }

    /// Claims the run for a thread; false if it was withdrawn before.
    pub(crate) fn start(&self) -> bool {
        self.advance(QUEUED, RUNNING)
    }

    /// Keeps it from being started; false if it has been.
    pub(crate) fn withdraw(&self) -> bool {
        self.advance(QUEUED, WITHDRAWN)
    }

    /// Keeps it from being started, or tells the running task that nobody wants its result. Returns
    /// whether it will not be started.
    pub(crate) fn cancel(&self) -> bool {
        let withdrawn = self.withdraw();
        if !withdrawn && self.advance(RUNNING, CANCELLED) {
            // Whoever comes second, this or `introduce`, sees what the other has done.
            if let Some(context) = self.context.get() {
                context.cancel();
            }
        }
        withdrawn
    }

    /// Makes the context of the running task known.
    pub(crate) fn introduce(&self, context: &TaskContext) {
        let _ = self.context.set(context.clone());
        if self.state.load(Ordering::SeqCst) == CANCELLED {
            context.cancel();
        }
    }

    /// Whether a thread has started it.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state.load(Ordering::SeqCst), RUNNING | CANCELLED)
    }

    fn advance(&self, from: u8, to: u8) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use taskloom_core::Key;
    use taskloom_task::WorkerScope;

    fn context() -> TaskContext {
        let scope = WorkerScope::new("w", std::env::temp_dir());
        TaskContext::new(Key::new("a").unwrap(), RunId(1), scope)
    }

    #[test]
    fn a_run_is_withdrawn_or_started() {
        let handle = RunHandle::new(RunId(1));
        handle.withdraw();
        assert!(!handle.start());
        let handle = RunHandle::new(RunId(1));
        assert!(handle.start());
        handle.withdraw();
        assert!(handle.is_running());
    }

    #[test]
    fn cancelling_reaches_the_task_before_and_after_its_introduction() {
        for cancel_first in [true, false] {
            let (handle, context) = (RunHandle::new(RunId(1)), context());
            assert!(handle.start());
            if cancel_first {
                handle.cancel();
            }
            handle.introduce(&context);
            if !cancel_first {
                assert!(!context.is_cancelled());
                handle.cancel();
            }
            assert!(context.is_cancelled());
        }
    }
}
