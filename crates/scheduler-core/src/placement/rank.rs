//! The place of a worker among the others: how soon it could start one more task.

use crate::queue::Entry;
use crate::worker::Worker;
use taskloom_core::Time;

/// A worker in the order in which workers are offered tasks. Workers with a free thread come first,
/// by how busy and then how full of values they are; the others by how long a task would wait. Ties
/// go by name, so that the order in which workers came does not show.
///
/// A wait is what lies before a task plus the time in which nothing has ended, so all waits grow by
/// themselves, and by the same; what they are ordered by leaves the present time out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkerRank(u128);

/// Set for workers without a free thread.
const BUSY: u64 = 1 << 63;

/// Bits of the held bytes.
const HELD_BITS: u32 = 50;

impl WorkerRank {
    /// From the number of the order and of the worker, lower first; the bits are inverted, because
    /// the best entry of a list has the greatest number.
    const fn new(place: u64, label: u32, slot: u32) -> Self {
        Self(!(((place as u128) << 64) | ((label as u128) << 32) | slot as u128))
    }

    /// A worker's place. `label` orders workers by name.
    pub(crate) fn of(worker: &Worker, slot: u32, now: Time) -> Self {
        let threads = worker.hello.nthreads.max(1) as u64;
        let taken = (worker.load() + worker.located.len()) as u64;
        let place = if taken < threads {
            // At most 1023 thousandths: it is below one.
            let share = (taken * 1000 / threads).min(1000);
            let held = worker.held_bytes.min((1 << HELD_BITS) - 1);
            (share << HELD_BITS) | held
        } else {
            let full = worker.load() as u64 >= threads;
            let since = if full { worker.last_progress } else { now };
            BUSY | bias(i128::from(worker.backlog_ns()) - i128::from(since.0))
        };
        Self::new(place, worker.label, slot)
    }

    /// The worker's slot.
    pub fn slot(self) -> u32 {
        !(self.0 as u32)
    }

    /// Whether the worker had a free thread.
    pub fn has_free_thread(self) -> bool {
        (!self.0 >> 64) as u64 & BUSY == 0
    }
}

/// Puts a signed number of nanoseconds into the lower 63 bits, in order.
fn bias(wait_ns: i128) -> u64 {
    let most = (1_i128 << 62) - 1;
    (wait_ns.clamp(-most, most) + (1 << 62)) as u64
}

impl Entry for WorkerRank {
    const LEAF_MAX: usize = 64;

    fn to_bits(self) -> u128 {
        self.0
    }

    fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}
