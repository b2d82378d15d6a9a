//! Connections to peers and the calls on them.

use super::buffers::BufferPool;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::{Encoded, TaskId, WorkerId};

/// One value to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchItem {
    /// Which.
    pub task: TaskId,
    /// The whole or an element.
    pub part: Part,
    /// For the scheduler's relay: take it from this worker.
    pub holder: Option<WorkerId>,
}

impl FetchItem {
    /// A part of a value of the peer itself.
    pub fn new(task: TaskId, part: Part) -> Self {
        Self {
            task,
            part,
            holder: None,
        }
    }
}

/// Why a value could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The peer cannot be reached, or went away in the middle.
    #[error("cannot reach {address}: {reason}")]
    Unreachable {
        /// Where.
        address: String,
        /// What happened.
        reason: String,
    },
    /// The peer served too many calls, for longer than we wait.
    #[error("{address} is busy")]
    Busy {
        /// Who.
        address: String,
    },
    /// The peer does not hold it.
    #[error("the peer does not hold the value")]
    Missing,
    /// The value cannot be encoded, has no such part, or was refused.
    #[error("{0}")]
    Failed(String),
    /// The peer broke the protocol.
    #[error("{address} broke the protocol: {reason}")]
    Protocol {
        /// Who.
        address: String,
        /// How.
        reason: String,
    },
}

/// The limits of a pool.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Connections in all.
    pub connections: usize,
    /// Connections to one peer.
    pub per_peer: usize,
    /// How long reaching a peer may take.
    pub connect_timeout: Duration,
    /// A connection without a call for this long is closed.
    pub idle: Duration,
    /// How long busy replies are met with another try.
    pub busy_patience: Duration,
    /// Largest value that is accepted.
    pub value_bytes_max: u64,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            connections: 512,
            per_peer: 2,
            connect_timeout: Duration::from_secs(5),
            idle: Duration::from_secs(60),
            busy_patience: Duration::from_secs(10),
            value_bytes_max: 1 << 40,
        }
    }
}

/// Connections to peers, opened when needed and used again. Cheap to clone.
#[derive(Clone)]
pub struct PeerPool(());

impl PeerPool {
    /// A pool with these limits that receives into these buffers.
    pub fn new(_options: PoolOptions, _buffers: BufferPool) -> Self {
        todo!()
    }

    /// Fetches values of one peer in one call: one result per item, in their order. A call that
    /// breaks in the middle is resumed once; busy replies are retried with back-off.
    ///
    /// # Errors
    /// If nothing could be had of the peer at all.
    pub async fn fetch(
        &self,
        _address: &str,
        _items: Vec<FetchItem>,
    ) -> Result<Vec<Result<Encoded, FetchError>>, FetchError> {
        todo!()
    }

    /// Brings a value to a peer and returns the bytes that it holds now.
    ///
    /// # Errors
    /// If the peer cannot be reached or refuses.
    pub async fn put(
        &self,
        _address: &str,
        _task: TaskId,
        _value: &Encoded,
        _target: Option<WorkerId>,
    ) -> Result<u64, FetchError> {
        todo!()
    }
}
