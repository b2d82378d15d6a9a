//! A worker introduces itself.

use crate::core::SchedulerCore;
use crate::extension::ExtensionEvent;
use crate::spec::OperationId;
use crate::worker::Worker;
use std::time::Duration;
use taskloom_core::limits::{NAME_BYTES_MAX, OPERATIONS_MAX, PROTOCOL_VERSION};
use taskloom_core::message::{Refusal, ToWorker, WorkerHello, WorkerWelcome};
use taskloom_core::{Time, WorkerId};

/// A worker is asked for a heartbeat this much later for each one that is there already. Each
/// costs some 25 us, most of it the kernel's and the transport's.
const HEARTBEATS_APART: Duration = Duration::from_millis(8);

impl SchedulerCore {
    pub(crate) fn worker_joined(
        &mut self,
        mut hello: WorkerHello,
    ) -> Result<WorkerWelcome, Refusal> {
        self.may_join(&hello)?;
        hello.resources.sort();
        hello.resources.dedup_by(|a, b| a.0 == b.0);
        let mut operations: Vec<OperationId> = Vec::with_capacity(hello.operations.len());
        for operation in &hello.operations {
            let id = self
                .specs
                .operation(operation)
                .map_err(|_| Refusal::OperationMismatch {
                    party: "worker",
                    operation: operation.to_string(),
                })?;
            operations.push(id);
        }
        for &id in &operations {
            self.specs.record_mut(id).offered_by += 1;
        }
        let name = hello.name.clone();
        let now = self.now;
        let slot = self.workers.insert(|slot, generation| {
            Worker::new(WorkerId::new(slot, generation), hello, &operations, now)
        });
        self.specs.worker_present(&name, true);
        self.host
            .note(|| ExtensionEvent::WorkerJoined { name: name.clone() });
        self.worker_names.insert(name, slot);
        self.rank_new(slot, &operations);
        if self.workers.len() == 1 {
            self.start_no_worker_clocks();
            self.next_lease_check = now + self.config.worker_timeout / 4;
        }
        if self.listened {
            self.tell_worker(slot, ToWorker::Listen(true));
        }
        self.wake_stuck();
        self.supply_waiting();
        self.questions_see_worker();
        self.run_steps();
        Ok(WorkerWelcome {
            worker: self
                .workers
                .get(slot)
                .map_or(WorkerId::new(slot, 0), |worker| worker.id),
            epoch: self.epoch,
            heartbeat: self.heartbeat_of_one_more(),
        })
    }

    /// How often the newest worker is to send a heartbeat: the more there are, the more seldom, so
    /// that what all of them cost together stays small.
    fn heartbeat_of_one_more(&self) -> Duration {
        let shared = HEARTBEATS_APART * self.workers.len() as u32;
        let longest = self.config.heartbeat.max(self.config.worker_timeout / 6);
        shared.clamp(self.config.heartbeat, longest)
    }

    fn may_join(&self, hello: &WorkerHello) -> Result<(), Refusal> {
        if hello.protocol != PROTOCOL_VERSION {
            let (ours, theirs) = (PROTOCOL_VERSION, hello.protocol);
            return Err(Refusal::Protocol {
                party: "worker",
                ours,
                theirs,
            });
        }
        if self.closing.is_some() {
            return Err(Refusal::Closing);
        }
        if hello.name.is_empty() || hello.name.len() > NAME_BYTES_MAX {
            return Err(Refusal::Invalid(format!(
                "a worker's name has 1 to {NAME_BYTES_MAX} bytes"
            )));
        }
        if hello.nthreads == 0 || hello.nthreads > 65_536 {
            let text = format!(
                "a worker has 1 to 65536 threads, {} has {}",
                hello.name, hello.nthreads
            );
            return Err(Refusal::Invalid(text));
        }
        if hello.operations.len() > OPERATIONS_MAX {
            let text = format!(
                "{} operations are more than {OPERATIONS_MAX}",
                hello.operations.len()
            );
            return Err(Refusal::Invalid(text));
        }
        if let Some(other) = self
            .worker_names
            .get(&hello.name)
            .and_then(|&slot| self.workers.get(slot))
        {
            let (name, address) = (hello.name.clone(), other.hello.address.clone());
            return Err(Refusal::NameTaken { name, address });
        }
        let most = self.config.max_workers;
        if self.workers.len() >= most {
            return Err(Refusal::Full(format!(
                "{most} workers are connected, which is its limit (max-workers)"
            )));
        }
        Ok(())
    }

    /// Clocks of tasks that nobody can run stand still while no worker is connected.
    fn start_no_worker_clocks(&mut self) {
        let now = self.now;
        self.restart_no_worker_clocks(now);
    }

    /// Stops the clocks of tasks that nobody can run: no worker is left.
    pub(crate) fn stop_no_worker_clocks(&mut self) {
        self.restart_no_worker_clocks(Time(u64::MAX));
    }
}
