//! From keys to tasks.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};
use taskloom_core::KeyRef;

/// An index from keys to task slots. Beside the slot it holds half of the key's hash, so that neither
/// growing nor looking for a key that is not there touches keys, which lie elsewhere in memory; the
/// caller says what key a slot has.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    slots: HashTable<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    slot: u32,
}

fn hash(key: KeyRef<'_>) -> u32 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}

/// The hash as the table wants it: with something in the highest and in the lowest bits.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl KeyIndex {
    /// The slot of a key.
    pub(crate) fn find<'a>(
        &self,
        key: KeyRef<'_>,
        key_of: impl Fn(u32) -> KeyRef<'a>,
    ) -> Option<u32> {
        let hash = hash(key);
        let same = |entry: &Entry| entry.hash == hash && key_of(entry.slot) == key;
        self.slots.find(spread(hash), same).map(|entry| entry.slot)
    }

    /// Adds a slot whose key is not in the index.
    pub(crate) fn insert(&mut self, key: KeyRef<'_>, slot: u32) {
        let hash = hash(key);
        let entry = Entry { hash, slot };
        self.slots
            .insert_unique(spread(hash), entry, |entry| spread(entry.hash));
    }

    /// Removes a slot.
    pub(crate) fn remove(&mut self, key: KeyRef<'_>, slot: u32) {
        let same = |entry: &Entry| entry.slot == slot;
        if let Ok(entry) = self.slots.find_entry(spread(hash(key)), same) {
            entry.remove();
        }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }
}
