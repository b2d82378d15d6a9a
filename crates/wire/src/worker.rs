//! What workers and the scheduler say to each other.

use crate::error::WireError;
use crate::message::{SessionTerms, Wire};
use crate::proto::{self, from_worker, to_worker};
use crate::value::{
    address_from, failure_from, failure_into, failure_weight, operation_from, operation_into,
    peer_from, peer_into, resources_from, resources_into, value_from, value_into, value_weight,
};
use crate::{field, limits};
use std::time::Duration;
use taskloom_core::limits::{KEY_BYTES_MAX, LOG_BYTES_MAX, OPERATIONS_MAX};
use taskloom_core::message::{
    Compute, FromWorker, Input, ReturnCause, ToWorker, WorkerHello, WorkerWelcome,
};
use taskloom_core::{Encoded, RunId, TaskFailure, TaskId, WorkerId};

impl proto::WorkerHello {
    /// The hello of a worker as a message.
    pub fn from_core(hello: WorkerHello, terms: SessionTerms) -> Self {
        Self {
            protocol: hello.protocol,
            name: hello.name,
            address: hello.address,
            nthreads: hello.nthreads,
            memory_limit: hello.memory_limit,
            resources: resources_into(hello.resources),
            operations: hello.operations.iter().map(operation_into).collect(),
            release: hello.release,
            process: hello.process,
            session: bytes::Bytes::copy_from_slice(&terms.session),
            window_bytes: terms.window_bytes,
        }
    }

    /// The hello that arrived, checked. The version of the protocol is for the scheduler to judge.
    ///
    /// # Errors
    /// If a field is not valid.
    pub fn into_core(self) -> Result<(WorkerHello, SessionTerms), WireError> {
        let error = |field, reason: &'static str| WireError::new("WorkerHello", field, reason);
        let terms = SessionTerms::from_proto("WorkerHello", &self.session, self.window_bytes)?;
        field::count(
            "WorkerHello",
            "operations",
            self.operations.len(),
            OPERATIONS_MAX,
        )?;
        if self.nthreads == 0 {
            return Err(error("nthreads", "is 0"));
        }
        if self.release.len() > limits::ADDRESS_BYTES_MAX {
            return Err(error("release", "is too long"));
        }
        let operations = self.operations.into_iter().map(operation_from);
        let hello = WorkerHello {
            protocol: self.protocol,
            name: field::name("WorkerHello", "name", self.name)?,
            address: address_from("WorkerHello", self.address)?,
            nthreads: self.nthreads,
            memory_limit: self.memory_limit,
            resources: resources_from("WorkerHello", self.resources)?,
            operations: operations.collect::<Result<_, _>>()?,
            release: self.release,
            process: self.process,
        };
        Ok((hello, terms))
    }
}

impl proto::WorkerWelcome {
    /// The welcome of a worker as a message.
    pub fn from_core(welcome: &WorkerWelcome, window_bytes: u64) -> Self {
        Self {
            worker: welcome.worker.to_bits(),
            epoch: u32::from(welcome.epoch),
            heartbeat_ms: heartbeat_into(welcome.heartbeat),
            window_bytes,
        }
    }

    /// The welcome that arrived, and what may be unacknowledged towards the scheduler.
    ///
    /// # Errors
    /// If a field is not valid.
    pub fn into_core(self) -> Result<(WorkerWelcome, u64), WireError> {
        let welcome = WorkerWelcome {
            worker: WorkerId::from_bits(self.worker),
            epoch: epoch_from("WorkerWelcome", self.epoch)?,
            heartbeat: heartbeat_from("WorkerWelcome", self.heartbeat_ms)?,
        };
        Ok((welcome, window_from("WorkerWelcome", self.window_bytes)?))
    }
}

/// A heartbeat interval as it travels.
pub(crate) fn heartbeat_into(interval: Duration) -> u32 {
    u32::try_from(interval.as_millis())
        .unwrap_or(u32::MAX)
        .max(1)
}

/// A heartbeat interval that arrived.
pub(crate) fn heartbeat_from(message: &'static str, ms: u32) -> Result<Duration, WireError> {
    match ms {
        0 => Err(WireError::new(message, "heartbeat_ms", "is 0")),
        ms => Ok(Duration::from_millis(u64::from(ms))),
    }
}

/// An epoch that arrived.
pub(crate) fn epoch_from(message: &'static str, epoch: u32) -> Result<u16, WireError> {
    u16::try_from(epoch).map_err(|_| WireError::new(message, "epoch", "has more than 16 bits"))
}

/// A window that arrived.
pub(crate) fn window_from(message: &'static str, bytes: u64) -> Result<u64, WireError> {
    match bytes {
        0 => Err(WireError::new(
            message,
            "window_bytes",
            "is 0, so nothing could be sent",
        )),
        bytes => Ok(bytes),
    }
}

fn tasks_into(tasks: Vec<TaskId>) -> Vec<u64> {
    tasks.into_iter().map(TaskId::to_bits).collect()
}

fn tasks_from(tasks: Vec<u64>) -> Vec<TaskId> {
    tasks.into_iter().map(TaskId::from_bits).collect()
}

fn runs_into(runs: Vec<RunId>) -> Vec<u64> {
    runs.into_iter().map(|run| run.0).collect()
}

fn runs_from(runs: Vec<u64>) -> Vec<RunId> {
    runs.into_iter().map(RunId).collect()
}

fn workers_into(workers: Vec<WorkerId>) -> Vec<u64> {
    workers.into_iter().map(WorkerId::to_bits).collect()
}

fn workers_from(workers: Vec<u64>) -> Vec<WorkerId> {
    workers.into_iter().map(WorkerId::from_bits).collect()
}

impl Wire for ToWorker {
    type Proto = proto::ToWorker;

    fn into_proto(self) -> proto::ToWorker {
        use to_worker::Kind;
        let kind = match self {
            Self::Peer(peer) => Kind::Peer(peer_into(peer)),
            Self::PeerGone(worker) => Kind::PeerGone(worker.to_bits()),
            Self::Compute(compute) => Kind::Compute(compute_into(*compute)),
            Self::Cancel(runs) => Kind::Cancel(proto::Runs {
                runs: runs_into(runs),
            }),
            Self::Retract(runs) => Kind::Retract(proto::Runs {
                runs: runs_into(runs),
            }),
            Self::Free(tasks) => Kind::Free(proto::Tasks {
                tasks: tasks_into(tasks),
            }),
            Self::Acquire {
                task,
                nbytes,
                holders,
            } => Kind::Acquire(proto::Acquire {
                task: task.to_bits(),
                nbytes,
                holders: workers_into(holders),
            }),
            Self::MayLeave => Kind::MayLeave(true),
            Self::Run {
                request,
                operation,
                arguments,
            } => Kind::Run(proto::RunOutside {
                request,
                operation,
                arguments,
            }),
            Self::Retire => Kind::Retire(true),
            Self::Restart { reason } => Kind::Restart(reason),
            Self::Listen(on) => Kind::Listen(on),
            Self::Closing { reason } => Kind::Closing(reason),
        };
        proto::ToWorker { kind: Some(kind) }
    }

    fn is_unknown(proto: &proto::ToWorker) -> bool {
        proto.kind.is_none()
    }

    fn from_proto(proto: proto::ToWorker) -> Result<Self, WireError> {
        use to_worker::Kind;
        let kind = proto
            .kind
            .ok_or_else(|| WireError::missing("ToWorker", "kind"))?;
        Ok(match kind {
            Kind::Peer(peer) => Self::Peer(peer_from(peer)?),
            Kind::PeerGone(worker) => Self::PeerGone(WorkerId::from_bits(worker)),
            Kind::Compute(compute) => Self::Compute(Box::new(compute_from(compute)?)),
            Kind::Cancel(runs) => Self::Cancel(runs_from(runs.runs)),
            Kind::Retract(runs) => Self::Retract(runs_from(runs.runs)),
            Kind::Free(tasks) => Self::Free(tasks_from(tasks.tasks)),
            Kind::Acquire(acquire) => Self::Acquire {
                task: TaskId::from_bits(acquire.task),
                nbytes: acquire.nbytes,
                holders: workers_from(acquire.holders),
            },
            Kind::MayLeave(_) => Self::MayLeave,
            Kind::Run(run) => Self::Run {
                request: run.request,
                operation: run.operation,
                arguments: run.arguments,
            },
            Kind::Retire(_) => Self::Retire,
            Kind::Restart(reason) => Self::Restart { reason },
            Kind::Listen(on) => Self::Listen(on),
            Kind::Closing(reason) => Self::Closing { reason },
        })
    }

    fn weight(&self) -> usize {
        match self {
            Self::Peer(peer) => 16 + peer.name.len() + peer.address.len(),
            Self::PeerGone(_) | Self::MayLeave | Self::Retire | Self::Listen(_) => 16,
            Self::Run { arguments, .. } => 24 + arguments.len(),
            Self::Compute(compute) => compute_weight(compute),
            Self::Cancel(runs) | Self::Retract(runs) => 8 + 8 * runs.len(),
            Self::Free(tasks) => 8 + 8 * tasks.len(),
            Self::Acquire { holders, .. } => 24 + 8 * holders.len(),
            Self::Restart { reason } | Self::Closing { reason } => 8 + reason.len(),
        }
    }
}

fn compute_into(compute: Compute) -> proto::Compute {
    proto::Compute {
        task: compute.task.to_bits(),
        run: compute.run.0,
        key: compute.key,
        operation: compute.operation,
        priority: compute.priority,
        rank: compute.rank,
        arguments: compute.arguments,
        inputs: compute.inputs.into_iter().map(input_into).collect(),
        inline_result: compute.inline_result,
        timeout_ns: nanos_into(compute.timeout),
    }
}

fn compute_from(compute: proto::Compute) -> Result<Compute, WireError> {
    if compute.key.is_empty() || compute.key.len() > KEY_BYTES_MAX {
        return Err(WireError::new("Compute", "key", "is empty or too long"));
    }
    if std::str::from_utf8(&compute.key).is_err() {
        return Err(WireError::new("Compute", "key", "is not UTF-8"));
    }
    Ok(Compute {
        task: TaskId::from_bits(compute.task),
        run: RunId(compute.run),
        key: compute.key,
        operation: compute.operation,
        priority: compute.priority,
        rank: compute.rank,
        arguments: compute.arguments,
        inputs: compute
            .inputs
            .into_iter()
            .map(input_from)
            .collect::<Result<_, _>>()?,
        inline_result: compute.inline_result,
        timeout: Duration::from_nanos(compute.timeout_ns),
    })
}

fn compute_weight(compute: &Compute) -> usize {
    let input = |input: &Input| 24 + 8 * input.holders.len() + value_weight(input.value.as_ref());
    let inputs: usize = compute.inputs.iter().map(input).sum();
    48 + compute.key.len() + compute.arguments.len() + inputs
}

fn input_into(input: Input) -> proto::Input {
    proto::Input {
        task: input.task.to_bits(),
        nbytes: input.nbytes,
        holders: workers_into(input.holders),
        value: input.value.map(value_into),
    }
}

fn input_from(input: proto::Input) -> Result<Input, WireError> {
    Ok(Input {
        task: TaskId::from_bits(input.task),
        nbytes: input.nbytes,
        holders: workers_from(input.holders),
        value: input.value.map(value_from).transpose()?,
    })
}

impl Wire for FromWorker {
    type Proto = proto::FromWorker;

    fn into_proto(self) -> proto::FromWorker {
        use from_worker::Kind;
        let kind = match self {
            Self::Finished {
                task,
                run,
                nbytes,
                elapsed,
                value,
            } => Kind::Finished(proto::RunFinished {
                task: task.to_bits(),
                run: run.0,
                nbytes,
                elapsed_ns: nanos_into(elapsed),
                value: value.map(value_into),
            }),
            Self::Failed {
                task,
                run,
                elapsed,
                failure,
            } => Kind::Failed(proto::RunFailed {
                task: task.to_bits(),
                run: run.0,
                elapsed_ns: nanos_into(elapsed),
                failure: Some(failure_into(*failure)),
            }),
            Self::Returned { task, run, cause } => Kind::Returned(returned_into(task, run, cause)),
            Self::Stored { task, nbytes } => Kind::Stored(proto::Stored {
                task: task.to_bits(),
                nbytes,
            }),
            Self::AcquireFailed { task, reason } => Kind::AcquireFailed(proto::AcquireFailed {
                task: task.to_bits(),
                reason,
            }),
            Self::Heartbeat {
                executing,
                stored_bytes,
                process_bytes,
            } => Kind::Heartbeat(proto::Heartbeat {
                executing: runs_into(executing),
                stored_bytes,
                process_bytes,
            }),
            Self::Ran { request, result } => Kind::Ran(ran_into(request, result)),
            Self::Seceded { task, run } => Kind::Seceded(task_run(task, run)),
            Self::Rejoined { task, run } => Kind::Rejoined(task_run(task, run)),
            Self::Logged { task, lines } => Kind::Logged(logged_into(task, lines)),
            Self::Leaving => Kind::Leaving(true),
        };
        proto::FromWorker { kind: Some(kind) }
    }

    fn is_unknown(proto: &proto::FromWorker) -> bool {
        proto.kind.is_none()
    }

    fn from_proto(proto: proto::FromWorker) -> Result<Self, WireError> {
        use from_worker::Kind;
        let kind = proto
            .kind
            .ok_or_else(|| WireError::missing("FromWorker", "kind"))?;
        Ok(match kind {
            Kind::Finished(finished) => Self::Finished {
                task: TaskId::from_bits(finished.task),
                run: RunId(finished.run),
                nbytes: finished.nbytes,
                elapsed: Duration::from_nanos(finished.elapsed_ns),
                value: finished.value.map(value_from).transpose()?,
            },
            Kind::Failed(failed) => {
                let failure = failed
                    .failure
                    .ok_or_else(|| WireError::missing("RunFailed", "failure"))?;
                Self::Failed {
                    task: TaskId::from_bits(failed.task),
                    run: RunId(failed.run),
                    elapsed: Duration::from_nanos(failed.elapsed_ns),
                    failure: Box::new(failure_from(failure)),
                }
            }
            Kind::Returned(returned) => returned_from(returned)?,
            Kind::Stored(stored) => Self::Stored {
                task: TaskId::from_bits(stored.task),
                nbytes: stored.nbytes,
            },
            Kind::AcquireFailed(failed) => Self::AcquireFailed {
                task: TaskId::from_bits(failed.task),
                reason: failed.reason,
            },
            Kind::Heartbeat(beat) => Self::Heartbeat {
                executing: runs_from(beat.executing),
                stored_bytes: beat.stored_bytes,
                process_bytes: beat.process_bytes,
            },
            Kind::Ran(ran) => ran_from(ran)?,
            Kind::Seceded(of) => Self::Seceded {
                task: TaskId::from_bits(of.task),
                run: RunId(of.run),
            },
            Kind::Rejoined(of) => Self::Rejoined {
                task: TaskId::from_bits(of.task),
                run: RunId(of.run),
            },
            Kind::Logged(logged) => logged_from(logged)?,
            Kind::Leaving(_) => Self::Leaving,
        })
    }

    fn weight(&self) -> usize {
        match self {
            Self::Finished { value, .. } => 40 + value_weight(value.as_ref()),
            Self::Failed { failure, .. } => 40 + failure_weight(failure),
            Self::Returned { .. } => 64,
            Self::Stored { .. } => 24,
            Self::AcquireFailed { reason, .. } => 24 + reason.len(),
            Self::Heartbeat { executing, .. } => 24 + 8 * executing.len(),
            Self::Ran { result, .. } => match result {
                Ok(value) => 16 + value_weight(Some(value)),
                Err(failure) => 16 + failure_weight(failure),
            },
            Self::Seceded { .. } | Self::Rejoined { .. } => 24,
            Self::Logged { lines, .. } => {
                16 + lines.iter().map(|(_, text)| 8 + text.len()).sum::<usize>()
            }
            Self::Leaving => 8,
        }
    }
}

/// A duration as it travels.
pub(crate) fn nanos_into(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn returned_into(task: TaskId, run: RunId, cause: ReturnCause) -> proto::RunReturned {
    let mut returned = proto::RunReturned {
        task: task.to_bits(),
        run: run.0,
        ..Default::default()
    };
    let number = match cause {
        ReturnCause::Withdrawn => proto::ReturnCause::Withdrawn,
        ReturnCause::Leaving => proto::ReturnCause::Leaving,
        ReturnCause::Unreachable {
            input,
            holder,
            reason,
        } => {
            returned.input = input.to_bits();
            returned.holder = Some(holder.to_bits());
            returned.reason = reason;
            proto::ReturnCause::Unreachable
        }
        ReturnCause::Missing { input, holder } => {
            returned.input = input.to_bits();
            returned.holder = holder.map(WorkerId::to_bits);
            proto::ReturnCause::Missing
        }
    };
    returned.set_cause(number);
    returned
}

fn returned_from(returned: proto::RunReturned) -> Result<FromWorker, WireError> {
    let input = TaskId::from_bits(returned.input);
    let holder = returned.holder.map(WorkerId::from_bits);
    let cause = match proto::ReturnCause::try_from(returned.cause) {
        Ok(proto::ReturnCause::Withdrawn) => ReturnCause::Withdrawn,
        Ok(proto::ReturnCause::Leaving) => ReturnCause::Leaving,
        Ok(proto::ReturnCause::Unreachable) => {
            let holder = holder.ok_or_else(|| WireError::missing("RunReturned", "holder"))?;
            ReturnCause::Unreachable {
                input,
                holder,
                reason: returned.reason,
            }
        }
        Ok(proto::ReturnCause::Missing) => ReturnCause::Missing { input, holder },
        Ok(proto::ReturnCause::Unspecified) | Err(_) => {
            return Err(WireError::new("RunReturned", "cause", "is not known here"));
        }
    };
    Ok(FromWorker::Returned {
        task: TaskId::from_bits(returned.task),
        run: RunId(returned.run),
        cause,
    })
}

fn task_run(task: TaskId, run: RunId) -> proto::TaskRun {
    proto::TaskRun {
        task: task.to_bits(),
        run: run.0,
    }
}

fn ran_into(request: u64, result: Result<Encoded, Box<TaskFailure>>) -> proto::Ran {
    use proto::ran::Result as Sent;
    let result = match result {
        Ok(value) => Sent::Value(value_into(value)),
        Err(failure) => Sent::Failure(failure_into(*failure)),
    };
    proto::Ran {
        request,
        result: Some(result),
    }
}

fn ran_from(ran: proto::Ran) -> Result<FromWorker, WireError> {
    use proto::ran::Result as Sent;
    let result = match ran.result {
        Some(Sent::Value(value)) => Ok(value_from(value)?),
        Some(Sent::Failure(failure)) => Err(Box::new(failure_from(failure))),
        None => return Err(WireError::missing("Ran", "result")),
    };
    Ok(FromWorker::Ran {
        request: ran.request,
        result,
    })
}

fn logged_into(task: TaskId, lines: Vec<(u8, String)>) -> proto::TaskLogged {
    let line = |(level, text)| proto::LoggedLine {
        level: u32::from(level),
        text,
    };
    proto::TaskLogged {
        task: task.to_bits(),
        lines: lines.into_iter().map(line).collect(),
    }
}

fn logged_from(logged: proto::TaskLogged) -> Result<FromWorker, WireError> {
    field::count(
        "TaskLogged",
        "lines",
        logged.lines.len(),
        limits::FIELDS_MAX,
    )?;
    let line = |line: proto::LoggedLine| log_line("LoggedLine", line.level, line.text);
    Ok(FromWorker::Logged {
        task: TaskId::from_bits(logged.task),
        lines: logged
            .lines
            .into_iter()
            .map(line)
            .collect::<Result<_, _>>()?,
    })
}

/// A line of a log that arrived.
pub(crate) fn log_line(
    message: &'static str,
    level: u32,
    text: String,
) -> Result<(u8, String), WireError> {
    if text.len() > LOG_BYTES_MAX {
        return Err(WireError::new(message, "text", "is too long"));
    }
    let level = u8::try_from(level).ok().filter(|&level| level <= 5);
    let level = level.ok_or_else(|| WireError::new(message, "level", "is not known here"))?;
    Ok((level, text))
}
