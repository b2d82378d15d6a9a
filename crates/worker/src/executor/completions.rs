//! The way back from the executor: what became of runs, in batches, with as few wake-ups as possible.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use taskloom_core::{Encoded, RunId, TaskFailure};
use taskloom_task::Value;
use taskloom_worker_core::{RunEnd, Slot};
use tokio::sync::Notify;

/// The end of a run and the value it made.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) end: RunEnd,
    pub(crate) value: Option<Value>,
}

/// Something that happened in the executor.
#[derive(Debug)]
pub(crate) enum Report {
    /// A thread began with a run that has a timeout.
    Started(Slot, RunId),
    /// A run gave up its slot.
    Seceded(Slot, RunId),
    /// It wants to go on.
    WantsBack(Slot, RunId),
    /// A run is over.
    Ended(Completion),
    /// A run outside scheduling is over.
    Ran {
        /// The session that asked for it.
        session: u64,
        /// The scheduler's number for it.
        request: u64,
        /// What it returned, or how it failed.
        result: Result<Encoded, Box<TaskFailure>>,
    },
}

/// Reports that the control thread has not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Completions {
    list: Mutex<Vec<Report>>,
    woken: AtomicBool,
    wake: Notify,
}

impl Completions {
    pub(crate) fn push(&self, completion: Completion) {
        self.report(Report::Ended(completion));
    }

    /// Reports something that the control thread is to know at once.
    pub(crate) fn tell(&self, report: Report) {
        self.report(report);
        self.wake();
    }

    fn report(&self, report: Report) {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(report);
    }

    /// Wakes the control thread, unless it has been woken and has not come yet.
    pub(crate) fn wake(&self) {
        if !self.woken.swap(true, Ordering::SeqCst) {
            self.wake.notify_one();
        }
    }

    /// Waits for a wake-up.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Takes all there are, in exchange for an empty list.
    pub(crate) fn take(&self, empty: &mut Vec<Report>) {
        // Before the list is taken: what is pushed after it wakes again.
        self.woken.store(false, Ordering::SeqCst);
        std::mem::swap(
            &mut *self.list.lock().unwrap_or_else(PoisonError::into_inner),
            empty,
        );
    }
}

/// How many ends of runs one thread may keep back while it goes on with tiny tasks.
const HELD_RUNS: usize = 64;

/// How long it may keep them back.
const HELD_TIME: Duration = Duration::from_micros(200);

/// Decides for one compute thread when the control thread is to be woken. What is held back lies in
/// the common list already, so whoever comes first takes it.
#[derive(Debug, Default)]
pub(crate) struct Holding {
    runs: usize,
    since: Option<Instant>,
}

impl Holding {
    /// The end of a run was pushed at this time.
    pub(crate) fn pushed(&mut self, now: Instant, completions: &Completions) {
        self.runs += 1;
        let since = *self.since.get_or_insert(now);
        if self.runs >= HELD_RUNS || now.saturating_duration_since(since) >= HELD_TIME {
            self.release(completions);
        }
    }

    /// Something that may take long comes next.
    pub(crate) fn release(&mut self, completions: &Completions) {
        if self.runs > 0 {
            self.runs = 0;
            self.since = None;
            completions.wake();
        }
    }
}
