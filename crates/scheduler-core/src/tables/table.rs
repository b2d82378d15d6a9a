//! A vector that grows by pages: what is in it never moves, so growing costs no copy, and no more
//! than a page is unused.
//!
//! A plain vector of a million records is copied on its way there as often as it is enlarged, and its
//! old memory was just touched for the first time: this was a quarter of what the scheduler spent on
//! taking in a large graph.

use std::ops::{Index, IndexMut};

/// Entries of a page.
const PAGE: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Table<T> {
    /// All but the last are full.
    pages: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            len: 0,
        }
    }
}

impl<T> Table<T> {
    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds an entry at the end.
    pub(crate) fn push(&mut self, entry: T) {
        if self.len.is_multiple_of(PAGE) {
            self.pages.push(Vec::with_capacity(PAGE));
        }
        if let Some(page) = self.pages.last_mut() {
            page.push(entry);
            self.len += 1;
        }
    }

    /// The entry at a position, if there are so many.
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.pages.get(at / PAGE)?.get(at % PAGE)
    }
}

impl<T> Index<usize> for Table<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        &self.pages[at / PAGE][at % PAGE]
    }
}

impl<T> IndexMut<usize> for Table<T> {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.pages[at / PAGE][at % PAGE]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn entries_keep_their_positions_and_their_addresses() {
        let mut table = Table::default();
        assert_eq!(table.get(0), None);
        table.push(0);
        let first = std::ptr::from_ref(&table[0]);
        for n in 1..3 * PAGE + 5 {
            table.push(n);
        }
        table[PAGE] = 7;
        assert_eq!(table.len(), 3 * PAGE + 5);
        assert_eq!((table[PAGE - 1], table[PAGE]), (PAGE - 1, 7));
        assert_eq!(table.get(3 * PAGE + 4), Some(&(3 * PAGE + 4)));
        assert_eq!(table.get(3 * PAGE + 5), None);
        assert_eq!(first, std::ptr::from_ref(&table[0]));
    }
}
