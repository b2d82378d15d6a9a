//! How the programs of Taskloom start and end.
//!
//! What lives here: the flags of the daemons and the layers of their configuration (defaults, file,
//! environment, flags), signals and exit codes, what they print for people, and the entry points
//! [`worker_main`], [`scheduler_main`], [`tool_main`] and [`init`].
//!
//! What does not: decisions, connections, the scheduler and the worker themselves.

mod announce;
mod child;
mod descriptors;
mod exit;
mod flags;
mod fleet;
mod init;
mod isolated;
mod layers;
mod listen;
mod memory;
mod news;
mod pages;
mod process;
mod scheduler;
mod settings;
mod signals;
mod supervisor;
mod tool;
mod values;
mod worker;

pub use child::{ChildWorker, NotInitialised};
pub use init::{init, init_with, initialised};
pub use isolated::isolation_if_initialised;
pub use scheduler::{scheduler_main, scheduler_main_with};
pub use taskloom_worker::LINES_OF_TASKS;
pub use tool::tool_main;
pub use worker::worker_main;
