//! Everything that can happen to the scheduler.

use taskloom_core::message::{ClientHello, FromClient, FromWorker, WorkerHello};
use taskloom_core::{ClientId, WorkerId};

/// One thing that happened. The shell hands events in one after the other, and ends each batch with
/// [`Event::EndOfTurn`], where tasks are placed and messages are given out.
#[derive(Clone, Debug)]
pub enum Event {
    /// A worker's hello arrived on a new session.
    WorkerJoined {
        /// The shell's number for the session; it comes back with the answer.
        session: u64,
        /// The hello.
        hello: WorkerHello,
    },
    /// A worker said something.
    WorkerSaid {
        /// Who.
        worker: WorkerId,
        /// What, in order.
        messages: Vec<FromWorker>,
    },
    /// Any bytes arrived from a worker: it lives.
    WorkerHeard {
        /// Who.
        worker: WorkerId,
    },
    /// A worker's stream is closed.
    WorkerGone {
        /// Who.
        worker: WorkerId,
        /// What the transport says about it.
        reason: String,
    },
    /// A client's hello arrived on a new session.
    ClientJoined {
        /// The shell's number for the session; it comes back with the answer.
        session: u64,
        /// The hello.
        hello: ClientHello,
    },
    /// A client said something.
    ClientSaid {
        /// Who.
        client: ClientId,
        /// What, in order.
        messages: Vec<FromClient>,
    },
    /// A client's stream is closed.
    ClientGone {
        /// Who.
        client: ClientId,
    },
    /// The time of [`crate::SchedulerCore::next_deadline`] has come.
    Tick,
    /// The batch is over: place what is ready and give out all messages.
    EndOfTurn,
    /// The scheduler shall end: refuse what is new and tell all peers.
    Close {
        /// Why, for people.
        reason: String,
    },
}
