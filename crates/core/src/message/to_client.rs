//! What the scheduler says to a client.

use super::extension::Parcel;
use super::question::Answer;
use super::to_worker::Peer;
use crate::error::TaskFailure;
use crate::ids::{TaskId, Ticket};
use crate::key::Key;
use crate::operation::Operation;
use crate::value::Encoded;
use std::sync::Arc;

/// Where a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The id that the holders know it by.
    pub task: TaskId,
    /// Its size.
    pub nbytes: u64,
    /// The workers that hold it; empty if the scheduler has it itself.
    pub holders: Vec<Peer>,
    /// The value, if it is small and the scheduler has it.
    pub value: Option<Encoded>,
}

/// The answer for one ticket of a [`super::FromClient::Locate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// What was asked for.
    pub ticket: Ticket,
    /// Where it is; `None` if it is not in memory now (a notice will follow when it is, or has been
    /// sent if it failed).
    pub place: Option<Place>,
}

/// A line that a task printed or logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The key of the task.
    pub key: Key,
    /// The worker it ran on.
    pub worker: String,
    /// How weighty: 1 error, 2 warning, 3 information, 4 debugging, 5 tracing; 0 for what was
    /// printed.
    pub level: u8,
    /// The line, of at most [`crate::limits::LOG_BYTES_MAX`] bytes.
    pub text: String,
}

/// A message to a client.
#[derive(Clone, Debug, PartialEq)]
pub enum ToClient {
    /// A result is there.
    Finished {
        /// Which.
        ticket: Ticket,
        /// Bytes of the value.
        nbytes: u64,
        /// The value itself, if it is small.
        value: Option<Encoded>,
    },
    /// A task failed, or one that it depends on.
    Failed {
        /// Which.
        ticket: Ticket,
        /// How.
        failure: Arc<TaskFailure>,
    },
    /// Tasks that were not taken in.
    Refused {
        /// The first.
        first: Ticket,
        /// How many, with tickets in a row.
        count: u64,
        /// Why.
        failure: Arc<TaskFailure>,
    },
    /// A task is run again: its result was lost, after [`ToClient::Finished`], or somebody retries it
    /// or one that needs it, after [`ToClient::Failed`].
    Pending {
        /// Which.
        ticket: Ticket,
    },
    /// No connected worker can run some tasks of this client. They wait.
    Waiting {
        /// The operation nobody offers, or cannot run.
        operation: Operation,
        /// How many of this client's tasks wait for it at this moment.
        tasks: u64,
        /// Operations with similar names that are offered.
        near: Vec<String>,
        /// Why no worker qualifies, in words: not offered, resources, named workers.
        reason: String,
    },
    /// Bring scattered data to these workers, under this id.
    Supply {
        /// Which.
        ticket: Ticket,
        /// The id under which the workers take it.
        task: TaskId,
        /// Where to.
        targets: Vec<Peer>,
    },
    /// The answer to [`super::FromClient::Locate`].
    Located {
        /// The client's number for the request.
        request: u64,
        /// One answer per ticket, in the order asked.
        places: Vec<Located>,
    },
    /// The reply to a call of an extension.
    Replied {
        /// The client's number for the call.
        request: u64,
        /// The reply, or why there is none.
        result: Result<Parcel, Arc<TaskFailure>>,
    },
    /// A message of an extension that nobody asked for.
    Pushed {
        /// Which operation it belongs to: an index into the list of the welcome.
        operation: u32,
        /// The message.
        parcel: Parcel,
    },
    /// The answer to [`super::FromClient::Ask`].
    Answered {
        /// The client's number for the question.
        request: u64,
        /// The answer, or why there is none.
        result: Result<Box<Answer>, Arc<TaskFailure>>,
    },
    /// What tasks printed or logged.
    Logged(Vec<LogLine>),
    /// The scheduler is ending; nothing more will be taken in.
    Closing {
        /// Why.
        reason: String,
    },
}
