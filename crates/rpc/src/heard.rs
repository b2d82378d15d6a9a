//! When anything was last received on a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The moment at which bytes were last received on a connection, of whatever kind: messages,
/// acknowledgements or the transport's own pings. Cheap to clone and to read from any thread.
#[derive(Clone, Debug)]
pub struct LastHeard(Arc<Stamp>);

#[derive(Debug)]
struct Stamp {
    start: Instant,
    nanos: AtomicU64,
}

impl LastHeard {
    /// A connection that was heard at this moment.
    pub fn now() -> Self {
        Self(Arc::new(Stamp {
            start: Instant::now(),
            nanos: AtomicU64::new(0),
        }))
    }

    /// When bytes were last received.
    pub fn at(&self) -> Instant {
        self.0.start + Duration::from_nanos(self.0.nanos.load(Ordering::Relaxed))
    }

    /// How long nothing has been received.
    pub fn silence(&self) -> Duration {
        self.at().elapsed()
    }

    /// Notes that bytes were received at this moment.
    pub(crate) fn stamp(&self) {
        let nanos = u64::try_from(self.0.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.nanos.store(nanos, Ordering::Relaxed);
    }
}
