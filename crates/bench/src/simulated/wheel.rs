//! When things are due: a wheel of slots that turns with the time.

use std::time::Duration;
use taskloom_core::Time;

/// What one slot stands for.
const TICK: Duration = Duration::from_micros(100);

/// How many slots the wheel has; what is due later stays in its slot for more than one turn.
const SLOTS: usize = 8192;

/// Things that are due at some time, to the tenth of a millisecond.
#[derive(Debug)]
pub struct Wheel<T> {
    slots: Vec<Vec<(u64, T)>>,
    /// All ticks up to this one were taken out.
    tick: u64,
    len: usize,
}

impl<T> Wheel<T> {
    /// An empty wheel at this time.
    pub fn new(now: Time) -> Self {
        Self {
            slots: (0..SLOTS).map(|_| Vec::new()).collect(),
            tick: tick(now),
            len: 0,
        }
    }

    /// Notes that something is due at a time. What is due already comes with the next tick.
    pub fn insert(&mut self, at: Time, what: T) {
        let due = tick(at).max(self.tick + 1);
        self.slots[(due % SLOTS as u64) as usize].push((due, what));
        self.len += 1;
    }

    /// Takes out all that is due by now, in the order of the ticks.
    pub fn advance(&mut self, now: Time, out: &mut Vec<T>) {
        let target = tick(now);
        if self.len == 0 {
            self.tick = self.tick.max(target);
            return;
        }
        while self.tick < target {
            self.tick += 1;
            let current = self.tick;
            let slot = &mut self.slots[(current % SLOTS as u64) as usize];
            let before = out.len();
            let due = slot.extract_if(.., |(due, _)| *due <= current);
            out.extend(due.map(|(_, what)| what));
            self.len -= out.len() - before;
        }
    }

    /// The next time at which something may be due, if anything is.
    pub fn next(&self) -> Option<Time> {
        if self.len == 0 {
            return None;
        }
        let ahead = (1..=SLOTS as u64).find(|ahead| {
            let at = self.tick + ahead;
            self.slots[(at % SLOTS as u64) as usize]
                .iter()
                .any(|(due, _)| *due <= at)
        });
        let at = self.tick + ahead.unwrap_or(SLOTS as u64);
        Some(Time(at * TICK.as_nanos() as u64))
    }
}

fn tick(time: Time) -> u64 {
    time.0.div_ceil(TICK.as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn ms(millis: u64) -> Time {
        Time(millis * 1_000_000)
    }

    #[test]
    fn everything_comes_out_once_and_not_before_its_time() {
        let mut wheel = Wheel::new(Time::ZERO);
        let times = [3, 1, 4_000, 1, 0, 819, 820];
        for at in times {
            wheel.insert(ms(at), at);
        }
        let mut out = Vec::new();
        let mut seen = Vec::new();
        while let Some(next) = wheel.next() {
            wheel.advance(next, &mut out);
            for at in out.drain(..) {
                assert!(ms(at) <= next);
                seen.push(at);
            }
        }
        assert_eq!(seen, [0, 1, 1, 3, 819, 820, 4_000]);
        assert_eq!(wheel.next(), None);
    }
}
