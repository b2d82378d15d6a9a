//! Operations that run on workers outside scheduling.

use super::pending::Waits;
use crate::core::SchedulerCore;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use taskloom_core::message::{Answer, ToWorker};
use taskloom_core::{Encoded, ErrorCode, Operation, TaskFailure};

/// The results of all workers together have at most so many bytes.
const RESULT_BYTES: u64 = 8 * 1024 * 1024;

type Outcome = Result<Encoded, Arc<TaskFailure>>;

/// One operation on several workers.
#[derive(Debug)]
pub(crate) struct Runs {
    operation: Operation,
    /// By worker, the place of its result.
    waiting: BTreeMap<u32, usize>,
    results: Vec<(String, Option<Outcome>)>,
    /// Bytes of the results so far.
    bytes: u64,
}

impl Runs {
    fn failure(&self, worker: &str, code: ErrorCode, why: impl Into<String>) -> Arc<TaskFailure> {
        Arc::new(TaskFailure {
            operation: self.operation.to_string(),
            worker: worker.to_owned(),
            ..TaskFailure::new(code, why)
        })
    }

    fn set(&mut self, at: usize, outcome: Outcome) {
        let outcome = match outcome {
            Ok(value) if self.bytes + value.nbytes() > RESULT_BYTES => {
                let why = format!(
                    "the results of all workers have more than {} MiB together; return less, or \
                     ask fewer workers at a time",
                    RESULT_BYTES >> 20
                );
                Err(self.failure(&self.results[at].0, ErrorCode::Refused, why))
            }
            outcome => outcome,
        };
        self.bytes += outcome.as_ref().map_or(0, Encoded::nbytes);
        self.results[at].1 = Some(outcome);
    }
}

impl SchedulerCore {
    pub(crate) fn run_everywhere(
        &mut self,
        client: u32,
        request: u64,
        operation: Operation,
        arguments: Bytes,
        names: &[String],
    ) {
        let workers = match self.named_workers(names) {
            Ok(workers) => workers,
            Err(why) => return self.refuse_question(client, request, why),
        };
        if workers.is_empty() {
            let why = format!("cannot run {operation}: no worker is connected");
            return self.refuse_question(client, request, why);
        }
        let mut runs = Runs {
            operation,
            waiting: BTreeMap::new(),
            results: Vec::with_capacity(workers.len()),
            bytes: 0,
        };
        let mut orders = Vec::with_capacity(workers.len());
        for slot in workers {
            let Some(worker) = self.workers.get(slot) else {
                continue;
            };
            let name = worker.hello.name.clone();
            let mut offers = worker.hello.operations.iter();
            let offer = offers.position(|offered| *offered == runs.operation);
            let at = runs.results.len();
            let outcome = match offer {
                Some(index) => {
                    orders.push((slot, index as u32));
                    runs.waiting.insert(slot, at);
                    None
                }
                None => {
                    let why = format!("{name} does not offer {}", runs.operation);
                    Some(Err(runs.failure(&name, ErrorCode::NoWorker, why)))
                }
            };
            runs.results.push((name, outcome));
        }
        let Some(number) = self.keep_open(client, request, Waits::Runs(runs)) else {
            return;
        };
        for (slot, operation) in orders {
            self.tell_worker(
                slot,
                ToWorker::Run {
                    request: number,
                    operation,
                    arguments: arguments.clone(),
                },
            );
        }
        self.close_if_ran(number);
    }

    /// A worker has run something outside scheduling. Nobody may wait for it any more.
    pub(crate) fn ran_outside(
        &mut self,
        worker: u32,
        number: u64,
        result: Result<Encoded, Box<TaskFailure>>,
    ) {
        let Some(runs) = self.open_runs(number) else {
            return;
        };
        let Some(at) = runs.waiting.remove(&worker) else {
            return;
        };
        let outcome = result.map_err(|mut failure| {
            failure.worker.clone_from(&runs.results[at].0);
            if failure.operation.is_empty() {
                failure.operation = runs.operation.to_string();
            }
            Arc::from(failure)
        });
        runs.set(at, outcome);
        self.close_if_ran(number);
    }

    /// The worker will not answer.
    pub(crate) fn run_lost(&mut self, number: u64, worker: u32, name: &str, reason: &str) {
        if let Some(runs) = self.open_runs(number)
            && let Some(at) = runs.waiting.remove(&worker)
        {
            let why = format!("{name} ended while it ran {} ({reason})", runs.operation);
            let failure = runs.failure(name, ErrorCode::KilledWorker, why);
            runs.set(at, Err(failure));
            self.close_if_ran(number);
        }
    }

    fn open_runs(&mut self, number: u64) -> Option<&mut Runs> {
        match &mut self.inquiries.get_mut(number)?.waits {
            Waits::Runs(runs) => Some(runs),
            _ => None,
        }
    }

    fn close_if_ran(&mut self, number: u64) {
        if let Some(runs) = self.open_runs(number)
            && runs.waiting.is_empty()
        {
            let results = std::mem::take(&mut runs.results).into_iter();
            let results = results.filter_map(|(name, outcome)| Some((name, outcome?)));
            let answer = Answer::Ran(results.collect());
            self.close_question(number, Ok(answer));
        }
    }
}
