//! A shell's clock: what its machine calls time.

use std::time::Instant;
use taskloom_core::Time;

/// Turns instants of this process into the times of a machine, which begin with the shell.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock that begins now.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// What the machine is to be told as the time.
    pub fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// The instant at which [`Self::now`] will be this time; `None` if that is beyond what instants
    /// can say.
    pub fn instant(&self, time: Time) -> Option<Instant> {
        self.start.checked_add(time.since(Time::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_time_becomes_the_instant_it_came_from() {
        let clock = Clock::new();
        let time = Time::ZERO + Duration::from_millis(1500);
        assert_eq!(
            clock.instant(time),
            Some(clock.start + Duration::from_millis(1500))
        );
        assert!(clock.now() <= clock.now());
    }
}
