//! A sorted list of sorted leaves.

use super::entry::Entry;
use super::leaf::Leaf;
use std::marker::PhantomData;

/// A sorted list: any insert and remove in about a hundred nanoseconds, the best entry in constant
/// time, whatever the length.
///
/// The directory holds the greatest entry of each leaf in a plain vector. The leaves are in ascending
/// order, so the best entry is the last one of the last leaf. A leaf is split when it grows beyond
/// [`Entry::LEAF_MAX`]; see docs/architecture.md for the measurement.
#[derive(Debug, Clone)]
pub struct SortedList<E> {
    leaves: Vec<Leaf>,
    greatest: Vec<u128>,
    len: usize,
    entries: PhantomData<E>,
}

impl<E> Default for SortedList<E> {
    fn default() -> Self {
        Self {
            leaves: Vec::new(),
            greatest: Vec::new(),
            len: 0,
            entries: PhantomData,
        }
    }
}

impl<E: Entry> SortedList<E> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The best entry.
    pub fn best(&self) -> Option<E> {
        self.greatest.last().copied().map(E::from_bits)
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.leaves.clear();
        self.greatest.clear();
        self.len = 0;
    }

    /// Takes the best entry.
    pub fn pop(&mut self) -> Option<E> {
        let leaf = self.leaves.last_mut()?;
        let entry = leaf.pop();
        match leaf.last() {
            Some(&greatest) => {
                let last = self.greatest.len() - 1;
                self.greatest[last] = greatest;
            }
            None => {
                self.leaves.pop();
                self.greatest.pop();
            }
        }
        self.len -= usize::from(entry.is_some());
        entry.map(E::from_bits)
    }

    /// Adds an entry that is not in the list.
    pub fn insert(&mut self, entry: E) {
        let entry = entry.to_bits();
        self.len += 1;
        let Some(last) = self.leaves.len().checked_sub(1) else {
            self.leaves.push(Leaf::from(vec![entry]));
            self.greatest.push(entry);
            return;
        };
        let at = self
            .greatest
            .partition_point(|&greatest| greatest < entry)
            .min(last);
        self.leaves[at].insert(entry);
        if self.leaves[at].len() > E::LEAF_MAX {
            let upper = self.leaves[at].split_off(E::LEAF_MAX / 2);
            self.leaves.insert(at + 1, upper);
            self.greatest.insert(at + 1, self.greatest[at]);
        }
        self.refresh(at);
        if at + 1 < self.leaves.len() {
            self.refresh(at + 1);
        }
    }

    fn refresh(&mut self, at: usize) {
        if let Some(&greatest) = self.leaves[at].last() {
            self.greatest[at] = greatest;
        }
    }

    /// Adds many entries that are not in the list; the vector comes back empty.
    pub fn insert_all(&mut self, entries: &mut Vec<E>) {
        // A few are cheaper one by one than a merge of the leaves they fall into.
        if entries.len() < 8 {
            entries.drain(..).for_each(|entry| self.insert(entry));
            return;
        }
        let mut entries: Vec<u128> = entries.drain(..).map(E::to_bits).collect();
        entries.sort_unstable();
        self.len += entries.len();
        let old = std::mem::take(&mut self.leaves);
        self.greatest.clear();
        let mut left = entries.into_iter().peekable();
        let mut old = old.into_iter().peekable();
        while let Some(leaf) = old.next() {
            // What belongs before the next leaf goes into this one; the last leaf takes the rest.
            let bound = old.peek().and_then(|next| next.first().copied());
            let belongs = |entry: &u128| bound.is_none_or(|bound| *entry < bound);
            if !left.peek().is_some_and(belongs) {
                self.greatest.extend(leaf.last().copied());
                self.leaves.push(leaf);
                continue;
            }
            let leaf: Vec<u128> = leaf.into();
            let mut merged = Vec::with_capacity(2 * leaf.len());
            let mut leaf = leaf.into_iter().peekable();
            while let Some(entry) = left.next_if(belongs) {
                while let Some(before) = leaf.next_if(|&before| before < entry) {
                    merged.push(before);
                }
                merged.push(entry);
            }
            merged.extend(leaf);
            Self::append(&mut self.leaves, &mut self.greatest, merged);
        }
        Self::append(&mut self.leaves, &mut self.greatest, left.collect());
    }

    fn append(leaves: &mut Vec<Leaf>, greatest: &mut Vec<u128>, mut entries: Vec<u128>) {
        let pieces = entries.len().div_ceil(E::LEAF_MAX);
        for piece in 0..pieces {
            let range = entries.len() * piece / pieces..entries.len() * (piece + 1) / pieces;
            let leaf = if pieces == 1 {
                Leaf::from(std::mem::take(&mut entries))
            } else {
                Leaf::from(entries[range].to_vec())
            };
            greatest.extend(leaf.last().copied());
            leaves.push(leaf);
        }
    }

    /// Removes an entry; false if it is not in the list.
    pub fn remove(&mut self, entry: E) -> bool {
        let entry = entry.to_bits();
        let at = self.greatest.partition_point(|&greatest| greatest < entry);
        let Some(leaf) = self.leaves.get_mut(at) else {
            return false;
        };
        if leaf.remove(&entry).is_none() {
            return false;
        }
        self.len -= 1;
        if leaf.is_empty() {
            self.leaves.remove(at);
            self.greatest.remove(at);
        } else {
            self.refresh(at);
        }
        true
    }

    /// Puts an entry in the place of another, which is nearly always in the same leaf. If the other is
    /// not there, it is only put in.
    pub fn replace(&mut self, old: E, new: E) {
        let (bits, entry) = (old.to_bits(), new.to_bits());
        let at = self.greatest.partition_point(|&greatest| greatest < bits);
        // Behind all of the leaf before, and before all of the next.
        let fits = at == 0 || self.greatest[at - 1] < entry;
        let fits = fits && (at + 1 >= self.leaves.len() || entry <= self.greatest[at]);
        if fits
            && let Some(leaf) = self.leaves.get_mut(at)
            && leaf.remove(&bits).is_some()
        {
            leaf.insert(entry);
            self.refresh(at);
        } else {
            self.remove(old);
            self.insert(new);
        }
    }

    /// Whether an entry is in the list.
    pub fn contains(&self, entry: E) -> bool {
        let entry = entry.to_bits();
        let at = self.greatest.partition_point(|&greatest| greatest < entry);
        self.leaves
            .get(at)
            .is_some_and(|leaf| leaf.contains(&entry))
    }

    /// How many entries are better than this one.
    pub fn ahead_of(&self, entry: E) -> usize {
        let entry = entry.to_bits();
        let at = self.greatest.partition_point(|&greatest| greatest <= entry);
        let later: usize = self.leaves.iter().skip(at + 1).map(|leaf| leaf.len()).sum();
        let here = self.leaves.get(at).map_or(0, |leaf| {
            leaf.len() - leaf.partition_point(|&other| other <= entry)
        });
        later + here
    }

    /// All entries, the best first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = E> + '_ {
        self.leaves
            .iter()
            .rev()
            .flat_map(|leaf| leaf.iter().rev().copied().map(E::from_bits))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{QueueEntry, TaskQueue};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(i32, u64, u32),
        InsertAll(u64, u32),
        Remove(usize),
        Replace(usize, u64),
        Pop(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (-2..3i32, 0..2000u64, 0..5000u32).prop_map(|(p, r, t)| Step::Insert(p, r, t)),
            (0..2000u64, 1..1500u32).prop_map(|(r, n)| Step::InsertAll(r, n)),
            any::<usize>().prop_map(Step::Remove),
            (any::<usize>(), 0..2000u64).prop_map(|(n, r)| Step::Replace(n, r)),
            (1..400usize).prop_map(Step::Pop),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_queue_agrees_with_a_tree_set(steps in prop::collection::vec(step(), 1..40)) {
            let mut queue = TaskQueue::default();
            let mut model: BTreeSet<QueueEntry> = BTreeSet::new();
            let mut unique = 1_000_000;
            for step in steps {
                match step {
                    Step::Insert(priority, rank, slot) => {
                        let entry = QueueEntry::new(priority, rank, slot);
                        if model.insert(entry) {
                            queue.insert(entry);
                        }
                    }
                    Step::InsertAll(rank, n) => {
                        let mut entries: Vec<QueueEntry> = (0..n)
                            .map(|i| {
                                unique += 1;
                                QueueEntry::new(0, rank ^ u64::from(i % 97), unique)
                            })
                            .collect();
                        model.extend(entries.iter().copied());
                        queue.insert_all(&mut entries);
                    }
                    Step::Remove(nth) if !model.is_empty() => {
                        let entry = *model.iter().nth(nth % model.len()).unwrap();
                        prop_assert_eq!(queue.ahead_of(entry), model.range(entry..).count() - 1);
                        prop_assert!(queue.contains(entry) && queue.remove(entry));
                        prop_assert!(!queue.remove(entry));
                        model.remove(&entry);
                    }
                    Step::Replace(nth, rank) if !model.is_empty() => {
                        let entry = *model.iter().nth(nth % model.len()).unwrap();
                        unique += 1;
                        let new = QueueEntry::new(0, rank, unique);
                        queue.replace(entry, new);
                        model.remove(&entry);
                        model.insert(new);
                    }
                    Step::Remove(_) | Step::Replace(..) => {}
                    Step::Pop(n) => {
                        for _ in 0..n {
                            prop_assert_eq!(queue.pop(), model.pop_last());
                        }
                    }
                }
                prop_assert_eq!(queue.len(), model.len());
                prop_assert_eq!(queue.best(), model.last().copied());
            }
            prop_assert!(queue.iter().eq(model.iter().rev().copied()));
        }
    }

    #[test]
    fn entries_order_by_priority_then_rank() {
        let urgent = QueueEntry::new(1, 900, 3);
        let early = QueueEntry::new(0, 1, 2);
        let late = QueueEntry::new(0, 2, 1);
        assert!(urgent > early && early > late && late > QueueEntry::new(-5, 0, 0));
        assert_eq!(
            (urgent.priority(), urgent.rank(), urgent.slot()),
            (1, 900, 3)
        );
    }
}
