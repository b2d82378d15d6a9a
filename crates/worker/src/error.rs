//! Why a worker cannot start, and how it ended.

use std::path::PathBuf;
use std::time::Duration;
use taskloom_rpc::SchedulerAddress;
use taskloom_rpc::listen::ListenError;

/// Why a worker cannot start or is not ready.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// Its data service has no port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A setting makes no sense.
    #[error("{0}")]
    Config(String),
    /// Its scratch directory cannot be made.
    #[error("cannot make a scratch directory in {directory}: {reason}")]
    Scratch {
        /// Where.
        directory: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// The system gives no thread or runtime.
    #[error("cannot start the worker's threads: {0}")]
    Threads(std::io::Error),
    /// It was not registered in time.
    #[error("the worker was not registered within {0:?}")]
    NotRegistered(Duration),
    /// It ended before it was registered.
    #[error("the worker ended before it was registered: {0}")]
    Ended(WorkerExit),
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerExit {
    /// It was told to drain, and did.
    #[error("drained")]
    Drained,
    /// It was told to stop.
    #[error("stopped")]
    Stopped,
    /// The scheduler does not take it and never will.
    #[error("the scheduler refused this worker: {0}")]
    Refused(String),
    /// What answers at the scheduler's address is something else.
    #[error("{0}")]
    NotAScheduler(String),
    /// No scheduler for as long as it was told to wait.
    #[error("no scheduler at {scheduler} for {waited:?}: {reason}")]
    NoScheduler {
        /// Where it was looked for.
        scheduler: SchedulerAddress,
        /// How long.
        waited: Duration,
        /// What happened last.
        reason: String,
    },
    /// It has to start anew, because a client asked for it or its threads are lost.
    #[error("the worker has to start anew: {0}")]
    Restart(String),
    /// A defect: its control thread panicked.
    #[error("the worker's control thread failed")]
    Crashed,
}
