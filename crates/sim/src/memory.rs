//! How many bytes lie on a worker.

use rustc_hash::FxHashMap;
use taskloom_core::TaskId;
use taskloom_core::arguments::Part;

/// A value by its name.
pub(crate) type ValueKey = (TaskId, Part);

#[derive(Debug, Default)]
struct Held {
    bytes: u64,
    /// Whether it is in the store.
    stored: bool,
    /// How many runs that the executor has use it.
    users: u32,
}

/// The values of a worker. One that was dropped from the store lives on while a run uses it.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    held: FxHashMap<ValueKey, Held>,
    bytes: u64,
}

impl Memory {
    /// Bytes of all values that are alive here.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The size of a value in the store.
    pub(crate) fn stored(&self, key: ValueKey) -> Option<u64> {
        let held = self.held.get(&key).filter(|held| held.stored)?;
        Some(held.bytes)
    }

    /// Puts a value into the store, over an older one of its name.
    pub(crate) fn keep(&mut self, key: ValueKey, bytes: u64) {
        let held = self.held.entry(key).or_default();
        self.bytes = self.bytes - held.bytes + bytes;
        held.bytes = bytes;
        held.stored = true;
    }

    /// Takes a value out of the store.
    pub(crate) fn drop(&mut self, key: ValueKey) {
        if let Some(held) = self.held.get_mut(&key) {
            held.stored = false;
            self.forget_if_unused(key);
        }
    }

    /// A run takes a value along.
    pub(crate) fn pin(&mut self, key: ValueKey) {
        if let Some(held) = self.held.get_mut(&key) {
            held.users += 1;
        }
    }

    /// A run is done with a value.
    pub(crate) fn unpin(&mut self, key: ValueKey) {
        if let Some(held) = self.held.get_mut(&key) {
            held.users = held.users.saturating_sub(1);
            self.forget_if_unused(key);
        }
    }

    /// Empties the store.
    pub(crate) fn clear(&mut self) {
        self.held.retain(|_, held| {
            held.stored = false;
            held.users > 0
        });
        self.bytes = self.held.values().map(|held| held.bytes).sum();
    }

    fn forget_if_unused(&mut self, key: ValueKey) {
        if let Some(held) = self.held.get(&key)
            && !held.stored
            && held.users == 0
        {
            self.bytes -= held.bytes;
            self.held.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_once_and_as_long_as_it_is_used() {
        let key = (TaskId::new(1, 0), Part::WHOLE);
        let mut memory = Memory::default();
        memory.keep(key, 10);
        memory.keep(key, 12);
        memory.pin(key);
        memory.drop(key);
        assert_eq!((memory.bytes(), memory.stored(key)), (12, None));
        memory.unpin(key);
        assert_eq!(memory.bytes(), 0);
        memory.keep(key, 5);
        memory.clear();
        assert_eq!(memory.bytes(), 0);
    }
}
