//! The handle of a run in the executor: what the control thread can still do about it, and what the
//! run can ask of the worker.

use super::Crew;
use super::completions::Report;
use crate::home::Home;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use taskloom_core::{RunId, TaskId};
use taskloom_task::{RunScope, TaskContext, WeakContext};
use taskloom_worker_core::Slot;
use tokio::task::AbortHandle;

const QUEUED: u8 = 0;
const RUNNING: u8 = 1;
const WITHDRAWN: u8 = 2;
const CANCELLED: u8 = 3;

const AT_WORK: u8 = 0;
const REPLACED: u8 = 1;
const LET_GO: u8 = 2;

/// Shared by the control thread and the thread that runs the task.
#[derive(Debug)]
pub(crate) struct RunHandle {
    pub(crate) run: RunId,
    slot: Slot,
    task: TaskId,
    crew: Arc<Crew>,
    state: AtomicU8,
    context: OnceLock<WeakContext>,
    /// Whether a compute thread runs it, and not the runtime for async tasks.
    on_thread: bool,
    /// Whether that thread counts among those at work.
    thread: AtomicU8,
    way_back: Mutex<WayBack>,
    abort: OnceLock<AbortHandle>,
}

/// How far a run that has seceded is on its way back.
#[derive(Debug, Default)]
enum WayBack {
    /// It waits for something, or is not away.
    #[default]
    Closed,
    /// It waits for a slot.
    Asked(Waker),
    /// It has a slot.
    Granted,
    /// It is to end, and needs none.
    Open,
}

impl RunHandle {
    pub(crate) fn new(
        slot: Slot,
        run: RunId,
        task: TaskId,
        on_thread: bool,
        crew: Arc<Crew>,
    ) -> Self {
        Self {
            run,
            slot,
            task,
            crew,
            state: AtomicU8::new(QUEUED),
            context: OnceLock::new(),
            on_thread,
            thread: AtomicU8::new(AT_WORK),
            way_back: Mutex::default(),
            abort: OnceLock::new(),
        }
    }

    /// The worker.
    pub(crate) fn home(&self) -> &Home {
        &self.crew.home
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
            if let Some(context) = self.context.get().and_then(WeakContext::upgrade) {
                context.cancel();
            }
        }
        withdrawn
    }

    /// The run that has seceded has a slot again.
    pub(crate) fn resume(&self) {
        self.open_way_back(WayBack::Granted);
    }

    /// The worker ends: nobody will tell the run anything any more.
    pub(crate) fn abandon(&self) {
        self.cancel();
        self.open_way_back(WayBack::Open);
    }

    fn open_way_back(&self, to: WayBack) {
        let mut way_back = self.way_back();
        if matches!(*way_back, WayBack::Open) {
            return;
        }
        let before = std::mem::replace(&mut *way_back, to);
        drop(way_back);
        if let WayBack::Asked(waker) = before {
            waker.wake();
        }
    }

    /// The run does not end: another thread takes the place of its own, or it is dropped at its next
    /// await.
    pub(crate) fn give_up(&self) {
        self.leave_thread();
        if let Some(abort) = self.abort.get() {
            abort.abort();
        }
    }

    /// The handle by which the future of the run is dropped.
    pub(crate) fn can_be_aborted(&self, abort: AbortHandle) {
        let _ = self.abort.set(abort);
    }

    /// Another thread takes the place of the one that executes this.
    fn leave_thread(&self) {
        if self.on_thread && change(&self.thread, AT_WORK, REPLACED) {
            self.crew.threads.leave();
        }
    }

    /// The thread that executes this counts among those at work again.
    fn back_at_work(&self) {
        if change(&self.thread, REPLACED, AT_WORK) {
            self.crew.threads.enter();
        }
    }

    /// The thread is done with it: whatever became of its place, it is at work again. It cannot be
    /// replaced on account of this run any more.
    pub(crate) fn let_go(&self) {
        if self.thread.swap(LET_GO, Ordering::SeqCst) == REPLACED {
            self.crew.threads.enter();
        }
    }

    fn way_back(&self) -> MutexGuard<'_, WayBack> {
        // It is whole at every moment at which another thread could have panicked.
        self.way_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the context of the running task known.
    pub(crate) fn introduce(&self, context: &TaskContext) {
        let _ = self.context.set(context.downgrade());
        if self.state.load(Ordering::SeqCst) == CANCELLED {
            context.cancel();
        }
    }

    /// Whether a thread has started it.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state.load(Ordering::SeqCst), RUNNING | CANCELLED)
    }

    /// Tells that a thread began with a run whose time counts.
    pub(crate) fn tell_started(&self) {
        let report = Report::Started(self.slot, self.run);
        self.crew.completions.tell(report);
    }

    fn advance(&self, from: u8, to: u8) -> bool {
        change(&self.state, from, to)
    }
}

fn change(state: &AtomicU8, from: u8, to: u8) -> bool {
    state
        .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
        .is_ok()
}

impl RunScope for RunHandle {
    fn task(&self) -> TaskId {
        self.task
    }

    fn secede(&self) {
        let mut way_back = self.way_back();
        if matches!(*way_back, WayBack::Open) {
            return;
        }
        *way_back = WayBack::Closed;
        drop(way_back);
        self.leave_thread();
        let report = Report::Seceded(self.slot, self.run);
        self.crew.completions.tell(report);
    }

    fn poll_rejoin(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut way_back = self.way_back();
        match &mut *way_back {
            WayBack::Closed => {
                *way_back = WayBack::Asked(cx.waker().clone());
                drop(way_back);
                let report = Report::WantsBack(self.slot, self.run);
                self.crew.completions.tell(report);
                Poll::Pending
            }
            WayBack::Asked(waker) => {
                waker.clone_from(cx.waker());
                Poll::Pending
            }
            WayBack::Granted => {
                *way_back = WayBack::Closed;
                drop(way_back);
                self.back_at_work();
                Poll::Ready(())
            }
            WayBack::Open => Poll::Ready(()),
        }
    }

    fn log(&self, level: u8, text: &str) {
        self.crew.lines.push(self.task, level, text);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::task::noop_waker;
    use taskloom_core::Key;
    use taskloom_task::WorkerScope;

    fn new_handle() -> RunHandle {
        let home = Arc::new(Home {
            name: "w".into(),
            scope: WorkerScope::new("w", std::env::temp_dir()),
        });
        let crew = Crew::spawn(1, home, Arc::default()).unwrap().1;
        RunHandle::new(0, RunId(1), TaskId::new(1, 0), true, crew)
    }

    #[test]
    fn a_run_comes_back_when_it_is_told_or_nobody_can_tell_it() {
        let waker = noop_waker();
        let cx = &mut Context::from_waker(&waker);
        let handle = new_handle();
        handle.secede();
        assert!(handle.poll_rejoin(cx).is_pending());
        handle.resume();
        assert!(handle.poll_rejoin(cx).is_ready());
        handle.secede();
        assert!(handle.poll_rejoin(cx).is_pending(), "each wait asks anew");
        handle.abandon();
        assert!(handle.poll_rejoin(cx).is_ready());
        handle.secede();
        assert!(handle.poll_rejoin(cx).is_ready());
    }

    fn context() -> TaskContext {
        let scope = WorkerScope::new("w", std::env::temp_dir());
        TaskContext::new(Key::new("a").unwrap(), RunId(1), scope)
    }

    #[test]
    fn a_run_is_withdrawn_or_started() {
        let handle = new_handle();
        handle.withdraw();
        assert!(!handle.start());
        let handle = new_handle();
        assert!(handle.start());
        handle.withdraw();
        assert!(handle.is_running());
    }

    #[test]
    fn cancelling_reaches_the_task_before_and_after_its_introduction() {
        for cancel_first in [true, false] {
            let (handle, context) = (new_handle(), context());
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
