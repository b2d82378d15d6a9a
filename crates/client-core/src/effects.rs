//! What the client shall do.

use std::sync::Arc;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::{Answer, FromClient, LogLine, Parcel, Peer};
use taskloom_core::{Encoded, Operation, TaskFailure, TaskId, Ticket, WorkerId};

/// An answer of the scheduler, or why there is none.
pub type AnswerResult = Result<Box<Answer>, Arc<TaskFailure>>;

/// What the shell shall do after an event, list by list.
#[derive(Debug, Default)]
pub struct Effects {
    /// Say this to the scheduler, in this order.
    pub send: Vec<FromClient>,
    /// These futures have another state now: wake who waits for them.
    pub ended: Vec<(Ticket, Ending)>,
    /// Results and parts that were demanded.
    pub deliver: Vec<Delivery>,
    /// Fetch these.
    pub fetch: Vec<Fetch>,
    /// Bring these to workers.
    pub upload: Vec<Upload>,
    /// Answers to questions, by the number of the question.
    pub answered: Vec<(u64, AnswerResult)>,
    /// Replies to calls, by the number of the call. Their futures are futures of this client.
    pub replied: Vec<(u64, Result<Parcel, Arc<TaskFailure>>)>,
    /// Messages that extensions sent unasked, with the operation. Their futures are futures of this
    /// client.
    pub pushed: Vec<(u32, Parcel)>,
    /// What tasks printed and logged.
    pub logged: Vec<LogLine>,
    /// Tell the user.
    pub notices: Vec<Notice>,
}

/// How a future changed.
#[derive(Clone, Debug)]
pub enum Ending {
    /// The result is there; a small one came along.
    Finished(Option<Encoded>),
    /// It failed.
    Failed(Arc<TaskFailure>),
    /// The result was lost and is being computed again.
    Pending,
}

/// A result, or a part of one, for those who demanded it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which.
    pub ticket: Ticket,
    /// The whole or an element.
    pub part: Part,
    /// The value, `None` if the shell has it already ([`crate::Fetched::Here`]), or why it cannot be
    /// had.
    pub result: Result<Option<Encoded>, Arc<TaskFailure>>,
}

/// From where values are fetched and by which way data are brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A worker, directly.
    Worker(Peer),
    /// The scheduler's relay.
    Relay,
}

/// Values to fetch in one call.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// From where.
    pub source: Source,
    /// What.
    pub parts: Vec<FetchPart>,
    /// How long to wait before: these parts were tried in vain.
    pub pause: Duration,
}

/// One value to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPart {
    /// The future.
    pub ticket: Ticket,
    /// The id by which holders know it.
    pub task: TaskId,
    /// The whole or an element.
    pub part: Part,
    /// The worker that has it, if one was named. The relay is told.
    pub holder: Option<WorkerId>,
}

/// Scattered data to bring to a worker.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The id under which the worker takes it.
    pub task: TaskId,
    /// The data.
    pub value: Encoded,
    /// The worker.
    pub target: Peer,
    /// Whether the scheduler's relay shall bring it.
    pub relay: bool,
}

/// Something that the user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Tasks wait, because no connected worker can run them.
    Waiting {
        /// The operation that nobody offers, or cannot run.
        operation: Operation,
        /// How many tasks wait for it.
        tasks: u64,
        /// Similar names that are offered.
        near: Vec<String>,
        /// Why no worker qualifies.
        reason: String,
    },
    /// An extension refused a call whose reply nobody wanted.
    CallRefused(Arc<TaskFailure>),
    /// The scheduler is ending, and why.
    Closing(String),
}
