//! The decisions of the scheduler.
//!
//! What lives here: the task table and its states, the graph intake, the queues, placement, the
//! release rule, recovery from lost workers, and the bookkeeping of workers and clients, all behind
//! one call: [`SchedulerCore::handle`] takes an event and writes effects. Same events, same effects.
//!
//! What does not: async, sockets, clocks, randomness, logging, protobuf. Time comes in with each
//! event; effects are carried out by `taskloom-scheduler`.
//!
//! Where to look: `state.rs` (a task and its states), `tables/` (arenas and indexes), `queue/` (the
//! sorted queues), `transitions/` (one file per kind of event), `placement/` (who runs what),
//! `invariants.rs` (what must hold after every event).

mod attempts;
mod client;
mod config;
mod core;
mod counts;
mod effects;
mod events;
pub mod extension;
mod identity;
mod invariants;
mod job;
mod outbox;
mod placement;
mod questions;
mod queue;
mod spec;
mod state;
mod step;
mod tables;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod transitions;
mod worker;

pub use config::Config;
pub use core::SchedulerCore;
pub use counts::{Counts, STATE_NAMES};
pub use effects::Effects;
pub use events::Event;
pub use identity::{Identity, TableSizes, TaskCounts, WorkerIdentity};
pub use queue::{QueueEntry, TaskQueue};
