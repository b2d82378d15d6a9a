//! When messages leave at once, and when they wait for others.

use std::time::Duration;
use taskloom_core::Time;

/// How messages are gathered into frames: the first leave at once, those that follow closely wait for
/// the end of an interval, or until enough have gathered.
///
/// A frame costs both ends some microseconds whatever it holds, so a party that says many small things
/// in a row is heard sooner if they come together. One that asks and waits for the answer never
/// reaches the burst, and never waits.
///
/// ```
/// use taskloom_session::Batching;
///
/// let patient = Batching {
///     burst: 1,
///     ..Batching::default()
/// };
/// assert!(patient.interval > std::time::Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// An interval begins with a frame that leaves when the one before it is over.
    pub interval: Duration,
    /// So many frames leave at once in each interval; at least one does.
    pub burst: u32,
    /// With more than this waiting, in bytes, a frame leaves whatever came before.
    pub bytes: u64,
}

impl Default for Batching {
    /// At most 32 frames in a millisecond, unless they hold 32 KiB each. A question and its answer take
    /// some 60 microseconds at best, which is 16 in a millisecond: those are never held up.
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(1),
            burst: 32,
            bytes: 32 * 1024,
        }
    }
}

/// The frames of the current interval.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    batching: Batching,
    /// When the interval began; `None` before the first frame.
    began: Option<Time>,
    sent: u32,
}

impl Pace {
    pub(crate) fn new(batching: Batching) -> Self {
        Self {
            batching,
            began: None,
            sent: 0,
        }
    }

    pub(crate) fn set(&mut self, batching: Batching) {
        self.batching = batching;
    }

    pub(crate) fn batching(&self) -> Batching {
        self.batching
    }

    /// Counts a frame that leaves now, or says when to ask again.
    pub(crate) fn admit(&mut self, now: Time, queued: u64, at_once: bool) -> Result<(), Time> {
        let Batching {
            interval,
            burst,
            bytes,
        } = self.batching;
        let end = match self.began.map(|began| began + interval) {
            Some(end) if now < end => end,
            _ => {
                self.began = Some(now);
                self.sent = 0;
                now
            }
        };
        if self.sent >= burst.max(1) && queued <= bytes && !at_once {
            return Err(end);
        }
        self.sent = self.sent.saturating_add(1);
        Ok(())
    }
}
