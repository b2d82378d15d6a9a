//! Ready tasks that no connected worker can run: they wait visibly, and not for ever.

use super::Step;
use crate::core::SchedulerCore;
use crate::spec::ClassId;
use crate::state::State;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use taskloom_core::message::ToClient;
use taskloom_core::operation::near_names;
use taskloom_core::{ErrorCode, Time};

/// The tasks of a class, by the time at which their clock started.
pub(crate) type NoWorkerClass = BTreeMap<Time, BTreeSet<u32>>;

impl SchedulerCore {
    /// Whether some connected worker can ever run tasks of a class.
    pub(crate) fn somebody_qualifies(&self, class: ClassId) -> bool {
        let class = self.specs.class(class);
        self.specs.record(class.operation).offered_by > 0 && self.any_qualifies(class)
    }

    /// Ready -> no-worker. The client is told at the end of the turn.
    pub(crate) fn enter_no_worker(&mut self, slot: u32, class: ClassId) {
        let since = if self.workers.len() > 0 {
            self.now
        } else {
            Time(u64::MAX)
        };
        self.set_state(slot, State::NoWorker { since });
        self.no_worker
            .entry(class)
            .or_default()
            .entry(since)
            .or_default()
            .insert(slot);
        let job = self.task(slot).job;
        *self.newly_stuck.entry((job, class)).or_default() += 1;
    }

    pub(crate) fn leave_no_worker(&mut self, slot: u32, since: Time) {
        let class = self.specs.get(self.task(slot).spec).class;
        if let Some(tasks) = self.no_worker.get_mut(&class) {
            if let Some(of_time) = tasks.get_mut(&since) {
                of_time.remove(&slot);
                if of_time.is_empty() {
                    tasks.remove(&since);
                }
            }
            if tasks.is_empty() {
                self.no_worker.remove(&class);
            }
        }
    }

    /// A worker joined: what it can run is ready again.
    pub(crate) fn wake_stuck(&mut self) {
        let classes: Vec<ClassId> = self.no_worker.keys().copied().collect();
        for class in classes {
            if self.somebody_qualifies(class)
                && let Some(tasks) = self.no_worker.remove(&class)
            {
                for slot in tasks.into_values().flatten() {
                    self.set_state(slot, State::Waiting { missing: 0 });
                    self.ready.push(slot);
                }
                for (_, client) in self.clients.iter_mut() {
                    client.told_waiting.remove(&class);
                }
            }
        }
    }

    /// A worker is gone: queued tasks that only it could run are stuck.
    pub(crate) fn unqualified_to_stuck(&mut self) {
        for (job, class) in self.jobs.classes() {
            if !self.somebody_qualifies(class) {
                let stuck = self.jobs.take_class(job, class);
                self.job_table.set_waiting(job, self.jobs.has(job));
                for entry in stuck {
                    self.enter_no_worker(entry.slot(), class);
                }
            }
        }
    }

    /// Starts all clocks anew at this time; the greatest time stands for a clock that stands still.
    pub(crate) fn restart_no_worker_clocks(&mut self, since: Time) {
        for tasks in self.no_worker.values_mut() {
            let all: BTreeSet<u32> = std::mem::take(tasks).into_values().flatten().collect();
            for &slot in &all {
                self.tasks[slot as usize].state = State::NoWorker { since };
            }
            tasks.insert(since, all);
        }
    }

    pub(crate) fn next_no_worker_deadline(&self) -> Option<Time> {
        let first = self
            .no_worker
            .values()
            .filter_map(BTreeMap::first_key_value);
        let since = first.map(|(&since, _)| since).min()?;
        (since != Time(u64::MAX)).then(|| since + self.config.no_worker_timeout)
    }

    /// Tasks that waited too long err.
    pub(crate) fn fail_stuck(&mut self) {
        let (now, timeout) = (self.now, self.config.no_worker_timeout);
        let classes: Vec<ClassId> = self.no_worker.keys().copied().collect();
        for class in classes {
            let Some(tasks) = self.no_worker.get(&class) else {
                continue;
            };
            let late: Vec<u32> = tasks
                .iter()
                .take_while(|&(&since, _)| since != Time(u64::MAX) && now.since(since) >= timeout)
                .flat_map(|(_, slots)| slots.iter().copied())
                .collect();
            if late.is_empty() {
                continue;
            }
            let waited = timeout.as_secs_f64();
            let (reason, near) = self.why_stuck(class);
            let near = if near.is_empty() {
                "none".into()
            } else {
                near.join(", ")
            };
            for slot in late {
                let text = format!("waited {waited} s for a worker: {reason} (nearest: {near})");
                let failure = self.blame(slot, ErrorCode::NoWorker, text);
                self.steps.push(Step::Fail(slot, Arc::new(failure)));
            }
        }
    }

    /// Why nobody can run a class, and similar operations that are offered.
    pub(crate) fn why_stuck(&self, class: ClassId) -> (String, Vec<String>) {
        let class = self.specs.class(class);
        let record = self.specs.record(class.operation);
        let operation = &record.operation;
        if record.offered_by == 0 {
            let near = near_names(
                &operation.name,
                self.specs.offered().map(|other| &*other.name),
            );
            return (format!("no worker offers {operation}"), near);
        }
        let resources: Vec<String> = class
            .resources
            .iter()
            .map(|(name, amount)| format!("{name}={amount}"))
            .collect();
        let mut reason = format!("workers offer {operation}, but none");
        if !class.workers.is_empty() {
            reason += &format!(" is named {}", class.workers.join(" or "));
        }
        if !resources.is_empty() {
            let and = if class.workers.is_empty() { "" } else { " and" };
            reason += &format!("{and} has the resources {}", resources.join(", "));
        }
        if class.workers.is_empty() && resources.is_empty() {
            reason += " of them takes new tasks: they are leaving";
        }
        (reason, Vec::new())
    }

    /// Tells clients which of their tasks became unable to run in this turn, once per class until a
    /// worker for it comes.
    pub(crate) fn tell_stuck(&mut self) {
        for ((job, class), tasks) in std::mem::take(&mut self.newly_stuck) {
            let of_job = self.job_table.get(job);
            let clients: Vec<u32> =
                of_job.map_or_else(Vec::new, |job| job.clients.iter().copied().collect());
            for client in clients {
                let fresh = self
                    .clients
                    .get_mut(client)
                    .is_some_and(|client| client.told_waiting.insert(class));
                if !fresh {
                    continue;
                }
                let (reason, near) = self.why_stuck(class);
                let operation = self
                    .specs
                    .record(self.specs.class(class).operation)
                    .operation
                    .clone();
                self.tell_client(
                    client,
                    ToClient::Waiting {
                        operation,
                        tasks,
                        near,
                        reason,
                    },
                );
            }
        }
    }
}
