//! What is not scheduling: channels, queues, locks and their like.
//!
//! What lives here: [`Service`], the typed form of the scheduler's extensions, the words that clients
//! and extensions exchange, and one pure machine per coordination tool, a file each. [`standard`] gives
//! all of them.
//!
//! What does not: IO, clocks, randomness, and the clients' side of the tools, which is in
//! `taskloom-client`.

pub mod barrier;
mod calls;
pub mod channel;
pub mod event;
mod feed;
mod item;
pub mod lease;
pub mod lock;
mod name;
mod named;
pub mod publish;
pub mod queue;
pub mod semaphore;
mod service;
#[cfg(test)]
mod testing;
pub mod topic;
pub mod variable;

pub use feed::{Ended, MoreRequest, READERS_MAX, ROOM_MAX};
pub use item::{BATCH_BYTES, BATCH_ITEMS_MAX, ITEM_BYTES_MAX, Items, too_large};
pub use service::{
    Incoming, Operation, Operations, Out, Push, Service, from_payload, hosted, to_payload,
};

pub use taskloom_scheduler_core::extension::{
    CallId, Called, Extension, ExtensionEffect, ExtensionEffects, ExtensionEvent, Hears, TaskEnd,
};

/// The extensions of every scheduler.
pub fn standard() -> Vec<Box<dyn Extension>> {
    vec![
        hosted(publish::Datasets::new()),
        hosted(lock::Locks::new()),
        hosted(semaphore::Semaphores::new()),
        hosted(event::Events::new()),
        hosted(barrier::Barriers::new()),
        hosted(channel::Channels::new()),
        hosted(queue::Queues::new()),
        hosted(variable::Variables::new()),
        hosted(topic::Topics::new()),
    ]
}
