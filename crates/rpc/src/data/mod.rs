//! The bulk path: values between workers, and between clients and workers.

mod buffers;
mod pool;
mod service;

pub use buffers::BufferPool;
pub use pool::{FetchError, FetchItem, PeerPool, PoolOptions};
pub use service::{DataLimits, DataService, Unavailable, ValueSink, ValueSource};
