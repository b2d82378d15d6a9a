//! Why a local cluster cannot do what it was asked to.

use std::path::PathBuf;
use std::time::Duration;

/// Why a local cluster cannot do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// Child processes were asked for, and this program does not say that it can be one.
    #[error(
        "worker processes are started by running this program again, but its main does not begin \
         with `taskloom::init()`: add that line, name another worker program with `.program(path)`, \
         or leave out `.processes(true)`"
    )]
    NotInitialised,
    /// The scheduler does not start.
    #[error("the local scheduler does not start: {0}")]
    Scheduler(#[from] taskloom_scheduler::SchedulerError),
    /// A worker in this process does not start.
    #[error("local worker {name} does not start: {source}")]
    Worker {
        /// Which.
        name: String,
        /// Why.
        source: taskloom_worker::WorkerError,
    },
    /// A worker process cannot be started.
    #[error("cannot start {} as worker {name}: {source}", program.display())]
    Start {
        /// Which worker.
        name: String,
        /// What was to be run.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A worker ended before it was registered.
    #[error("local worker {name} ended before it was registered: {how}")]
    Ended {
        /// Which worker.
        name: String,
        /// How it ended.
        how: String,
    },
    /// Workers did not register in time.
    #[error("{} did not register with {address} within {waited:?}", missing.join(", "))]
    Timeout {
        /// The workers that are not there.
        missing: Vec<String>,
        /// The scheduler's address.
        address: String,
        /// How long they had.
        waited: Duration,
    },
    /// There is no such worker in this cluster.
    #[error("this cluster has no worker {0}")]
    NoSuchWorker(String),
    /// The tasks of this program do not fit together.
    #[error("the tasks of this program do not fit together: {0}")]
    Registry(taskloom_task::RegistryError),
    /// A thread, directory or runtime of the cluster cannot be made.
    #[error("cannot make the local cluster's {what}: {source}")]
    Io {
        /// What.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A setting makes no sense.
    #[error("the setting {setting} of the local cluster is not valid: {reason}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// Why.
        reason: String,
    },
    /// The scheduler ended while it was needed.
    #[error("the scheduler of the local cluster has ended; its log says why")]
    SchedulerEnded,
}

impl From<ClusterError> for taskloom_task::Error {
    fn from(error: ClusterError) -> Self {
        Self::Setup(error.to_string())
    }
}
