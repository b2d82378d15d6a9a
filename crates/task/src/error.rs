//! The error that users of futures and clients see.

use crate::value::ValueError;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::{ErrorCode, TaskFailure};

/// The result of what this system does for a user.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call, a future or a client did not give what it was asked for.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A task ended badly: it failed, panicked, was cancelled, or could not run. See
    /// [`TaskFailure::code`].
    #[error("{0}")]
    Failed(Arc<TaskFailure>),
    /// No connection to the scheduler.
    #[error("cannot connect to {address}: {reason}")]
    Connect {
        /// Where to.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// Something took longer than it was given.
    #[error("{what} took longer than {after:?}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// The time that it was given.
        after: Duration,
    },
    /// The client or the cluster is closed.
    #[error("closed: {0}")]
    Closed(String),
    /// A limit on what may be under way is reached; wait for room (`client.ready().await`) and try
    /// again.
    #[error("overloaded: {0}")]
    Overloaded(String),
    /// A value could not be encoded or decoded.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A call whose key, options or arguments cannot be used.
    #[error("the call of {operation} is not valid: {reason}")]
    Call {
        /// The operation, as `name/version`.
        operation: String,
        /// What is wrong.
        reason: String,
    },
    /// A graph that cannot be submitted.
    #[error("the graph is not valid: {0}")]
    Graph(String),
    /// A future of another client was given to this one.
    #[error("the future of {key} {reason}")]
    Foreign {
        /// The key of its task.
        key: String,
        /// Whose it is, and what to do.
        reason: String,
    },
    /// Something that was lent for a time, such as a lock, is held no more.
    #[error("{what} is lost: {why}")]
    LeaseLost {
        /// What was held.
        what: String,
        /// What happened to it.
        why: String,
    },
    /// The scheduler refused something.
    #[error("refused: {0}")]
    Refused(String),
    /// Something about this program or its configuration is not as it must be.
    #[error("{0}")]
    Setup(String),
    /// A future was waited for in a way that would block a thread that must not block.
    #[error("this thread must not block: {0}")]
    WouldBlock(String),
}

impl Error {
    /// The story of the failed task, if a task failed.
    pub fn failure(&self) -> Option<&TaskFailure> {
        match self {
            Self::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// What happened to the failed task before it ended, a line per run: on which worker, and how
    /// that run ended. Empty if no task failed, or its first run was its only one.
    pub fn story(&self) -> &[String] {
        self.failure().map_or(&[], |failure| &failure.story)
    }

    /// Whether the code of a task is to blame: it returned an error, panicked, or its result could
    /// not be encoded.
    pub fn is_task_failure(&self) -> bool {
        matches!(
            self.code(),
            Some(ErrorCode::Task | ErrorCode::Panic | ErrorCode::Encode)
        )
    }

    /// Whether the task was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.code() == Some(ErrorCode::Cancelled)
    }

    /// Whether a run of the task took longer than the task's timeout.
    pub fn is_timed_out(&self) -> bool {
        self.code() == Some(ErrorCode::TimedOut)
    }

    /// Whether data are gone for good: scattered data together with their source, or an actor
    /// together with its worker.
    pub fn is_lost(&self) -> bool {
        self.code() == Some(ErrorCode::Lost)
    }

    /// The code of the failed task, if a task failed.
    pub fn code(&self) -> Option<ErrorCode> {
        self.failure().map(|failure| failure.code)
    }
}

impl From<TaskFailure> for Error {
    fn from(failure: TaskFailure) -> Self {
        Self::Failed(Arc::new(failure))
    }
}

impl From<Arc<TaskFailure>> for Error {
    fn from(failure: Arc<TaskFailure>) -> Self {
        Self::Failed(failure)
    }
}
