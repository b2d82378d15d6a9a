//! How much further ahead than set workers are filled, because some ran dry.
//!
//! What a worker has in hand must last until the next tasks arrive. That takes as long as the
//! scheduler takes to hear of an end and to answer, which is next to nothing while it is idle and
//! many milliseconds while thousands of workers speak at once. So the scheduler watches how often a
//! worker ends its last task although others wait: if that is often, all are filled further ahead,
//! which also makes for fewer and fuller frames; if it does not happen any more, less.

/// So many ends are looked at together.
const WINDOW: u32 = 512;

/// Workers are filled further ahead if more than one end in so many left a worker dry, ...
const OFTEN: u32 = 8;

/// ... and less far if less than one in so many did.
const SELDOM: u32 = 64;

/// No worker is filled more than this many times as far ahead as is set.
const MOST: u32 = 20;

/// One time as far ahead as is set.
const ONCE: u32 = 16;

/// See the module.
#[derive(Debug)]
pub(crate) struct Reach {
    /// In sixteenths of what is set.
    times: u32,
    ended: u32,
    dry: u32,
}

impl Default for Reach {
    fn default() -> Self {
        Self {
            times: ONCE,
            ended: 0,
            dry: 0,
        }
    }
}

impl Reach {
    /// A run ended: did it leave its worker dry, with tasks waiting that could have been there?
    pub(crate) fn note(&mut self, dry: bool) {
        self.ended += 1;
        self.dry += u32::from(dry);
        if self.ended < WINDOW {
            return;
        }
        if self.dry * OFTEN > WINDOW {
            self.times = (self.times + self.times / 2).min(MOST * ONCE);
        } else if self.dry * SELDOM < WINDOW {
            self.times = (self.times - self.times / 8).max(ONCE);
        }
        (self.ended, self.dry) = (0, 0);
    }

    /// How far ahead a thread is filled for which this much is set, in nanoseconds.
    pub(crate) fn of(&self, set_ns: u64) -> u64 {
        set_ns.saturating_mul(u64::from(self.times)) / u64::from(ONCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(reach: &mut Reach, windows: usize, dry_of_eight: u32) -> u64 {
        for at in 0..windows as u32 * WINDOW {
            reach.note(at % 8 < dry_of_eight);
        }
        reach.of(1_000)
    }

    #[test]
    fn workers_that_run_dry_are_filled_further_ahead_until_they_do_not() {
        let mut reach = Reach::default();
        assert_eq!(after(&mut reach, 10, 0), 1_000);
        // One in eight is neither often nor seldom.
        assert_eq!(after(&mut reach, 10, 1), 1_000);
        assert_eq!(after(&mut reach, 1, 8), 1_500);
        assert_eq!(after(&mut reach, 100, 8), u64::from(MOST) * 1_000);
        assert_eq!(after(&mut reach, 10, 1), u64::from(MOST) * 1_000);
        assert_eq!(after(&mut reach, 100, 0), 1_000);
        assert_eq!(reach.of(0), 0);
    }
}
