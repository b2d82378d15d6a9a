//! Workers that do not work: they take tasks in and report them done after a time that is drawn, or
//! at once.
//!
//! What lives here: the worker as a machine without IO and clock ([`SimulatedWorker`]), what its
//! tasks are like ([`Load`]) and the wheel that says when they end ([`Wheel`]). The case `core`
//! drives the scheduler's machine with them in memory; [`crate::fleet`] puts a real session in front
//! of each.

mod load;
mod wheel;
mod worker;

pub use load::{Durations, Load, Sizes};
pub use wheel::Wheel;
pub use worker::{Run, SimulatedWorker, Start};

use taskloom_core::Operation;
use taskloom_core::limits::PROTOCOL_VERSION;
use taskloom_core::message::WorkerHello;

/// The hello of simulated worker `number`.
pub fn hello(number: usize, threads: u32, operations: Vec<Operation>) -> WorkerHello {
    WorkerHello {
        protocol: PROTOCOL_VERSION,
        name: format!("simulated-{number}"),
        // Port 9 discards: nobody may fetch from a worker that holds nothing.
        address: "127.0.0.1:9".into(),
        nthreads: threads,
        memory_limit: 1 << 40,
        resources: Vec::new(),
        operations,
        release: env!("CARGO_PKG_VERSION").into(),
        process: std::process::id(),
    }
}
