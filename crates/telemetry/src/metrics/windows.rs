//! Three windows of time that leak into each other.
//!
//! What is recorded goes into the first. Every five seconds a fifth of it moves on to the second,
//! and a sixtieth of what is then there to the third, which never forgets. So the first has a mean
//! age of some 25 s, the second of 300 s, and the three together hold all that ever was. These are
//! the windows of Dask's counters, and the same arithmetic.

use std::time::Duration;

/// The nominal lengths of the windows in seconds.
pub const WINDOWS: [u32; 3] = [5, 60, 3600];

/// How often the windows have to be shifted: the length of the first.
pub const SHIFT_EVERY: Duration = Duration::from_secs(WINDOWS[0] as u64);

/// What moves on from each window but the last at a shift.
const LEAKS: [f64; 2] = [
    0.2 * WINDOWS[0] as f64 / WINDOWS[0] as f64,
    0.2 * WINDOWS[0] as f64 / WINDOWS[1] as f64,
];

/// What a window can hold.
pub(super) trait Mass: Default {
    /// A copy with this share of the weight.
    fn share(&self, share: f64) -> Self;
    /// Takes in all of another.
    fn absorb(&mut self, other: &Self);
    /// Whether there is nothing.
    fn is_empty(&self) -> bool;
}

/// The three windows.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaky<T>(pub(super) [T; 3]);

impl<T: Mass> Leaky<T> {
    /// Lets the windows leak once.
    pub(super) fn shift(&mut self) {
        for (i, leak) in LEAKS.into_iter().enumerate() {
            if self.0[i].is_empty() {
                continue;
            }
            let moved = self.0[i].share(leak);
            self.0[i] = self.0[i].share(1.0 - leak);
            self.0[i + 1].absorb(&moved);
        }
    }
}
