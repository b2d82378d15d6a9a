//! What the scheduler says to a worker.

use crate::ids::{RunId, TaskId, WorkerId};
use crate::value::Encoded;
use bytes::Bytes;
use std::time::Duration;

/// A worker as others reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Which incarnation.
    pub worker: WorkerId,
    /// Its name, for messages to people.
    pub name: String,
    /// `host:port` of its data service.
    pub address: String,
}

/// A value that a task needs, by the position in its list of dependencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The task that made it.
    pub task: TaskId,
    /// Its size, 0 if it is not known yet.
    pub nbytes: u64,
    /// Who has it, the best first. Empty if it is, or will be made, on the addressed worker itself,
    /// or comes with `value`.
    pub holders: Vec<WorkerId>,
    /// The value itself, if it is small and the worker does not hold it.
    pub value: Option<Encoded>,
}

/// A task to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compute {
    /// The id under which the result is kept.
    pub task: TaskId,
    /// This dispatch; it comes back with the completion.
    pub run: RunId,
    /// The user's name for it, valid UTF-8.
    pub key: Bytes,
    /// Index into the list of operations that the worker offered in its hello.
    pub operation: u32,
    /// The user's priority, higher first.
    pub priority: i32,
    /// The place in the scheduler's order, lower first among equal priorities.
    pub rank: u64,
    /// The arguments, encoded as the message `Arguments` of the protocol.
    pub arguments: Bytes,
    /// What it depends on, in the order that references in the arguments count by.
    pub inputs: Vec<Input>,
    /// Whether a small result shall travel inside the completion.
    pub inline_result: bool,
    /// The longest that the run may take; zero for no limit.
    pub timeout: Duration,
}

/// A message to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToWorker {
    /// Introduces a worker before it is first named as a holder.
    Peer(Peer),
    /// That worker is gone: stop fetching from it.
    PeerGone(WorkerId),
    /// Run this.
    Compute(Box<Compute>),
    /// Withdraw these runs: one that has not started is answered with
    /// [`super::FromWorker::Returned`], one that runs gets its cancellation flag set, and its result
    /// is dropped.
    Cancel(Vec<RunId>),
    /// Give back those of these runs that have not started, with [`super::FromWorker::Returned`]: a
    /// worker is idle that could start them. Those that run go on, and are not answered.
    Retract(Vec<RunId>),
    /// Drop these values.
    Free(Vec<TaskId>),
    /// Get a copy of this value and report it with [`super::FromWorker::Stored`].
    Acquire {
        /// What to copy.
        task: TaskId,
        /// Its size.
        nbytes: u64,
        /// Who has it.
        holders: Vec<WorkerId>,
    },
    /// All that only this worker held is elsewhere: it may leave now. Follows
    /// [`super::FromWorker::Leaving`].
    MayLeave,
    /// Run an operation at once, outside scheduling and beside the compute threads. Answered with
    /// [`super::FromWorker::Ran`].
    Run {
        /// The scheduler's number for it.
        request: u64,
        /// Index into the list of operations that the worker offered in its hello.
        operation: u32,
        /// The arguments, encoded as the message `Arguments` of the protocol, without references.
        arguments: Bytes,
    },
    /// Leave in order, as if it had been told to end: see [`super::FromWorker::Leaving`].
    Retire,
    /// End at once and start anew with empty hands.
    Restart {
        /// Why.
        reason: String,
    },
    /// Whether to report what tasks print and log.
    Listen(bool),
    /// The scheduler is ending; wait for another one or leave, as configured.
    Closing {
        /// Why.
        reason: String,
    },
}
