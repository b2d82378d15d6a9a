//! What sorted lists hold: small things whose order fits into one number.

/// Something that is put in order by one number. The best of a list has the greatest, because taking
/// the greatest is the cheap end of a vector; numbers are unique, so the order is total.
pub trait Entry: Copy {
    /// How many entries a leaf of their list has at most. Where entries come and go at the ends, a
    /// leaf may be large; where they do anywhere, half of it moves each time.
    const LEAF_MAX: usize;
    /// The number.
    fn to_bits(self) -> u128;
    /// What has this number; the inverse of [`Entry::to_bits`].
    fn from_bits(bits: u128) -> Self;
}

/// A ready task in a queue, in the order of (priority, earliest rank, lowest slot).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueEntry(u128);

impl QueueEntry {
    /// The entry of the task in `slot`.
    pub const fn new(priority: i32, rank: u64, slot: u32) -> Self {
        let biased = (priority as u32) ^ (1 << 31);
        Self(((biased as u128) << 96) | ((!rank as u128) << 32) | (!slot) as u128)
    }

    /// The user's priority, higher first.
    pub const fn priority(self) -> i32 {
        (((self.0 >> 96) as u32) ^ (1 << 31)) as i32
    }

    /// The place in the scheduler's order, lower first.
    pub const fn rank(self) -> u64 {
        !((self.0 >> 32) as u64)
    }

    /// The task's slot.
    pub const fn slot(self) -> u32 {
        !(self.0 as u32)
    }
}

impl Entry for QueueEntry {
    const LEAF_MAX: usize = 512;

    fn to_bits(self) -> u128 {
        self.0
    }

    fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}
