//! What can happen to an extension.

use bytes::Bytes;
use taskloom_core::{ClientId, ErrorCode, TaskId};

/// A call that may wait for its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId {
    /// Who called.
    pub client: ClientId,
    /// The client's number for it; 0 if it wants no reply.
    pub request: u64,
}

/// A call of one of the extension's operations.
#[derive(Clone, Debug)]
pub struct Called {
    /// Who called, and the number to reply to.
    pub call: CallId,
    /// Which: an index into [`super::Extension::operations`].
    pub operation: usize,
    /// The message.
    pub payload: Bytes,
    /// The tasks that it speaks of. They live at least until the event has been handled; to keep one
    /// for longer, hold it.
    pub futures: Vec<TaskId>,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskEnd {
    /// Its value is there.
    Finished {
        /// Its size.
        nbytes: u64,
    },
    /// It ended badly.
    Failed(ErrorCode),
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum ExtensionEvent {
    /// A client called an operation.
    Called(Called),
    /// A client waits for this call no more: a later reply would reach nobody. If the call was replied
    /// to, the reply reached nobody; that is told of operations that are
    /// [confirmed](super::Extension::confirmed).
    Withdrawn(CallId),
    /// The reply to this call has reached whoever waited for it; told of operations that are
    /// [confirmed](super::Extension::confirmed).
    Received(CallId),
    /// A client has connected.
    ClientJoined {
        /// Which.
        client: ClientId,
        /// Its name, for people.
        name: String,
    },
    /// A client is gone. Its calls that wait, or whose replies it did not confirm, are withdrawn
    /// without further notice. The tasks that it wanted live until this has been handled.
    ClientGone(ClientId),
    /// A worker has connected.
    WorkerJoined {
        /// Its name.
        name: String,
    },
    /// A worker is gone.
    WorkerGone {
        /// Its name.
        name: String,
    },
    /// A task has ended, or its lost value is there again. A task that had ended when it was held is
    /// told right after.
    TaskEnded {
        /// Which.
        task: TaskId,
        /// How.
        end: TaskEnd,
    },
    /// The time of [`super::Extension::next_deadline`] has come.
    Tick,
}
