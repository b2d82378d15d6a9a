//! Who decides: the real scheduler, and policies to compare it with. All speak to the same workers
//! and the same client, in the words of the protocol.

mod board;
mod dask;
mod plain;
mod policy;
mod random;
mod round_robin;
mod stealing;
mod taskloom;

pub use policy::Policy;
pub use taskloom::Taskloom;

use crate::outcome::SimError;
use taskloom_core::message::{
    FromClient, FromWorker, ToClient, ToWorker, WorkerHello, WorkerWelcome,
};
use taskloom_core::{Time, WorkerId};

/// What a scheduler says at the end of a turn.
#[derive(Debug, Default)]
pub struct Said {
    /// To workers, in order.
    pub to_workers: Vec<(WorkerId, Vec<ToWorker>)>,
    /// To the client.
    pub to_client: Vec<ToClient>,
}

/// A scheduler in a simulation: a machine, like all that takes part in one. It is told what happens,
/// and at the end of each turn says what is to be done.
pub trait Scheduler {
    /// A worker introduces itself.
    ///
    /// # Errors
    /// If it is not let in.
    fn worker_joined(&mut self, now: Time, hello: WorkerHello) -> Result<WorkerWelcome, SimError>;

    /// The client introduces itself; it comes before anything that the client says.
    ///
    /// # Errors
    /// If it is not let in.
    fn client_joined(&mut self, now: Time) -> Result<(), SimError>;

    /// The client said these.
    fn client_said(&mut self, now: Time, messages: Vec<FromClient>);

    /// A worker said these.
    fn worker_said(&mut self, now: Time, worker: WorkerId, messages: Vec<FromWorker>);

    /// The time of [`Scheduler::next_deadline`] has come.
    fn tick(&mut self, now: Time);

    /// All that has happened at this moment was told.
    fn end_turn(&mut self, now: Time, said: &mut Said);

    /// When it wants a tick.
    fn next_deadline(&self) -> Option<Time>;
}
