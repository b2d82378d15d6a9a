//! Taskloom: a distributed task engine. This crate is the face that users depend on.
//!
//! Functions become tasks with [`task`], a [`Client`] submits them to a cluster, and
//! [`TaskFuture`]s hold what comes of them:
//!
//! ```
//! use taskloom::prelude::*;
//!
//! #[task]
//! fn inc(x: i64) -> i64 {
//!     x + 1
//! }
//!
//! #[tokio::main]
//! async fn main() -> taskloom::Result<()> {
//!     let client = taskloom::local().await?; // or Client::connect("scheduler:8786")
//!     let a = client.submit(inc::task(1));
//!     let b = client.submit(inc::task(&a));
//!     assert_eq!(b.await?, 3);
//!     Ok(())
//! }
//! ```
//!
//! The guides are in `docs/`: writing tasks, the client, operating a cluster.
//!
//! What lives here: names from the crates below, nothing else.

pub mod extension;
pub mod prelude;

#[doc(hidden)]
pub use taskloom_task::__private;

/// Chunked arrays, also where chunk sizes are unknown (feature `array`, on by default).
#[cfg(feature = "array")]
pub use taskloom_array as array;

pub use taskloom_client::TaskClient;
pub use taskloom_client::{
    Arrival, Barrier, Event, Lock, LockGuard, LockHolder, LockState, MultiLock, Permits, Semaphore,
    SemaphoreState, TableSizes,
};
pub use taskloom_client::{
    AsCompleted, AsEnded, Explanation, FutureSet, Gather, GatherGood, Job, JobSummary, LogLine,
    Logs, NamedFutures, NamedOutputs, Wait, WaitAny,
};
pub use taskloom_client::{
    Channel, ChannelStream, OpenChannel, OpenQueue, Queue, QueueState, Subscription, Topic,
    TopicEvent, Variable,
};
pub use taskloom_client::{
    Client, ClientBuilder, Graph, GraphOutputs, Identity, Map, Notice, Notices, SCHEDULER_VARIABLE,
    Scatter, ScatterAll, SubmitGraph, TaskCounts, WorkerIdentity, blocking,
};
pub use taskloom_client::{
    Contents, HolderList, Rebalance, Replicate, RestartWorkers, RetireWorkers, Run, WaitForWorkers,
    WhoHas, WorkerContents, WorkerSummary, Workers,
};
pub use taskloom_client::{Dataset, DatasetParts, Publish};
pub use taskloom_cluster::{
    ClusterError, LocalCluster, LocalClusterBuilder, LocalWorker, WorkerChoice, local,
};
pub use taskloom_core::{ErrorCode, TaskFailure};
pub use taskloom_launch::LINES_OF_TASKS;
pub use taskloom_launch::{init, init_with, scheduler_main, scheduler_main_with, worker_main};
pub use taskloom_programs::{Captured, Ending, Program, ProgramError, ProgramOutput, program_file};
pub use taskloom_task::{Actor, ActorReply, ActorType, actor};
pub use taskloom_task::{
    Buffer, Buffers, Bytes, Element, Error, IntoArg, Node, Result, Status, TaskCall, TaskContext,
    TaskFuture, TaskValue, ValueError, buffer, task, task_println,
};
pub use taskloom_task::{Item, Seceded};

/// The guides as documentation tests: what they show compiles and runs.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../../README.md")]
    mod readme {}
    #[doc = include_str!("../../../docs/tasks.md")]
    mod tasks {}
    #[doc = include_str!("../../../docs/client.md")]
    mod client {}
    #[doc = include_str!("../../../docs/extending.md")]
    mod extending {}
    #[doc = include_str!("../../../docs/actors.md")]
    mod actors {}
    #[doc = include_str!("../../../docs/futures.md")]
    mod futures {}
    #[doc = include_str!("../../../docs/nested.md")]
    mod nested {}
    #[cfg(feature = "array")]
    #[doc = include_str!("../../../docs/arrays.md")]
    mod arrays {}
    #[doc = include_str!("../../../docs/data.md")]
    mod data {}
    #[doc = include_str!("../../../docs/channels.md")]
    mod channels {}
}
