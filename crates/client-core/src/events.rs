//! What can happen to a client.

use crate::effects::{Fetch, Upload};
use crate::tasks::{Need, Parent, Tasks};
use bytes::Bytes;
use std::sync::Arc;
use taskloom_core::arguments::Part;
use taskloom_core::message::{Question, ToClient};
use taskloom_core::{Encoded, Key, Operation, TaskFailure, TaskOptions, Ticket};

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// The user submits one task. Its ticket is [`crate::ClientCore::next_ticket`] of the moment
    /// before. It leaves with the next [`Event::Flush`], together with others.
    Submit(NewTask),
    /// The user submits many tasks as one graph. Their tickets count from
    /// [`crate::ClientCore::next_ticket`] of the moment before.
    SubmitTasks(Tasks),
    /// The user scatters a value, under the next ticket.
    Scatter(ScatterData),
    /// The user waits for a result or a part of it.
    Demand {
        /// Which.
        ticket: Ticket,
        /// The whole or an element.
        part: Part,
    },
    /// The last handle of a future was dropped.
    Release(Ticket),
    /// The user cancels a task; its future ends with this failure.
    Cancel(Ticket, Arc<TaskFailure>),
    /// Nobody waits for this task any more, although its future is held: the future ends with this
    /// failure, and others who want the task keep it.
    Abandon(Ticket, Arc<TaskFailure>),
    /// The user takes the task of this key, under the next ticket.
    Want(Key),
    /// The user has these run again; those that have not failed are passed over.
    Retry(Vec<Ticket>),
    /// The user lets these go on when nobody holds their futures.
    Detach(Vec<Ticket>),
    /// Whether the user wants to hear what tasks print and log.
    Listen(bool),
    /// The user asks something. It goes out at once, behind everything that was said before; its
    /// number is [`crate::ClientCore::next_request`] of the moment before.
    Ask(Question),
    /// Nobody waits for the answer to this question any more.
    GiveUp(u64),
    /// The user calls an operation of an extension. If a reply is wanted, its number is
    /// [`crate::ClientCore::next_request`] of the moment before.
    Call {
        /// Which: an index into the list of the welcome.
        operation: u32,
        /// The message.
        payload: Bytes,
        /// The tasks that it speaks of.
        futures: Vec<Ticket>,
        /// Whether a reply is wanted, and then whether its arrival is confirmed.
        reply: Option<bool>,
    },
    /// The reply to this call was taken.
    CallTaken(u64),
    /// Nobody waits for the reply to this call any more, come or not.
    CallDropped(u64),
    /// Everything that waits to be batched shall go out.
    Flush,
    /// The scheduler said these, in this order.
    Said(Vec<ToClient>),
    /// A fetch has ended; there is one answer per part, in order.
    Fetched(Fetch, Vec<Fetched>),
    /// An upload has ended.
    Uploaded(Upload, Uploaded),
    /// The session has ended, and why.
    Closed(String),
}

/// A task that the user submits.
#[derive(Debug)]
pub struct NewTask {
    /// Its key.
    pub key: Key,
    /// What it runs.
    pub operation: Operation,
    /// Its options, `None` for the default ones.
    pub options: Option<TaskOptions>,
    /// Its encoded arguments.
    pub arguments: Vec<u8>,
    /// The tasks that it depends on, distinct, in the order in which its arguments count.
    pub dependencies: Vec<Ticket>,
    /// The run of a task that submits it, if one does.
    pub parent: Option<Parent>,
}

impl NewTask {
    pub(crate) fn needs(&self) -> impl Iterator<Item = Need> {
        self.dependencies.iter().map(|&ticket| Need::Ticket(ticket))
    }
}

/// A value that the user scatters.
#[derive(Debug)]
pub struct ScatterData {
    /// Its key.
    pub key: Key,
    /// The value.
    pub value: Encoded,
    /// Names of the workers it shall lie on; empty for the scheduler's choice.
    pub workers: Vec<String>,
    /// Whether it shall lie on all of them.
    pub broadcast: bool,
}

/// What became of one part of a fetch.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// Here it is.
    Value(Encoded),
    /// It lies in this very process: the shell has it.
    Here,
    /// The source does not have it.
    Missing,
    /// The source has it and cannot give it, now or ever.
    Failed(String),
    /// The source serves too many others, for longer than the shell waits.
    Busy(String),
    /// The source did not answer, or not sensibly.
    Unreachable(String),
}

/// What became of an upload.
#[derive(Clone, Debug)]
pub enum Uploaded {
    /// The target has it.
    Done,
    /// The target did not answer, or not sensibly.
    Unreachable(String),
    /// The target did not take it.
    Refused(String),
}
