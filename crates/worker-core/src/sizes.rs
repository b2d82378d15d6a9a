//! How much a worker has on its hands.

use crate::state::{Stage, WorkerCore};

/// How much is in the tables of a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sizes {
    /// Runs that wait for inputs.
    pub waiting: u64,
    /// Runs that wait for a thread.
    pub ready: u64,
    /// Runs that the executor has.
    pub executing: u64,
    /// Runs that the executor has and whose end is of no use any more.
    pub given_up: u64,
    /// Values that are being fetched.
    pub fetching: u64,
    /// Requests to peers that are on their way.
    pub requests: u64,
    /// Bytes of values that are here.
    pub stored_bytes: u64,
    /// Bytes of values that are on their way here.
    pub flight_bytes: u64,
}

impl WorkerCore {
    /// How much there is to do and to keep, for people: it looks at every run.
    ///
    /// ```
    /// use taskloom_worker_core::{Config, Sizes, WorkerCore};
    /// assert_eq!(WorkerCore::new(Config::default()).sizes(), Sizes::default());
    /// ```
    pub fn sizes(&self) -> Sizes {
        let mut sizes = Sizes {
            fetching: self.wants.iter().count() as u64,
            requests: self.requests.len() as u64,
            stored_bytes: self.stored_bytes,
            flight_bytes: self.flight_bytes,
            ..Sizes::default()
        };
        for (_, run) in self.runs.iter() {
            *match run.stage {
                Stage::Waiting => &mut sizes.waiting,
                Stage::Ready => &mut sizes.ready,
                Stage::Handed => &mut sizes.executing,
                Stage::Cancelled | Stage::Orphaned => &mut sizes.given_up,
            } += 1;
        }
        sizes
    }
}
