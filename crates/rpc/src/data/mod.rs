//! The bulk path: values between workers, and between clients and workers.
//!
//! On the wire these are the plain calls of the service `Data`, which any gRPC client can make. Both
//! ends are written by hand: the sender puts stored buffers into the stream as they are, and the
//! receiver copies what arrives once, into memory that was used before.

mod assembly;
mod body;
mod buffers;
mod call;
mod connections;
mod grpc;
mod meters;
mod packing;
mod pool;
mod ranges;
mod reader;
#[cfg(test)]
mod round_trip;
mod service;
mod shared;
mod writer;

pub use buffers::{BufferPool, PooledBuffer};
pub use connections::PoolOptions;
pub use packing::Packing;
pub use pool::{FetchError, FetchItem, PeerPool};
pub use service::{DataLimits, DataService, Unavailable, ValueSink, ValueSource};
pub use shared::{SegmentOptions, SegmentPool};

/// Buffers from this size on are sent without a copy and received into pooled memory.
const LARGE_BYTES: usize = 64 * 1024;

/// Most bytes of one message of the bulk path, whoever sends it.
const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
