//! The scheduler's shell: everything around [`taskloom_scheduler_core`] that touches the world.
//!
//! What lives here: the sessions of workers and clients, the loop that feeds the core with events
//! and flushes what it says once per turn, timers, the administration service and the relay for
//! clients that cannot reach the workers.
//!
//! What does not: decisions (`taskloom-scheduler-core`), how a connection works (`taskloom-rpc`),
//! flags, signals and logging set-up (`taskloom-launch`).
//!
//! Two threads run a scheduler. The first drives the core and all session streams on one
//! current-thread runtime, so that a message and the answer to it cross no thread. The second serves
//! bulk connections and the relay; it asks the core with a message and never holds it up.

mod admin;
mod config;
mod core_loop;
mod error;
mod handle;
mod input;
mod links;
mod meters;
mod relay;
mod roster;
mod sessions;
mod thin;
mod threads;

pub use config::SchedulerConfig;
pub use error::SchedulerError;
pub use handle::{Scheduler, SchedulerHandle};
pub use roster::{Registered, Roster};
