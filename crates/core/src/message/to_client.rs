//! What the scheduler says to a client.

use super::to_worker::Peer;
use crate::error::TaskFailure;
use crate::ids::{TaskId, Ticket};
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

/// A message to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// A result was lost and is being computed again: after [`ToClient::Finished`] only.
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
    /// The scheduler is ending; nothing more will be taken in.
    Closing {
        /// Why.
        reason: String,
    },
}
