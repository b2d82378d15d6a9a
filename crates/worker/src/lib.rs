//! The worker's shell: everything around the decisions of `taskloom-worker-core`.
//!
//! What lives here: the control thread (session with the scheduler, the machine, its timers), the
//! data thread (serves values to peers and clients, fetches from peers), compute threads, the runtime
//! for asynchronous tasks, the store of values, and the scratch directory.
//!
//! A user's task runs only on compute threads and on the runtime for asynchronous tasks, so one that
//! blocks or spins delays neither heartbeats nor transfers.
//!
//! What does not: decisions (`taskloom-worker-core`), the protocol (`taskloom-rpc`), flags and
//! signals (`taskloom-launch`).

mod actors;
mod config;
mod control;
mod data;
mod error;
mod executor;
mod handle;
mod home;
mod host;
mod isolated;
mod log_tap;
mod memory;
mod meters;
mod panics;
mod progress;
mod reaper;
mod scratch;
mod start;
mod store;

pub use config::{News, OnNews, Transfers, WorkerConfig};
pub use error::{WorkerError, WorkerExit};
pub use handle::{Worker, WorkerHandle};
pub use isolated::{Isolation, isolated_main};
pub use log_tap::LINES_OF_TASKS;
pub use memory::available_memory;
