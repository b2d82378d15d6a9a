//! Why a task is not running, or where it has got to.

use crate::core::SchedulerCore;
use crate::spec::ClassId;
use crate::state::{QueuedAt, State};
use taskloom_core::message::{Answer, Explanation};
use taskloom_core::{Ticket, Time};

/// At most so many names of workers or inputs stand in an explanation.
const NAMED: usize = 5;

impl SchedulerCore {
    /// Explains the task of a ticket.
    ///
    /// # Errors
    /// Why it cannot be explained.
    pub(crate) fn explain(&self, client: u32, ticket: Ticket) -> Result<Answer, String> {
        let entry = self
            .clients
            .get(client)
            .and_then(|client| client.tickets.get(ticket));
        let slot = entry.and_then(|entry| entry.task());
        let slot =
            slot.ok_or("the scheduler does not know this task: it was refused or released")?;
        let task = self.task(slot);
        let spec = self.specs.get(task.spec);
        let options = self.specs.options_of(task.spec);
        let job = self.job_table.get(task.job);
        let mut explanation = Explanation {
            key: self.key_text(slot),
            operation: self.specs.record(spec.operation).operation.to_string(),
            label: options.label.clone(),
            job: job.map_or_else(String::new, |job| job.name.clone()),
            state: task.state.name().to_owned(),
            reasons: Vec::new(),
            workers: Vec::new(),
            story: self.story_of(slot),
            queue_place: None,
            runs: u32::from(task.runs),
        };
        self.explain_state(slot, spec.class, &mut explanation);
        Ok(Answer::Explained(explanation))
    }

    fn explain_state(&self, slot: u32, class: ClassId, explanation: &mut Explanation) {
        let task = self.task(slot);
        let reasons = &mut explanation.reasons;
        match task.state {
            State::Released => reasons.push("nobody needs its result now".into()),
            State::Waiting { missing } => {
                reasons.push(self.explain_waiting(slot, missing));
            }
            State::Queued { at } => {
                self.explain_queued(slot, class, at, explanation);
            }
            State::NoWorker { since } => {
                let (reason, near) = self.why_stuck(class);
                reasons.push(reason);
                if !near.is_empty() {
                    reasons.push(format!(
                        "similar operations are offered: {}",
                        near.join(", ")
                    ));
                }
                if since == Time(u64::MAX) {
                    reasons.push("no worker is connected".into());
                } else {
                    let left = self
                        .config
                        .no_worker_timeout
                        .saturating_sub(self.now.since(since));
                    reasons.push(format!("it errs in {:.0} s", left.as_secs_f64()));
                }
            }
            State::Pausing { until } => {
                let left = until.since(self.now).as_secs_f64();
                reasons.push(format!("it failed and runs again in {left:.1} s"));
            }
            State::Assigned {
                worker, missing, ..
            } => {
                let name = self.worker_name(worker).to_owned();
                reasons.push(format!(
                    "{missing} of its inputs are being made on {name}, where it is"
                ));
                explanation.workers.push(name);
            }
            State::Processing { worker, run } => {
                let name = self.worker_name(worker).to_owned();
                let record = self.workers.get(worker);
                if record.is_some_and(|record| !record.executing.contains(&run)) {
                    reasons.push(format!(
                        "it is on {name}, which at its last heartbeat had not started it: it \
                         waits there for a thread or for its inputs, or has just begun"
                    ));
                }
                explanation.workers.push(name);
            }
            State::Supplying => reasons.push("its data are on their way from a client".into()),
            State::Memory { holders, .. } => {
                let names = self.holders.get(holders).iter();
                let names = names.map(|&holder| self.worker_name(holder).to_owned());
                explanation.workers = names.collect();
            }
            State::Erred => {
                let failure = self.failures.get(&slot);
                reasons.extend(failure.map(|failure| failure.to_string()));
            }
        }
    }

    fn explain_waiting(&self, slot: u32, missing: u32) -> String {
        let inputs = self.edges.get(self.task(slot).dependencies).iter();
        let missed = inputs.filter(|edge| !self.task(edge.task).state.in_memory());
        let names: Vec<String> = missed
            .take(NAMED)
            .map(|edge| {
                let state = self.task(edge.task).state.name();
                format!("{} ({state})", self.key_text(edge.task))
            })
            .collect();
        let more = if missing as usize > names.len() {
            ", ..."
        } else {
            ""
        };
        format!("it waits for {missing} inputs: {}{more}", names.join(", "))
    }

    fn explain_queued(
        &self,
        slot: u32,
        class: ClassId,
        at: QueuedAt,
        explanation: &mut Explanation,
    ) {
        let (task, entry) = (self.task(slot), self.entry(slot));
        let record = self.specs.class(class);
        let before = match at {
            QueuedAt::Shared => self.jobs.before(task.job, class, entry),
            QueuedAt::Worker(worker) => {
                let name = self.worker_name(worker).to_owned();
                explanation
                    .reasons
                    .push(format!("it is queued for {name}, near its inputs"));
                let worker = self.workers.get(worker);
                worker.map_or(0, |worker| {
                    worker.located.iter().take_while(|e| *e > entry).count()
                })
            }
        };
        let reasons = &mut explanation.reasons;
        explanation.queue_place = Some(before as u64);
        if let Some(job) = self.job_table.get(task.job) {
            if job.paused {
                reasons.insert(0, format!("its job {} is paused", job.name));
            } else if !job.may_start() {
                let text = format!("its job {} runs as many tasks as its cap allows", job.name);
                reasons.insert(0, text);
            }
        }
        let able = self
            .workers
            .iter()
            .filter(|(_, worker)| worker.qualifies(record));
        let able: Vec<_> = able.map(|(_, worker)| worker).collect();
        if able.iter().all(|worker| !worker.has_resources(record)) {
            reasons.push(
                "the resources that it needs are in use on all workers that have them".into(),
            );
        }
        let names = able.iter().map(|worker| worker.hello.name.clone());
        explanation.workers = names.take(NAMED).collect();
        if before > 0 {
            reasons.push(format!(
                "{before} tasks of its queue go before it, by priority and order"
            ));
        }
        if self.jobs.others(task.job) {
            reasons.push("other jobs have tasks ready and share the workers with it".into());
        }
        if reasons.is_empty() {
            reasons.push("all workers that can run it are busy".into());
        }
    }
}
