//! What a client says to the scheduler.

use super::extension::Call;
use super::question::Question;
use crate::graph::GraphChunk;
use crate::ids::{TaskId, Ticket, WorkerId};
use crate::key::Key;

/// How a client introduces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHello {
    /// The protocol it speaks, [`crate::limits::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// A name for people, such as program and process id.
    pub name: String,
    /// The job that its tasks count to unless their options name another; empty for one of its own,
    /// which is named after the client.
    pub job: String,
}

/// Data that a client wants to place on workers. It keeps them until the scheduler asks for them
/// with [`super::ToClient::Supply`], and again when copies are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scatter {
    /// The client's number for it.
    pub ticket: Ticket,
    /// Its key: a hash of the content, or unique.
    pub key: Key,
    /// Bytes of its encoded form.
    pub nbytes: u64,
    /// Names of the workers it shall lie on; empty for the scheduler's choice.
    pub workers: Vec<String>,
    /// Whether it shall lie on all of `workers` (on all workers, if there are none named).
    pub broadcast: bool,
}

/// A message of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromClient {
    /// Tasks to run.
    Submit(Box<GraphChunk>),
    /// Data to place.
    Scatter(Scatter),
    /// The data asked for with [`super::ToClient::Supply`] cannot be given (`worker` is `None`), or
    /// could not be brought to that worker.
    SupplyFailed {
        /// The task.
        task: TaskId,
        /// The worker that it could not be brought to.
        worker: Option<WorkerId>,
        /// What went wrong.
        reason: String,
    },
    /// The client wants these no more.
    Release(Vec<Ticket>),
    /// End these for all who wait, unless another client wants them too.
    Cancel(Vec<Ticket>),
    /// Where are these? Answered with [`super::ToClient::Located`].
    Locate {
        /// The client's number for the request.
        request: u64,
        /// What to find.
        tickets: Vec<Ticket>,
    },
    /// A holder that was named does not have the value, or cannot be read.
    Missing {
        /// The task.
        task: TaskId,
        /// The worker that answered so.
        worker: WorkerId,
    },
    /// Take the task of this key under this ticket, the next of the client's own. If no task has the
    /// key, the answer is [`super::ToClient::Failed`] with the code of an unknown key.
    Want {
        /// The client's number for it.
        ticket: Ticket,
        /// The key.
        key: Key,
    },
    /// Run these again that failed, and whatever they need that failed.
    Retry(Vec<Ticket>),
    /// Keep these going until they have ended, also when nobody wants them.
    Detach(Vec<Ticket>),
    /// Call an operation of an extension.
    Call(Box<Call>),
    /// Nobody waits for the answer to this call or question any more. Both are numbered in one
    /// series.
    Withdraw(u64),
    /// The reply to this call has reached whoever waited for it.
    Received(u64),
    /// Answer this with [`super::ToClient::Answered`].
    Ask {
        /// The client's number for the question.
        request: u64,
        /// The question.
        question: Question,
    },
    /// Whether to send what tasks print and log, of those tasks that this client wants.
    Listen(bool),
    /// Still here.
    Heartbeat,
}
