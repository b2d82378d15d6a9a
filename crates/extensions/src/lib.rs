//! What is not scheduling: channels, queues, locks and their like.
//!
//! What lives here: [`Service`], the typed form of the scheduler's extensions, the words that clients
//! and extensions exchange, and one pure machine per coordination tool, a file each. [`standard`] gives
//! all of them.
//!
//! What does not: IO, clocks, randomness, and the clients' side of the tools, which is in
//! `taskloom-client`.

mod name;
mod service;
#[cfg(test)]
mod testing;

pub use service::{Incoming, Operation, Operations, Out, Push, Service, hosted};

use taskloom_scheduler_core::extension::Extension;

/// The extensions of every scheduler.
pub fn standard() -> Vec<Box<dyn Extension>> {
    Vec::new()
}
