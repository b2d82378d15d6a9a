//! What a worker says to the scheduler.

use crate::error::TaskFailure;
use crate::ids::{RunId, TaskId, WorkerId};
use crate::operation::Operation;
use crate::options::ResourceAmount;
use crate::value::Encoded;
use std::time::Duration;

/// How a worker introduces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerHello {
    /// The protocol it speaks, [`crate::limits::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// Its name: unique among living workers.
    pub name: String,
    /// `host:port` where others reach its data service.
    pub address: String,
    /// How many tasks it runs at a time.
    pub nthreads: u32,
    /// How much memory it may use, in bytes.
    pub memory_limit: u64,
    /// The resources it has, sorted by name.
    pub resources: Vec<(String, ResourceAmount)>,
    /// What it can run; dispatches name operations by their index here.
    pub operations: Vec<Operation>,
    /// The release of its program, for people.
    pub release: String,
    /// Its process id, for people.
    pub process: u32,
}

/// Why a worker gives a run back without having started it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReturnCause {
    /// It was asked to, with [`super::ToWorker::Cancel`] or [`super::ToWorker::Retract`].
    Withdrawn,
    /// It is leaving.
    Leaving,
    /// No holder of an input could be reached.
    Unreachable {
        /// The input.
        input: TaskId,
        /// The holder that was tried last.
        holder: WorkerId,
        /// What went wrong.
        reason: String,
    },
    /// The holders of an input answered that they do not have it.
    Missing {
        /// The input.
        input: TaskId,
        /// The holder that was asked last; `None` if the input should have been here.
        holder: Option<WorkerId>,
    },
}

/// A message of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromWorker {
    /// A run ended well; the worker holds the value.
    Finished {
        /// What it made.
        task: TaskId,
        /// Which run.
        run: RunId,
        /// Bytes of the value.
        nbytes: u64,
        /// How long the task itself ran.
        elapsed: Duration,
        /// The value, if it is small and was asked for.
        value: Option<Encoded>,
    },
    /// A run ended badly.
    Failed {
        /// Which task.
        task: TaskId,
        /// Which run.
        run: RunId,
        /// How long the task itself ran.
        elapsed: Duration,
        /// How it failed.
        failure: Box<TaskFailure>,
    },
    /// A run that is given back: it did not start, or it was cancelled and its end is of no use.
    Returned {
        /// Which task.
        task: TaskId,
        /// Which run.
        run: RunId,
        /// Why.
        cause: ReturnCause,
    },
    /// A value lies here now: a copy that was fetched or acquired, or scattered data.
    Stored {
        /// Which.
        task: TaskId,
        /// Bytes of the value.
        nbytes: u64,
    },
    /// A value that was to be acquired could not be had.
    AcquireFailed {
        /// Which.
        task: TaskId,
        /// Why.
        reason: String,
    },
    /// Still here.
    Heartbeat {
        /// The runs that are executing at this moment.
        executing: Vec<RunId>,
        /// Bytes of all values held.
        stored_bytes: u64,
        /// Memory of the process.
        process_bytes: u64,
    },
    /// The answer to [`super::ToWorker::Run`].
    Ran {
        /// The scheduler's number for it.
        request: u64,
        /// What it returned, or how it failed.
        result: Result<Encoded, Box<TaskFailure>>,
    },
    /// This run waits for other tasks: it occupies no thread until it comes back.
    Seceded {
        /// Which task.
        task: TaskId,
        /// Which run.
        run: RunId,
    },
    /// This run occupies a thread again.
    Rejoined {
        /// Which task.
        task: TaskId,
        /// Which run.
        run: RunId,
    },
    /// What a task printed or logged; only after [`super::ToWorker::Listen`].
    Logged {
        /// Which task.
        task: TaskId,
        /// The lines: how weighty (see [`super::LogLine`]) and the text.
        lines: Vec<(u8, String)>,
    },
    /// It was told to end: send nothing new; running tasks end, runs that have not started come back
    /// with [`ReturnCause::Leaving`]. Answered with [`super::ToWorker::MayLeave`] when every value
    /// that only it holds is elsewhere (or nowhere can take it).
    Leaving,
}
