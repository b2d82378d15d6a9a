//! What happens often and is told seldom.

use std::time::{Duration, Instant};

/// How long nothing is said after something was.
const PAUSE: Duration = Duration::from_secs(10);

/// Decides whether an event that may come a thousand times per second is worth a line of the log.
#[derive(Debug)]
pub(super) struct Seldom {
    said: Option<Instant>,
    unsaid: u64,
}

impl Seldom {
    pub(super) const fn new() -> Self {
        Self {
            said: None,
            unsaid: 0,
        }
    }

    /// It happened. How often since it was last told, if it is to be told now.
    pub(super) fn now(&mut self) -> Option<u64> {
        self.at(Instant::now())
    }

    fn at(&mut self, now: Instant) -> Option<u64> {
        self.unsaid += 1;
        if self.said.is_some_and(|said| now < said + PAUSE) {
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_the_others_with_their_number() {
        let start = Instant::now();
        let mut seldom = Seldom::new();
        assert_eq!(seldom.at(start), Some(1));
        for _ in 0..100 {
            assert_eq!(seldom.at(start + PAUSE / 2), None);
        }
        assert_eq!(seldom.at(start + PAUSE), Some(101));
        assert_eq!(seldom.at(start + PAUSE), None);
    }
}
