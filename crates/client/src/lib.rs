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

mod ask;
pub mod blocking;
mod client;
mod connect;
mod coordination;
mod entry;
mod future_set;
mod futures;
mod gather;
mod graph;
mod identity;
mod map;
mod notices;
mod scatter;
mod session;
mod submit;
mod transfer;

pub use client::Client;
pub use connect::{CONNECT_TIMEOUT, ClientBuilder};
pub use future_set::FutureSet;
pub use graph::{Graph, GraphOutputs, Output, SubmitGraph, Submitting};
pub use identity::{Identity, TaskCounts, WorkerIdentity};
pub use map::{Map, Mapping};
pub use notices::{Notice, Notices};
pub use scatter::{Scatter, ScatterAll};
pub use taskloom_task::{Error, Node, Result, TaskFuture};

/// The environment variable with the address of the scheduler that is used where none is given.
pub const SCHEDULER_VARIABLE: &str = "TASKLOOM_SCHEDULER";
