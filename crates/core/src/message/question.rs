//! What a client asks the scheduler, beside results: about tasks and workers, and for things to be
//! done outside scheduling. Every question has exactly one answer, which may take its time.

use crate::error::TaskFailure;
use crate::ids::Ticket;
use crate::key::Key;
use crate::operation::Operation;
use crate::options::ResourceAmount;
use crate::value::Encoded;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A question. Workers are named by their names or their addresses; an empty list stands for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Why is this task not running, or where has it got to?
    Explain(Ticket),
    /// Which workers hold these?
    WhoHas(Vec<Ticket>),
    /// What do these workers hold?
    HasWhat(Vec<String>),
    /// What were these workers given that has not ended?
    Processing(Vec<String>),
    /// Who is there?
    Workers,
    /// Answered with [`Answer::Workers`] when so many workers are there.
    WaitForWorkers(u32),
    /// Copy these until each lies on so many of the workers.
    Replicate {
        /// What to copy.
        tickets: Vec<Ticket>,
        /// On how many workers each shall lie; 0 for all that are named.
        copies: u32,
        /// Where the copies may lie.
        workers: Vec<String>,
    },
    /// Move these until the workers hold about as many bytes each.
    Rebalance {
        /// What may be moved; empty for all that this client wants.
        tickets: Vec<Ticket>,
        /// Among whom.
        workers: Vec<String>,
    },
    /// Run an operation at once on these workers, outside scheduling.
    Run {
        /// Which.
        operation: Operation,
        /// Its arguments, encoded as the message `Arguments` of the protocol, without references.
        arguments: Bytes,
        /// On whom.
        workers: Vec<String>,
    },
    /// Start these workers anew; what only they hold is lost and computed again.
    Restart(Vec<String>),
    /// Let these workers go: running tasks end, data move, then the workers end.
    Retire(Vec<String>),
    /// End the whole cluster.
    Shutdown(String),
    /// Which jobs are there?
    Jobs,
    /// Change how a job is treated. The job need not exist yet.
    SetJob {
        /// Its name.
        job: String,
        /// What to change.
        change: JobChange,
    },
    /// Answered at once: everything that was said before has been handled.
    Sync,
}

/// A change to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobChange {
    /// Its share of the cluster relative to others, in thousandths: 1000 is the usual one.
    Weight(u32),
    /// Start none of its tasks until it is resumed; running ones go on.
    Pause,
    /// Start its tasks again.
    Resume,
    /// At most so many of its tasks at a time; `None` for no limit.
    Cap(Option<u32>),
    /// Cancel all its tasks that have not ended.
    Cancel,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To [`Question::Explain`].
    Explained(Explanation),
    /// To [`Question::WhoHas`]: names of workers and the size of each value, in the order asked.
    Holders(Vec<HolderList>),
    /// To [`Question::HasWhat`] and [`Question::Processing`].
    Contents(Vec<WorkerContents>),
    /// To [`Question::Workers`] and [`Question::WaitForWorkers`].
    Workers(Vec<WorkerSummary>),
    /// To [`Question::Run`]: the result of each worker, by name.
    Ran(Vec<(String, Result<Encoded, Arc<TaskFailure>>)>),
    /// To [`Question::Jobs`].
    Jobs(Vec<JobSummary>),
    /// It is done. To those which change something: how many workers, tasks or values it concerned.
    Done(u64),
}

/// Where one value lies.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HolderList {
    /// Names of the workers that hold it; empty if it is not in memory.
    pub workers: Vec<String>,
    /// Its size, 0 if it is not known.
    pub nbytes: u64,
}

/// Keys that a worker holds or was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerContents {
    /// Its name.
    pub worker: String,
    /// The keys, and the sizes of values (0 for tasks). They end early if the answer would become
    /// too large.
    pub keys: Vec<(Key, u64)>,
    /// How many there are in all.
    pub count: u64,
}

/// A worker in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerSummary {
    /// Its name.
    pub name: String,
    /// `host:port` of its data service.
    pub address: String,
    /// How many tasks it runs at a time.
    pub nthreads: u32,
    /// How much memory it may use, in bytes.
    pub memory_limit: u64,
    /// The resources it has.
    pub resources: Vec<(String, ResourceAmount)>,
    /// Bytes of the values it holds.
    pub stored_bytes: u64,
    /// Tasks that it was given and that have not ended.
    pub processing: u32,
}

/// Where a task has got to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Its key.
    pub key: String,
    /// Its operation as `name/version`.
    pub operation: String,
    /// Its label.
    pub label: String,
    /// The job it counts to.
    pub job: String,
    /// The scheduler's state of it: `released`, `waiting`, `queued`, `no-worker`, `pausing`,
    /// `assigned`, `processing`, `supplying`, `memory`, `erred`.
    pub state: String,
    /// Why it is not running, in words, the weightiest first; empty if it runs or has ended.
    pub reasons: Vec<String>,
    /// Names of the workers concerned: which run it, hold it, or could run it.
    pub workers: Vec<String>,
    /// What happened to it before, a line per run.
    pub story: Vec<String>,
    /// How many tasks of its queue go before it, if it is queued.
    pub queue_place: Option<u64>,
    /// How often it was given to a worker.
    pub runs: u32,
}

impl fmt::Display for Explanation {
    /// The state in a line, and a line for each reason and for each earlier run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.key, self.operation)?;
        if !self.label.is_empty() {
            write!(f, ", {}", self.label)?;
        }
        if !self.job.is_empty() {
            write!(f, ", job {}", self.job)?;
        }
        write!(f, ") is in the state {}", self.state)?;
        if !self.workers.is_empty() {
            write!(f, " [{}]", self.workers.join(", "))?;
        }
        match self.queue_place {
            Some(0) => f.write_str(", first of its queue")?,
            Some(ahead) => write!(f, ", {ahead} go before it")?,
            None => {}
        }
        if self.runs > 0 {
            write!(f, ", given to a worker {} times", self.runs)?;
        }
        for reason in &self.reasons {
            write!(f, "\n  {reason}")?;
        }
        for line in &self.story {
            write!(f, "\n  before: {line}")?;
        }
        Ok(())
    }
}

/// A job in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSummary {
    /// Its name.
    pub job: String,
    /// Its share relative to others, in thousandths.
    pub weight: u32,
    /// Whether it is paused.
    pub paused: bool,
    /// Most tasks at a time.
    pub cap: Option<u32>,
    /// Tasks that wait in queues.
    pub queued: u64,
    /// Tasks that were given to workers and have not ended.
    pub running: u64,
    /// All its tasks that the scheduler knows.
    pub tasks: u64,
    /// Work that it was given so far, as estimated.
    pub given: Duration,
}
