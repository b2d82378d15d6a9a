//! What the parties say to each other on their sessions, in the order in which it was said.
//!
//! The three cores exchange exactly these; `taskloom-wire` turns them into protobuf and back.

mod extension;
mod from_client;
mod from_worker;
mod names;
mod question;
mod to_client;
mod to_worker;

pub use extension::{Call, Grant, Parcel};
pub use from_client::{ClientHello, FromClient, Scatter};
pub use from_worker::{FromWorker, ReturnCause, WorkerHello};
pub use question::{
    Answer, Explanation, HolderList, JobChange, JobSummary, Question, WorkerContents, WorkerSummary,
};
pub use to_client::{Located, LogLine, Place, ToClient};
pub use to_worker::{Compute, Input, Peer, ToWorker};

use crate::ids::{ClientId, WorkerId};
use std::time::Duration;

/// The scheduler's answer to a worker's hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerWelcome {
    /// The incarnation that this session is.
    pub worker: WorkerId,
    /// The epoch of the scheduler: it is part of every run id.
    pub epoch: u16,
    /// How often to send a heartbeat.
    pub heartbeat: Duration,
}

/// The scheduler's answer to a client's hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientWelcome {
    /// The session.
    pub client: ClientId,
    /// The epoch of the scheduler.
    pub epoch: u16,
    /// How often to send a heartbeat.
    pub heartbeat: Duration,
    /// The operations of the scheduler's extensions; calls name them by their index here.
    pub operations: Vec<String>,
}

/// Why the scheduler does not take a party in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The party speaks another version of the protocol.
    #[error(
        "the scheduler speaks protocol {ours}, this {party} speaks {theirs}: use matching releases"
    )]
    Protocol {
        /// What kind of party it is.
        party: &'static str,
        /// The scheduler's version.
        ours: u32,
        /// The party's version.
        theirs: u32,
    },
    /// A living worker has that name.
    #[error("a worker named {name} is connected from {address}: choose another --name")]
    NameTaken {
        /// The name.
        name: String,
        /// Where its holder serves.
        address: String,
    },
    /// An operation is known with another signature.
    #[error(
        "operation {operation} is known with another signature: rebuild this {party} from the same sources, or give the operation a new version"
    )]
    OperationMismatch {
        /// What kind of party it is.
        party: &'static str,
        /// The operation, as `name/version`.
        operation: String,
    },
    /// A field of the hello is not valid.
    #[error("the hello is not valid: {0}")]
    Invalid(String),
    /// A table is full.
    #[error("the scheduler is full: {0}")]
    Full(String),
    /// The scheduler is ending.
    #[error("the scheduler is shutting down")]
    Closing,
}
