//! Sets and maps by task slot in which neighbours lie together.
//!
//! Tasks that follow each other have slots that do, and a worker is given, ends and frees them in about
//! that order. A hash that keeps 16 of them in one place touches a line of memory for each 16, where one
//! that scatters them touches another one for each.

use hashbrown::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A set of task slots.
pub(crate) type SlotSet = HashSet<u32, BuildHasherDefault<SlotHasher>>;

/// A map by task slot.
pub(crate) type SlotMap<T> = HashMap<u32, T, BuildHasherDefault<SlotHasher>>;

/// See the module. The lowest four bits of a slot say where in its group it lies, all others which
/// group that is; the highest seven bits of a hash tell entries apart and are mixed from the whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SlotHasher(u64);

/// An odd number with its bits well mixed, as in `rustc-hash`.
const MIX: u64 = 0xf135_7aea_2e62_a9c5;

impl Hasher for SlotHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    fn write_u32(&mut self, slot: u32) {
        let slot = u64::from(slot) ^ self.0;
        let group = (slot >> 4).wrapping_mul(MIX) >> 24;
        let tag = slot.wrapping_mul(MIX) >> 57;
        self.0 = tag << 57 | (group << 4 | slot & 15) & (u64::MAX >> 7);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    fn hash(slot: u32) -> u64 {
        BuildHasherDefault::<SlotHasher>::default().hash_one(slot)
    }

    #[test]
    fn sixteen_neighbours_lie_in_a_row() {
        for first in [0, 16, 1 << 20, u32::MAX - 15] {
            let low = |slot| hash(slot) & 0xffff;
            for at in 1..16 {
                assert_eq!(low(first + at), low(first) + u64::from(at));
            }
        }
    }

    #[test]
    fn slots_at_any_distance_spread_over_a_table() {
        const BUCKETS: usize = 4096;
        for step in [1, 2, 7, 16, 64, 1000, 1024, 4096, 65_536] {
            let mut groups = [0; BUCKETS / 16];
            for n in 0..BUCKETS as u32 / 2 {
                groups[hash(n.wrapping_mul(step)) as usize % BUCKETS / 16] += 1;
            }
            let fullest = groups.iter().max().copied().unwrap_or(0);
            assert!(fullest <= 64, "a group of {fullest} at distance {step}");
        }
    }
}
