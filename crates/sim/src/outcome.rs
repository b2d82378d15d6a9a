//! What came of a simulation.

use std::time::Duration;
use taskloom_core::Time;

/// One run of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The task, by its place in [`Outcome::job`].
    pub task: u32,
    /// The worker, counted from 0.
    pub worker: u32,
    /// When a thread began with it, since the client submitted the job.
    pub begun: Duration,
    /// When it was done.
    pub ended: Duration,
}

/// What came of a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// From the moment at which the client submits until it knows that all results are there.
    pub makespan: Duration,
    /// The most bytes that were alive on all workers together.
    pub peak_bytes: u64,
    /// The most bytes that were alive on one worker.
    pub peak_worker_bytes: u64,
    /// Bytes that went from worker to worker.
    pub moved_bytes: u64,
    /// Requests of workers to workers.
    pub fetches: u64,
    /// Batches of messages to the scheduler and from it.
    pub batches: u64,
    /// All runs, by their ends.
    pub runs: Vec<Ran>,
    /// The job in the order in which its tasks were submitted: what the places in `runs` mean.
    pub job: crate::Job,
}

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// A kind has a name that cannot be part of a key.
    #[error("a key of the job is not valid: {0}")]
    Key(String),
    /// The scheduler did not let a party in.
    #[error("a party was refused: {0}")]
    Refused(String),
    /// A task failed, which no task of a job does by itself.
    #[error("a task failed: {0}")]
    Failed(String),
    /// Nothing moves any more, although results are missing.
    #[error("nothing happened since {since:?}, with {ended} of {tasks} tasks done")]
    Stuck {
        /// When the last run or transfer ended.
        since: Time,
        /// How many runs have ended.
        ended: usize,
        /// How many tasks the job has.
        tasks: usize,
    },
    /// It takes longer in virtual time than the setting allows.
    #[error("the job was not done at the horizon of {0:?}")]
    Horizon(Duration),
}
