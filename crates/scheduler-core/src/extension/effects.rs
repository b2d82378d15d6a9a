//! What an extension wants done.

use super::events::CallId;
use bytes::Bytes;
use taskloom_core::{ClientId, TaskFailure, TaskId};

/// One thing that an extension wants done.
#[derive(Clone, Debug)]
pub enum ExtensionEffect {
    /// Reply to a call; the client wants the tasks from then on.
    Reply {
        /// Which call.
        call: CallId,
        /// The message.
        payload: Bytes,
        /// The tasks that it speaks of.
        futures: Vec<TaskId>,
    },
    /// Reply to a call that it cannot be done.
    Refuse {
        /// Which call.
        call: CallId,
        /// Why.
        failure: Box<TaskFailure>,
    },
    /// Tell a client something; it wants the tasks from then on.
    Push {
        /// Whom.
        client: ClientId,
        /// Under which operation: an index into [`super::Extension::operations`].
        operation: usize,
        /// The message.
        payload: Bytes,
        /// The tasks that it speaks of.
        futures: Vec<TaskId>,
    },
    /// Keep a task's result alive, and the task going, under a name such as `channel:x`. Holds count:
    /// a task that is held twice is to be let go twice.
    Hold {
        /// Under which name.
        holder: String,
        /// Which task.
        task: TaskId,
    },
    /// Undo one hold.
    LetGo {
        /// Under which name.
        holder: String,
        /// Which task.
        task: TaskId,
    },
}

/// What an extension wants done, in order.
#[derive(Debug, Default)]
pub struct ExtensionEffects(pub Vec<ExtensionEffect>);

impl ExtensionEffects {
    /// Replies to a call.
    pub fn reply(&mut self, call: CallId, payload: impl Into<Bytes>, futures: Vec<TaskId>) {
        let payload = payload.into();
        self.0.push(ExtensionEffect::Reply {
            call,
            payload,
            futures,
        });
    }

    /// Replies to a call that it cannot be done.
    pub fn refuse(&mut self, call: CallId, failure: TaskFailure) {
        let failure = Box::new(failure);
        self.0.push(ExtensionEffect::Refuse { call, failure });
    }

    /// Tells a client something.
    pub fn push(
        &mut self,
        client: ClientId,
        operation: usize,
        payload: impl Into<Bytes>,
        futures: Vec<TaskId>,
    ) {
        self.0.push(ExtensionEffect::Push {
            client,
            operation,
            payload: payload.into(),
            futures,
        });
    }

    /// Keeps a task's result alive under a name.
    pub fn hold(&mut self, holder: impl Into<String>, task: TaskId) {
        let holder = holder.into();
        self.0.push(ExtensionEffect::Hold { holder, task });
    }

    /// Undoes one hold.
    pub fn let_go(&mut self, holder: impl Into<String>, task: TaskId) {
        let holder = holder.into();
        self.0.push(ExtensionEffect::LetGo { holder, task });
    }
}
