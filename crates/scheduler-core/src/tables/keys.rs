//! From keys to tasks.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// An index from keys to task slots. It holds slots only; the caller says what key a slot has.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    slots: HashTable<u32>,
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(key);
    hasher.finish()
}

impl KeyIndex {
    /// The slot of a key.
    pub(crate) fn find<'a>(&self, key: &[u8], key_of: impl Fn(u32) -> &'a [u8]) -> Option<u32> {
        self.slots
            .find(hash(key), |&slot| key_of(slot) == key)
            .copied()
    }

    /// Adds a slot whose key is not in the index.
    pub(crate) fn insert<'a>(&mut self, key: &[u8], slot: u32, key_of: impl Fn(u32) -> &'a [u8]) {
        self.slots
            .insert_unique(hash(key), slot, |&slot| hash(key_of(slot)));
    }

    /// Removes a slot.
    pub(crate) fn remove(&mut self, key: &[u8], slot: u32) {
        if let Ok(entry) = self.slots.find_entry(hash(key), |&other| other == slot) {
            entry.remove();
        }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }
}
