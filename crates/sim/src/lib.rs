//! Deterministic simulation of whole clusters in virtual time.
//!
//! What lives here: [`simulate`], which runs a [`Job`] on a simulated cluster ([`Setting`]): the real
//! machines of the scheduler, the workers and the client, exchanging their real messages in memory,
//! over a network that has latencies and links of limited bandwidth, on threads that only wait. Time
//! is virtual, everything that is drawn comes from a seed, so the same run gives the same
//! [`Outcome`] on every machine. Beside the scheduler that is shipped, simple [`Policy`]s can decide,
//! to compare it with: they speak to the same workers.
//!
//! What does not: graphs to run (`taskloom-testkit`), tables of results (`taskloom-bench`), and
//! whatever the shells add to the machines: sockets, encodings, threads, what they cost.

mod client;
mod draw;
mod job;
mod memory;
mod network;
mod outcome;
mod queue;
mod scheduler;
mod setting;
mod worker;
mod world;

pub use job::{Job, JobError, SimTask};
pub use outcome::{Outcome, Ran, SimError};
pub use scheduler::{Policy, Said, Scheduler, Taskloom};
pub use setting::Setting;
pub use world::{simulate, simulate_with};
