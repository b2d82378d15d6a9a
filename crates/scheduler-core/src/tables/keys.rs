//! From keys to tasks.

use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};
use taskloom_core::KeyRef;

/// An index from keys to task slots. Beside the slot it holds half of the key's hash, so that neither
/// growing nor looking for a key that is not there touches keys, which lie elsewhere in memory; the
/// caller says what key a slot has.
///
/// Keys are spread over more memory than the caches hold, so what an access costs is the lines that it
/// waits for. Therefore this is one array, in which an entry lies at the place that its hash says or
/// close behind it: those that are further from their place go first (Robin Hood hashing), which keeps all
/// of them close, and an entry that goes makes room for those behind it.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    /// As many as a power of two, or none.
    entries: Vec<Entry>,
    len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    hash: u32,
    slot: u32,
}

/// No task has this slot.
const VACANT: Entry = Entry {
    hash: 0,
    slot: u32::MAX,
};

/// For so many keys at a time [`KeyIndex::warm`] is of use: what it reads stays in the nearest cache.
pub(crate) const WARMED: usize = 128;

/// How many entries the first key makes room for.
const LEAST: usize = 16;

fn hash(key: KeyRef<'_>) -> u32 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}

impl KeyIndex {
    /// The slot of a key.
    pub(crate) fn find<'a>(
        &self,
        key: KeyRef<'_>,
        key_of: impl Fn(u32) -> KeyRef<'a>,
    ) -> Option<u32> {
        let hash = hash(key);
        let at = self.search(hash, |entry| {
            entry.hash == hash && key_of(entry.slot) == key
        })?;
        Some(self.entries[at].slot)
    }

    /// Reads the places of keys that are about to be looked for. One search after the other waits for its
    /// line of memory; these waits overlap, because none depends on another.
    pub(crate) fn warm<'a>(&self, keys: impl Iterator<Item = KeyRef<'a>>) {
        let place = |key| self.entries.get(hash(key) as usize & self.mask());
        let seen = keys
            .filter_map(place)
            .fold(0, |seen, entry| seen ^ entry.hash);
        std::hint::black_box(seen);
    }

    /// Adds a slot whose key is not in the index.
    pub(crate) fn insert(&mut self, key: KeyRef<'_>, slot: u32) {
        // An eighth stays vacant, so that ways remain short.
        if self.len + self.len / 7 >= self.entries.len() {
            self.grow();
        }
        let hash = hash(key);
        self.put(Entry { hash, slot });
        self.len += 1;
    }

    /// Removes a slot.
    pub(crate) fn remove(&mut self, key: KeyRef<'_>, slot: u32) {
        let Some(mut at) = self.search(hash(key), |entry| entry.slot == slot) else {
            return;
        };
        loop {
            let next = (at + 1) & self.mask();
            let behind = self.entries[next];
            if behind == VACANT || self.distance(behind, next) == 0 {
                break;
            }
            self.entries[at] = behind;
            at = next;
        }
        self.entries[at] = VACANT;
        self.len -= 1;
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn mask(&self) -> usize {
        self.entries.len().wrapping_sub(1)
    }

    /// How far an entry that lies here is behind its place.
    fn distance(&self, entry: Entry, at: usize) -> usize {
        at.wrapping_sub(entry.hash as usize) & self.mask()
    }

    /// Where the entry with this hash lies of which something is true.
    fn search(&self, hash: u32, is_it: impl Fn(Entry) -> bool) -> Option<usize> {
        for way in 0..self.entries.len() {
            let at = (hash as usize + way) & self.mask();
            let entry = self.entries[at];
            if entry == VACANT || self.distance(entry, at) < way {
                return None;
            }
            if is_it(entry) {
                return Some(at);
            }
        }
        None
    }

    /// Puts an entry where it belongs; there is a vacant one.
    fn put(&mut self, mut entry: Entry) {
        let mask = self.mask();
        let mut at = entry.hash as usize & mask;
        let mut way = 0;
        while self.entries[at] != VACANT {
            let theirs = self.distance(self.entries[at], at);
            if theirs < way {
                std::mem::swap(&mut entry, &mut self.entries[at]);
                way = theirs;
            }
            at = (at + 1) & mask;
            way += 1;
        }
        self.entries[at] = entry;
    }

    fn grow(&mut self) {
        let room = (self.entries.len() * 2).max(LEAST);
        let old = std::mem::replace(&mut self.entries, vec![VACANT; room]);
        for entry in old.into_iter().filter(|entry| *entry != VACANT) {
            self.put(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Few keys, so that the same come and go, and none is lost when others move.
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((any::<bool>(), 0..200_u32), 0..2_000)) {
            let texts: Vec<String> = (0..200).map(|n| format!("key-{n}")).collect();
            let key = |slot: u32| KeyRef::Text(texts[slot as usize].as_bytes());
            let (mut index, mut model) = (KeyIndex::default(), BTreeMap::new());
            for (add, slot) in steps {
                if !add {
                    index.remove(key(slot), slot);
                    model.remove(&slot);
                } else if model.insert(slot, ()).is_none() {
                    index.insert(key(slot), slot);
                }
                prop_assert_eq!(index.len(), model.len());
            }
            for slot in 0..200 {
                let expected = model.contains_key(&slot).then_some(slot);
                prop_assert_eq!(index.find(key(slot), key), expected);
            }
        }
    }

    #[test]
    fn entries_lie_close_to_their_places() {
        let texts: Vec<String> = (0..100_000).map(|n| format!("key-{n}")).collect();
        let mut index = KeyIndex::default();
        for (slot, text) in texts.iter().enumerate() {
            index.insert(KeyRef::Text(text.as_bytes()), slot as u32);
        }
        let entries = index.entries.iter().enumerate();
        let taken = entries.filter(|(_, entry)| **entry != VACANT);
        let ways: Vec<usize> = taken
            .map(|(at, entry)| index.distance(*entry, at))
            .collect();
        let mean = ways.iter().sum::<usize>() as f64 / ways.len() as f64;
        assert!(mean < 8.0 && ways.iter().all(|way| *way < 100), "{mean}");
    }
}
