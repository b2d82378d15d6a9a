//! The decisions of a worker, as a pure state machine.
//!
//! What lives here: which run goes to the executor and when, which value is fetched from which peer
//! in which request, what is kept and what is dropped, and what the scheduler is told. Everything
//! that happens comes in as an [`Event`] with the time at which the shell took it up; everything to
//! be done comes out in [`Effects`].
//!
//! What does not: values themselves, threads, connections, clocks. `taskloom-worker` has those; it
//! keeps the values and knows them by [`taskloom_core::TaskId`] and part.
//!
//! ```
//! use taskloom_core::Time;
//! use taskloom_worker_core::{Config, Effects, Event, Kind, WorkerCore};
//!
//! let mut core = WorkerCore::new(Config { operations: vec![Kind::Thread], ..Config::default() });
//! let mut effects = Effects::default();
//! core.handle(Time::ZERO, Event::Drain, &mut effects);
//! core.handle(Time::ZERO, Event::EndOfTurn, &mut effects);
//! assert!(effects.leave, "a worker without a session has nothing to wait for");
//! ```

mod config;
mod effects;
mod events;
pub mod limits;
mod queue;
mod sizes;
mod slab;
mod sorted;
mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transitions;
#[cfg(any(test, feature = "testing"))]
mod validate;

pub use config::{Config, Kind};
pub use effects::{Effects, Execute, Fetch, FetchItem, Keep, Pin, Source, Step};
pub use events::{Event, FetchFailure, FetchId, ItemOutcome, Outcome, RunEnd, Slot};
pub use sizes::Sizes;
pub use state::WorkerCore;
