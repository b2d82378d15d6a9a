//! One actor and the calls that wait for it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use taskloom_core::{ErrorCode, TaskFailure};
use taskloom_rpc::actor::{Answer, ArrivedCall};
use taskloom_task::{Outcome, Resident, TaskContext};

/// An actor of a worker. It answers one call at a time, in the order in which they came.
pub(super) struct Seat {
    waiting: Mutex<Waiting>,
    /// Used by one thread at a time, so nobody ever waits for it.
    resident: Mutex<Resident>,
    context: TaskContext,
}

#[derive(Default)]
struct Waiting {
    calls: VecDeque<(ArrivedCall, Answer)>,
    /// A thread is at it, or on its way.
    busy: bool,
    ended: bool,
}

impl Seat {
    pub(super) fn new(resident: Resident) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            context: resident.context().clone(),
            resident: Mutex::new(resident),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a call; whether a thread is to come.
    pub(super) fn add(&self, call: ArrivedCall, answer: Answer) -> bool {
        let mut waiting = self.lock();
        // The answer that is dropped says that there is no such actor.
        if waiting.ended {
            return false;
        }
        waiting.calls.push_back((call, answer));
        !std::mem::replace(&mut waiting.busy, true)
    }

    /// Nobody wants the actor any more; whether a thread is to come.
    pub(super) fn end(&self) -> bool {
        self.context.cancel();
        let mut waiting = self.lock();
        waiting.ended = true;
        !std::mem::replace(&mut waiting.busy, true)
    }

    /// No thread comes.
    pub(super) fn give_up(&self, reason: &str) {
        let calls = {
            let mut waiting = self.lock();
            waiting.busy = false;
            std::mem::take(&mut waiting.calls)
        };
        for (_, answer) in calls {
            let text = format!("the worker has no thread for it: {reason}");
            answer.give(Err(Box::new(TaskFailure::new(ErrorCode::Overloaded, text))));
        }
    }

    /// Answers what waits, on this thread; `wait` runs async methods.
    pub(super) fn work(&self, wait: &dyn Fn(&mut Resident, ArrivedCall) -> Outcome) {
        loop {
            let mut waiting = self.lock();
            if waiting.ended {
                let calls = std::mem::take(&mut waiting.calls);
                drop(waiting);
                drop(calls);
                self.resident().end();
                return;
            }
            let Some((call, answer)) = waiting.calls.pop_front() else {
                waiting.busy = false;
                return;
            };
            drop(waiting);
            let outcome = wait(&mut self.resident(), call);
            answer.give(outcome.and_then(|value| {
                catch_unwind(AssertUnwindSafe(|| value.encode()))
                    .map_err(|_| "its `Serialize` panicked".to_owned())
                    .and_then(|encoded| encoded.map_err(|error| error.to_string()))
                    .map_err(|reason| self.unfit(reason))
            }));
        }
    }

    fn resident(&self) -> MutexGuard<'_, Resident> {
        // The code of the user runs with panics caught.
        self.resident.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The failure of a method whose result cannot travel.
    fn unfit(&self, reason: String) -> Box<TaskFailure> {
        let mut failure = TaskFailure::new(ErrorCode::Encode, reason);
        failure.key = self.context.key().to_owned();
        failure.worker = self.context.worker().to_owned();
        Box::new(failure)
    }
}
