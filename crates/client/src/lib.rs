//! The client library: typed futures, graphs, scatter and gather.
//!
//! What lives here: [`Client`], its session with the scheduler, the futures it gives out, the
//! builder of graphs, fetching results from workers and supplying scattered data to them, and the
//! same for programs without async in [`blocking`].
//!
//! What does not: decisions (`taskloom-client-core` takes them), connections (`taskloom-rpc`), what
//! a task or a value is (`taskloom-task`).
//!
//! ```no_run
//! # use taskloom_client::Client;
//! # use taskloom_task::task;
//! #[task(crate = taskloom_task)]
//! fn inc(x: i64) -> i64 {
//!     x + 1
//! }
//!
//! #[task(crate = taskloom_task)]
//! fn total(parts: Vec<i64>) -> i64 {
//!     parts.iter().sum()
//! }
//!
//! # async fn example() -> taskloom_client::Result<()> {
//! let client = Client::connect("scheduler:8786").await?;
//! let numbers = client.map(0..1000, inc::task).await?;
//! let sum = client.submit(total::task(&numbers));
//! println!("{}", sum.await?);
//! # Ok(()) }
//! ```

mod actor;
mod adopt;
mod as_completed;
mod ask;
pub mod blocking;
mod call;
mod calls;
mod client;
mod cluster;
mod connect;
mod coordination;
mod entry;
mod explain;
mod extension;
mod future_set;
mod futures;
mod gather;
mod graph;
mod held_key;
mod identity;
mod jobs;
mod kept;
mod logs;
mod map;
mod nested;
mod notices;
mod publish;
mod scatter;
mod session;
mod steer;
mod submit;
mod tables;
mod task_client;
mod transfer;
mod wait;

pub use as_completed::{AsCompleted, AsEnded};
pub use call::{Call, Calling, Reply};
pub use client::{Client, WeakClient};
pub use cluster::{
    Contents, Rebalance, Replicate, RestartWorkers, RetireWorkers, Run, WaitForWorkers, WhoHas,
    Workers,
};
pub use connect::{CONNECT_TIMEOUT, ClientBuilder};
pub use coordination::{
    Arrival, Barrier, Channel, ChannelStream, Event, Lock, LockGuard, MultiLock, OpenChannel,
    OpenQueue, Permits, Queue, Semaphore, Subscription, Topic, TopicEvent, Variable,
};
pub use extension::{ClientExtension, Pushes};
pub use future_set::FutureSet;
pub use gather::{Gather, GatherGood};
pub use graph::{Graph, GraphOutputs, NamedFutures, NamedOutputs, Output, SubmitGraph, Submitting};
pub use identity::{Identity, TableSizes, TaskCounts, WorkerIdentity};
pub use jobs::Job;
pub use logs::Logs;
pub use map::{Map, Mapping};
pub use notices::{Notice, Notices};
pub use publish::{Dataset, DatasetParts, Publish};
pub use scatter::{Scatter, ScatterAll};
pub use task_client::TaskClient;
pub use wait::{Wait, WaitAny};

pub use taskloom_core::message::{
    Explanation, HolderList, JobSummary, LogLine, WorkerContents, WorkerSummary,
};
pub use taskloom_extensions::lock::{LockHolder, LockState};
pub use taskloom_extensions::queue::State as QueueState;
pub use taskloom_extensions::semaphore::SemaphoreState;
pub use taskloom_task::{Error, Node, Result, TaskFuture};

/// The environment variable with the address of the scheduler that is used where none is given.
pub const SCHEDULER_VARIABLE: &str = "TASKLOOM_SCHEDULER";
