//! Why a scheduler cannot start or go on.

use taskloom_rpc::listen::ListenError;
use taskloom_scheduler_core::extension::ExtensionError;

/// Why a scheduler cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchedulerError {
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A thread or its runtime cannot be started.
    #[error("cannot start the scheduler's {what}: {source}")]
    Start {
        /// Which part.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A setting makes no sense.
    #[error("the setting {setting} is not valid: {reason}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// Why.
        reason: String,
    },
    /// Two extensions cannot run together.
    #[error("cannot start the scheduler: {0}")]
    Extensions(#[from] ExtensionError),
    /// A part of the scheduler ended that never should: a defect of Taskloom.
    #[error("the scheduler's {what} ended unexpectedly: {reason}")]
    Defect {
        /// Which part.
        what: &'static str,
        /// What it said last.
        reason: String,
    },
}
