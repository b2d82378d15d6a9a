//! Things that are named once and then referred to by number.

use rustc_hash::FxHashMap;
use std::hash::Hash;

/// Numbers from `first` for distinct things, in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Interned<T> {
    numbers: FxHashMap<T, u32>,
    items: Vec<T>,
    first: u32,
}

impl<T: Clone + Eq + Hash> Interned<T> {
    /// Nothing yet; the first thing gets the number `first`.
    pub(crate) fn from(first: u32) -> Self {
        Self {
            numbers: FxHashMap::default(),
            items: Vec::new(),
            first,
        }
    }

    /// The number of a thing, and whether it is new.
    pub(crate) fn number(&mut self, item: &T) -> (u32, bool) {
        // Most programs submit many tasks of one kind in a row.
        if self.items.last() == Some(item) {
            return (self.first + self.items.len() as u32 - 1, false);
        }
        if let Some(&number) = self.numbers.get(item) {
            return (number, false);
        }
        let number = self.first + self.items.len() as u32;
        self.numbers.insert(item.clone(), number);
        self.items.push(item.clone());
        (number, true)
    }

    /// All things in the order of their numbers.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }
}
