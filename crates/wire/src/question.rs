//! Questions and answers.

use crate::error::WireError;
use crate::field;
use crate::graph::{tickets_from, tickets_into, worker_names};
use crate::limits::WORKER_NAMES_MAX;
use crate::proto::{self, answer, question};
use crate::value::{
    address_from, failure_from, failure_into, failure_weight, operation_from, operation_into,
    resources_from, resources_into, value_from, value_into, value_weight,
};
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::limits::{ARGUMENT_BYTES_MAX, LABEL_BYTES_MAX};
use taskloom_core::message::{
    Answer, Explanation, HolderList, JobChange, JobSummary, Question, WorkerContents, WorkerSummary,
};
use taskloom_core::{Encoded, Key, TaskFailure, Ticket};

pub(crate) fn question_into(question: Question) -> proto::Question {
    use question::Kind;
    let names = |names| proto::WorkerNames { names };
    let kind = match question {
        Question::Explain(ticket) => Kind::Explain(ticket.0),
        Question::WhoHas(tickets) => Kind::WhoHas(proto::QuestionTickets {
            tickets: tickets_into(tickets),
        }),
        Question::HasWhat(workers) => Kind::HasWhat(names(workers)),
        Question::Processing(workers) => Kind::Processing(names(workers)),
        Question::Workers => Kind::Workers(true),
        Question::WaitForWorkers(n) => Kind::WaitForWorkers(n),
        Question::Replicate {
            tickets,
            copies,
            workers,
        } => Kind::Replicate(proto::Replicate {
            tickets: tickets_into(tickets),
            copies,
            workers,
        }),
        Question::Rebalance { tickets, workers } => Kind::Rebalance(proto::Rebalance {
            tickets: tickets_into(tickets),
            workers,
        }),
        Question::Run {
            operation,
            arguments,
            workers,
        } => Kind::Run(proto::RunEverywhere {
            operation: Some(operation_into(&operation)),
            arguments,
            workers,
        }),
        Question::Restart(workers) => Kind::Restart(names(workers)),
        Question::Retire(workers) => Kind::Retire(names(workers)),
        Question::Shutdown(reason) => Kind::Shutdown(reason),
        Question::Jobs => Kind::Jobs(true),
        Question::SetJob { job, change } => Kind::SetJob(proto::SetJob {
            job,
            change: Some(change_into(change)),
        }),
        Question::Sync => Kind::Sync(true),
    };
    proto::Question { kind: Some(kind) }
}

pub(crate) fn question_from(question: proto::Question) -> Result<Question, WireError> {
    use question::Kind;
    let kind = question
        .kind
        .ok_or_else(|| WireError::missing("Question", "kind"))?;
    Ok(match kind {
        Kind::Explain(ticket) => Question::Explain(Ticket(ticket)),
        Kind::WhoHas(list) => Question::WhoHas(tickets_from(list.tickets)),
        Kind::HasWhat(list) => Question::HasWhat(worker_names("WorkerNames", list.names)?),
        Kind::Processing(list) => Question::Processing(worker_names("WorkerNames", list.names)?),
        Kind::Workers(_) => Question::Workers,
        Kind::WaitForWorkers(n) => Question::WaitForWorkers(n),
        Kind::Replicate(replicate) => Question::Replicate {
            tickets: tickets_from(replicate.tickets),
            copies: replicate.copies,
            workers: worker_names("Replicate", replicate.workers)?,
        },
        Kind::Rebalance(rebalance) => Question::Rebalance {
            tickets: tickets_from(rebalance.tickets),
            workers: worker_names("Rebalance", rebalance.workers)?,
        },
        Kind::Run(run) => {
            let operation = run
                .operation
                .ok_or_else(|| WireError::missing("RunEverywhere", "operation"))?;
            if run.arguments.len() > ARGUMENT_BYTES_MAX {
                return Err(WireError::new("RunEverywhere", "arguments", "is too long"));
            }
            Question::Run {
                operation: operation_from(operation)?,
                arguments: run.arguments,
                workers: worker_names("RunEverywhere", run.workers)?,
            }
        }
        Kind::Restart(list) => Question::Restart(worker_names("WorkerNames", list.names)?),
        Kind::Retire(list) => Question::Retire(worker_names("WorkerNames", list.names)?),
        Kind::Shutdown(reason) => Question::Shutdown(reason),
        Kind::Jobs(_) => Question::Jobs,
        Kind::SetJob(set) => Question::SetJob {
            job: label("SetJob", "job", set.job)?,
            change: change_from(set.change)?,
        },
        Kind::Sync(_) => Question::Sync,
    })
}

/// A label or name of a job that arrived.
pub(crate) fn label(
    message: &'static str,
    name: &'static str,
    text: String,
) -> Result<String, WireError> {
    if text.len() > LABEL_BYTES_MAX {
        let reason = format!("has {} bytes, more than {LABEL_BYTES_MAX}", text.len());
        return Err(WireError::new(message, name, reason));
    }
    Ok(text)
}

fn change_into(change: JobChange) -> proto::set_job::Change {
    use proto::set_job::Change;
    match change {
        JobChange::Weight(weight) => Change::Weight(weight),
        JobChange::Pause => Change::Pause(true),
        JobChange::Resume => Change::Resume(true),
        JobChange::Cap(cap) => Change::Cap(cap.unwrap_or(0)),
        JobChange::Cancel => Change::Cancel(true),
    }
}

fn change_from(change: Option<proto::set_job::Change>) -> Result<JobChange, WireError> {
    use proto::set_job::Change;
    Ok(match change {
        Some(Change::Weight(0)) => {
            return Err(WireError::new(
                "SetJob",
                "weight",
                "is 0; pause the job instead",
            ));
        }
        Some(Change::Weight(weight)) => JobChange::Weight(weight),
        Some(Change::Pause(_)) => JobChange::Pause,
        Some(Change::Resume(_)) => JobChange::Resume,
        Some(Change::Cap(cap)) => JobChange::Cap(Some(cap).filter(|&cap| cap > 0)),
        Some(Change::Cancel(_)) => JobChange::Cancel,
        None => return Err(WireError::missing("SetJob", "change")),
    })
}

pub(crate) fn question_weight(question: &Question) -> usize {
    let names = |names: &[String]| names.iter().map(|name| 4 + name.len()).sum::<usize>();
    16 + match question {
        Question::WhoHas(tickets) => 4 * tickets.len(),
        Question::HasWhat(workers)
        | Question::Processing(workers)
        | Question::Restart(workers)
        | Question::Retire(workers) => names(workers),
        Question::Replicate {
            tickets, workers, ..
        }
        | Question::Rebalance { tickets, workers } => 4 * tickets.len() + names(workers),
        Question::Run {
            operation,
            arguments,
            workers,
        } => operation.name.len() + arguments.len() + names(workers),
        Question::Shutdown(reason) => reason.len(),
        Question::SetJob { job, .. } => job.len(),
        Question::Explain(_)
        | Question::Workers
        | Question::WaitForWorkers(_)
        | Question::Jobs
        | Question::Sync => 8,
    }
}

pub(crate) fn answered_into(
    request: u64,
    result: Result<Box<Answer>, Arc<TaskFailure>>,
) -> proto::Answered {
    use proto::answered::Result as Sent;
    let result = match result {
        Ok(answer) => Sent::Answer(answer_into(*answer)),
        Err(failure) => Sent::Failure(failure_into(Arc::unwrap_or_clone(failure))),
    };
    proto::Answered {
        request,
        result: Some(result),
    }
}

pub(crate) fn answered_from(
    answered: proto::Answered,
) -> Result<Result<Box<Answer>, Arc<TaskFailure>>, WireError> {
    use proto::answered::Result as Sent;
    Ok(match answered.result {
        Some(Sent::Answer(answer)) => Ok(Box::new(answer_from(answer)?)),
        Some(Sent::Failure(failure)) => Err(Arc::new(failure_from(failure))),
        None => return Err(WireError::missing("Answered", "result")),
    })
}

fn answer_into(answer: Answer) -> proto::Answer {
    use answer::Kind;
    let kind = match answer {
        Answer::Explained(explanation) => Kind::Explained(explanation_into(explanation)),
        Answer::Holders(lists) => Kind::Holders(proto::HolderLists {
            lists: lists
                .into_iter()
                .map(|list| proto::HolderList {
                    workers: list.workers,
                    nbytes: list.nbytes,
                })
                .collect(),
        }),
        Answer::Contents(workers) => Kind::Contents(proto::ContentsOfWorkers {
            workers: workers.into_iter().map(contents_into).collect(),
        }),
        Answer::Workers(workers) => Kind::Workers(proto::WorkerSummaries {
            workers: workers.into_iter().map(summary_into).collect(),
        }),
        Answer::Ran(workers) => Kind::Ran(proto::RanEverywhere {
            workers: workers.into_iter().map(ran_into).collect(),
        }),
        Answer::Jobs(jobs) => Kind::Jobs(proto::JobSummaries {
            jobs: jobs.into_iter().map(job_into).collect(),
        }),
        Answer::Done(count) => Kind::Done(count),
    };
    proto::Answer { kind: Some(kind) }
}

fn answer_from(answer: proto::Answer) -> Result<Answer, WireError> {
    use answer::Kind;
    let kind = answer
        .kind
        .ok_or_else(|| WireError::missing("Answer", "kind"))?;
    Ok(match kind {
        Kind::Explained(explanation) => Answer::Explained(explanation_from(explanation)),
        Kind::Holders(lists) => {
            let list = |list: proto::HolderList| HolderList {
                workers: list.workers,
                nbytes: list.nbytes,
            };
            Answer::Holders(lists.lists.into_iter().map(list).collect())
        }
        Kind::Contents(contents) => Answer::Contents(
            contents
                .workers
                .into_iter()
                .map(contents_from)
                .collect::<Result<_, _>>()?,
        ),
        Kind::Workers(workers) => Answer::Workers(
            workers
                .workers
                .into_iter()
                .map(summary_from)
                .collect::<Result<_, _>>()?,
        ),
        Kind::Ran(ran) => {
            field::count(
                "RanEverywhere",
                "workers",
                ran.workers.len(),
                WORKER_NAMES_MAX,
            )?;
            Answer::Ran(
                ran.workers
                    .into_iter()
                    .map(ran_from)
                    .collect::<Result<_, _>>()?,
            )
        }
        Kind::Jobs(jobs) => Answer::Jobs(jobs.jobs.into_iter().map(job_from).collect()),
        Kind::Done(count) => Answer::Done(count),
    })
}

/// The rough size of an answer in a message.
pub(crate) fn answer_weight(result: &Result<Box<Answer>, Arc<TaskFailure>>) -> usize {
    let texts = |texts: &[String]| texts.iter().map(|text| 4 + text.len()).sum::<usize>();
    let answer = match result {
        Ok(answer) => answer,
        Err(failure) => return 16 + failure_weight(failure),
    };
    16 + match answer.as_ref() {
        Answer::Explained(explanation) => {
            64 + explanation.key.len()
                + texts(&explanation.reasons)
                + texts(&explanation.workers)
                + texts(&explanation.story)
        }
        Answer::Holders(lists) => lists.iter().map(|list| 8 + texts(&list.workers)).sum(),
        Answer::Contents(workers) => workers
            .iter()
            .flat_map(|worker| &worker.keys)
            .map(|(key, _)| 8 + key.as_bytes().len())
            .sum(),
        Answer::Workers(workers) => workers
            .iter()
            .map(|worker| 64 + worker.name.len() + worker.address.len())
            .sum(),
        Answer::Ran(workers) => workers
            .iter()
            .map(|(name, result)| {
                8 + name.len()
                    + match result {
                        Ok(value) => value_weight(Some(value)),
                        Err(failure) => failure_weight(failure),
                    }
            })
            .sum(),
        Answer::Jobs(jobs) => jobs.iter().map(|job| 48 + job.job.len()).sum(),
        Answer::Done(_) => 8,
    }
}

fn explanation_into(explanation: Explanation) -> proto::Explanation {
    proto::Explanation {
        key: explanation.key,
        operation: explanation.operation,
        label: explanation.label,
        job: explanation.job,
        state: explanation.state,
        reasons: explanation.reasons,
        workers: explanation.workers,
        story: explanation.story,
        queue_place: explanation.queue_place,
        runs: explanation.runs,
    }
}

fn explanation_from(explanation: proto::Explanation) -> Explanation {
    Explanation {
        key: explanation.key,
        operation: explanation.operation,
        label: explanation.label,
        job: explanation.job,
        state: explanation.state,
        reasons: explanation.reasons,
        workers: explanation.workers,
        story: explanation.story,
        queue_place: explanation.queue_place,
        runs: explanation.runs,
    }
}

fn contents_into(contents: WorkerContents) -> proto::WorkerContents {
    let (keys, nbytes) = contents
        .keys
        .into_iter()
        .map(|(key, nbytes)| (key.as_str().to_owned(), nbytes))
        .unzip();
    proto::WorkerContents {
        worker: contents.worker,
        keys,
        nbytes,
        count: contents.count,
    }
}

fn contents_from(contents: proto::WorkerContents) -> Result<WorkerContents, WireError> {
    if contents.keys.len() != contents.nbytes.len() {
        return Err(WireError::new(
            "WorkerContents",
            "nbytes",
            "does not fit the keys",
        ));
    }
    let keys = contents.keys.into_iter().zip(contents.nbytes);
    let key = |(key, nbytes): (String, u64)| {
        let key = Key::new(key)
            .map_err(|error| WireError::new("WorkerContents", "keys", error.to_string()))?;
        Ok((key, nbytes))
    };
    Ok(WorkerContents {
        worker: contents.worker,
        keys: keys.map(key).collect::<Result<_, WireError>>()?,
        count: contents.count,
    })
}

fn summary_into(worker: WorkerSummary) -> proto::WorkerSummary {
    proto::WorkerSummary {
        name: worker.name,
        address: worker.address,
        nthreads: worker.nthreads,
        memory_limit: worker.memory_limit,
        resources: resources_into(worker.resources),
        stored_bytes: worker.stored_bytes,
        processing: worker.processing,
    }
}

fn summary_from(worker: proto::WorkerSummary) -> Result<WorkerSummary, WireError> {
    Ok(WorkerSummary {
        name: field::name("WorkerSummary", "name", worker.name)?,
        address: address_from("WorkerSummary", worker.address)?,
        nthreads: worker.nthreads,
        memory_limit: worker.memory_limit,
        resources: resources_from("WorkerSummary", worker.resources)?,
        stored_bytes: worker.stored_bytes,
        processing: worker.processing,
    })
}

fn ran_into((worker, result): (String, Result<Encoded, Arc<TaskFailure>>)) -> proto::RanOnWorker {
    use proto::ran_on_worker::Result as Sent;
    let result = match result {
        Ok(value) => Sent::Value(value_into(value)),
        Err(failure) => Sent::Failure(failure_into(Arc::unwrap_or_clone(failure))),
    };
    proto::RanOnWorker {
        worker,
        result: Some(result),
    }
}

type Ran = (String, Result<Encoded, Arc<TaskFailure>>);

fn ran_from(ran: proto::RanOnWorker) -> Result<Ran, WireError> {
    use proto::ran_on_worker::Result as Sent;
    let result = match ran.result {
        Some(Sent::Value(value)) => Ok(value_from(value)?),
        Some(Sent::Failure(failure)) => Err(Arc::new(failure_from(failure))),
        None => return Err(WireError::missing("RanOnWorker", "result")),
    };
    Ok((ran.worker, result))
}

fn job_into(job: JobSummary) -> proto::JobSummary {
    proto::JobSummary {
        job: job.job,
        weight: job.weight,
        paused: job.paused,
        cap: job.cap.unwrap_or(0),
        queued: job.queued,
        running: job.running,
        tasks: job.tasks,
        given_ns: u64::try_from(job.given.as_nanos()).unwrap_or(u64::MAX),
    }
}

fn job_from(job: proto::JobSummary) -> JobSummary {
    JobSummary {
        job: job.job,
        weight: job.weight,
        paused: job.paused,
        cap: Some(job.cap).filter(|&cap| cap > 0),
        queued: job.queued,
        running: job.running,
        tasks: job.tasks,
        given: Duration::from_nanos(job.given_ns),
    }
}
