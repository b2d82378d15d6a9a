//! Threads for actors that are answering: as many as are busy at a time, beside the compute threads.
//!
//! An actor may wait for another one, so a fixed number of threads could stop all of them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A thread without work for this long ends.
const IDLE: Duration = Duration::from_secs(5);

/// Something to do.
type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Threads that wait for a job, also those that were called and have not come yet.
    idle: usize,
    /// Threads that were ever started, for their names.
    started: u64,
}

/// See the module. Dropping it lets its threads end after what they do.
#[derive(Default)]
pub(super) struct Crew(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    called: Condvar,
}

impl Crew {
    /// Does this on a thread of its own.
    ///
    /// # Errors
    /// If there is no idle thread and the system gives no other.
    pub(super) fn run(&self, job: Job) -> std::io::Result<()> {
        let mut state = self.0.lock();
        state.jobs.push_back(job);
        if state.jobs.len() <= state.idle {
            self.0.called.notify_one();
            return Ok(());
        }
        state.started += 1;
        let shared = self.0.clone();
        let started = std::thread::Builder::new()
            .name(format!("taskloom-actor-{}", state.started))
            .spawn(move || shared.work());
        if started.is_err() && state.idle == 0 {
            state.jobs.pop_back();
        }
        started.map(drop)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Jobs run without the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            while let Some(job) = state.jobs.pop_front() {
                drop(state);
                job();
                state = self.lock();
            }
            state.idle += 1;
            let (woken, waited) = self
                .called
                .wait_timeout(state, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::sync::Barrier;
    use std::sync::mpsc::channel;

    #[test]
    fn jobs_that_wait_for_each_other_all_run() {
        const JOBS: usize = 20;
        let crew = Crew::default();
        let barrier = Arc::new(Barrier::new(JOBS));
        let (done, ended) = channel();
        for _ in 0..2 {
            for _ in 0..JOBS {
                let (barrier, done) = (barrier.clone(), done.clone());
                let job = move || {
                    barrier.wait();
                    done.send(()).unwrap();
                };
                crew.run(Box::new(job)).unwrap();
            }
            for _ in 0..JOBS {
                ended.recv_timeout(Duration::from_secs(60)).unwrap();
            }
        }
        // The second round may have found most threads of the first one idle, and needs no more than
        // one for each job.
        assert!(crew.0.lock().started <= 2 * JOBS as u64);
    }
}
