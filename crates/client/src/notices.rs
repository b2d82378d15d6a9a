//! What the scheduler says beside results.

use std::env;
use taskloom_rpc::SchedulerAddress;
use tokio::sync::broadcast::{self, error::RecvError};

/// Notices that are kept for a listener that is slow; older ones are dropped.
pub(crate) const REMEMBERED: usize = 64;

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Tasks wait, because no connected worker can run them.
    Waiting {
        /// The operation, as `name/version`.
        operation: String,
        /// How many tasks of this client wait for it.
        tasks: u64,
        /// Similar names that are offered.
        near: Vec<String>,
        /// Why no worker qualifies.
        reason: String,
        /// All of it in one line, with what to do.
        text: String,
    },
    /// An extension refused a call whose reply nobody wanted.
    CallRefused {
        /// Which call, and why.
        reason: String,
    },
    /// The scheduler is ending; nothing more will be taken in.
    Closing {
        /// Why.
        reason: String,
    },
}

impl Notice {
    pub(crate) fn new(notice: taskloom_client_core::Notice, address: &SchedulerAddress) -> Self {
        match notice {
            taskloom_client_core::Notice::Waiting {
                operation,
                tasks,
                near,
                reason,
            } => {
                let operation = operation.to_string();
                // Nobody offers it, rather than nobody who may run it: a worker of this very
                // program would.
                let text = if reason.starts_with("no worker offers") {
                    let nearest = if near.is_empty() {
                        "none".into()
                    } else {
                        near.join(", ")
                    };
                    // What comes with Taskloom is offered by the standard worker, whose name is
                    // `worker`; anything else by this very program.
                    let program = match operation.starts_with("taskloom::") {
                        true => String::new(),
                        false => program() + " ",
                    };
                    format!(
                        "waiting: {reason} (nearest: {nearest}); start one with \
                         `{program}worker {address}`"
                    )
                } else {
                    format!("waiting: {reason}")
                };
                Self::Waiting {
                    operation,
                    tasks,
                    near,
                    reason,
                    text,
                }
            }
            taskloom_client_core::Notice::CallRefused(failure) => Self::CallRefused {
                reason: failure.message.clone(),
            },
            taskloom_client_core::Notice::Closing(reason) => Self::Closing { reason },
        }
    }

    pub(crate) fn warn(&self) {
        // Whoever set no logging up would wait without a word.
        if !tracing::dispatcher::has_been_set() {
            match self {
                Self::Waiting { text, .. } => eprintln!("{text}"),
                Self::CallRefused { reason } => eprintln!("{reason}"),
                Self::Closing { reason } => eprintln!("the scheduler is shutting down: {reason}"),
            }
            return;
        }
        match self {
            Self::Waiting { text, tasks, .. } => tracing::warn!(tasks, "{text}"),
            Self::CallRefused { reason } => tracing::warn!("{reason}"),
            Self::Closing { reason } => tracing::warn!("the scheduler is shutting down: {reason}"),
        }
    }
}

/// The name of this program as it would be typed.
fn program() -> String {
    let path = env::current_exe().ok();
    let name = path.as_deref().and_then(|path| path.file_stem());
    name.map_or_else(
        || "myapp".into(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// The notices from the moment of [`crate::Client::notices`] on.
#[derive(Debug)]
pub struct Notices {
    pub(crate) notices: broadcast::Receiver<Notice>,
    pub(crate) ended: tokio::sync::watch::Receiver<bool>,
}

impl Notices {
    /// The next notice; `None` when the session has ended. Safe to cancel. A listener that falls
    /// behind misses the oldest notices.
    pub async fn next(&mut self) -> Option<Notice> {
        loop {
            tokio::select! {
                biased;
                notice = self.notices.recv() => match notice {
                    Ok(notice) => return Some(notice),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                _ = self.ended.wait_for(|ended| *ended) => return self.notices.try_recv().ok(),
            }
        }
    }
}
