//! A worker's messages, one by one.

use crate::core::SchedulerCore;
use taskloom_core::WorkerId;
use taskloom_core::message::FromWorker;

impl SchedulerCore {
    pub(crate) fn worker_heard(&mut self, worker: WorkerId) {
        let now = self.now;
        if let Some(worker) = self
            .worker_slot(worker)
            .and_then(|slot| self.workers.get_mut(slot))
        {
            worker.last_heard = now;
        }
    }

    pub(crate) fn worker_said(&mut self, id: WorkerId, messages: Vec<FromWorker>) {
        self.worker_heard(id);
        for message in messages {
            // Any message may have ended this worker's incarnation.
            let Some(slot) = self.worker_slot(id) else {
                return;
            };
            match message {
                FromWorker::Finished {
                    task,
                    run,
                    nbytes,
                    elapsed,
                    value,
                } => {
                    self.run_finished(slot, task, run, nbytes, elapsed, value);
                }
                FromWorker::Failed {
                    task,
                    run,
                    elapsed,
                    failure,
                } => {
                    self.run_failed(slot, task, run, elapsed, *failure);
                }
                FromWorker::Returned { task, run, cause } => {
                    self.run_returned(slot, task, run, cause);
                }
                FromWorker::Stored { task, nbytes } => self.stored(slot, task, nbytes),
                FromWorker::AcquireFailed { task, reason } => {
                    self.acquire_failed(slot, task, &reason);
                }
                FromWorker::Heartbeat {
                    executing,
                    process_bytes,
                    ..
                } => {
                    if let Some(worker) = self.workers.get_mut(slot) {
                        worker.executing = executing;
                        worker.process_bytes = process_bytes;
                    }
                }
                FromWorker::Ran { request, result } => self.ran_outside(slot, request, result),
                FromWorker::Seceded { task, run } => self.run_seceded(slot, task, run),
                FromWorker::Rejoined { task, run } => self.run_rejoined(slot, task, run),
                FromWorker::Logged { task, lines } => self.logged(slot, task, lines),
                FromWorker::Leaving => self.worker_leaves(slot),
            }
            self.run_steps();
        }
    }
}
