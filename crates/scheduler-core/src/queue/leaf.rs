//! One leaf of a task queue: a sorted vector of at most a few hundred entries.

use sortedvec::sortedvec;

/// A ready task in a queue, as one number that orders by (priority, earliest rank, lowest slot);
/// the best task is the greatest entry, because taking the greatest is the cheap end of a vector.
/// The slot makes the order total.
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

sortedvec! {
    /// Entries in ascending order.
    #[derive(Debug, Clone)]
    pub(super) struct Leaf {
        fn derive_key(entry: &QueueEntry) -> QueueEntry { *entry }
    }
}
