//! The worker's clock: what the machine calls time.

use std::time::Instant;
use taskloom_core::Time;

/// Turns instants of this process into the times of the machine, which begin with the worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// The instant at which [`Self::now`] will be this time; `None` if that is beyond what instants
    /// can say.
    pub(crate) fn instant(&self, time: Time) -> Option<Instant> {
        self.start.checked_add(time.since(Time::ZERO))
    }
}
