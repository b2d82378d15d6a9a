//! Queues by urgency: what is ready to run, and what is to be fetched from each peer.

use crate::sorted::Sorted;
use std::cmp::Reverse;

/// How urgent something is; the greatest goes first. The serial number makes the order total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Urgency {
    pub(crate) priority: i32,
    pub(crate) rank: Reverse<u64>,
    pub(crate) serial: Reverse<u64>,
}

/// Something in a queue: a place in one of the machine's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) urgency: Urgency,
    pub(crate) at: u32,
}

/// A flat sorted vector. Additions are collected and merged when the queue is next asked, because
/// they come in batches that are mostly sorted, often all in front of what is there.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    sorted: Sorted,
    fresh: Vec<Entry>,
}

impl Queue {
    pub(crate) fn push(&mut self, entry: Entry) {
        self.fresh.push(entry);
    }

    fn settle(&mut self) {
        match self.fresh.len() {
            0 => {}
            1 => self.sorted.extend_one(&mut self.fresh),
            _ => {
                // The stable sort merges sorted runs in linear time; the constructor then finds a
                // sorted vector.
                let mut all: Vec<Entry> = std::mem::take(&mut self.sorted).into();
                all.append(&mut self.fresh);
                all.sort_by_key(|entry| entry.urgency);
                self.sorted = Sorted::from(all);
            }
        }
    }

    /// The most urgent entry.
    pub(crate) fn peek(&mut self) -> Option<Entry> {
        self.settle();
        self.sorted.last().copied()
    }

    pub(crate) fn pop(&mut self) -> Option<Entry> {
        self.settle();
        self.sorted.pop()
    }

    pub(crate) fn remove(&mut self, urgency: &Urgency) -> Option<Entry> {
        self.settle();
        self.sorted.remove(urgency)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sorted.is_empty() && self.fresh.is_empty()
    }

    /// Takes everything, the least urgent first.
    pub(crate) fn take(&mut self) -> Vec<Entry> {
        self.settle();
        std::mem::take(&mut self.sorted).into()
    }

    /// All entries, in no order.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.sorted.iter().chain(&self.fresh)
    }
}

impl Sorted {
    fn extend_one(&mut self, fresh: &mut Vec<Entry>) {
        if let Some(entry) = fresh.pop() {
            self.insert(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn entry(priority: i32, rank: u64, serial: u64) -> Entry {
        let urgency = Urgency {
            priority,
            rank: Reverse(rank),
            serial: Reverse(serial),
        };
        Entry {
            urgency,
            at: serial as u32,
        }
    }

    #[test]
    fn priority_then_rank_then_age() {
        let mut queue = Queue::default();
        for e in [
            entry(0, 5, 0),
            entry(0, 1, 1),
            entry(0, 1, 2),
            entry(3, 9, 3),
        ] {
            queue.push(e);
        }
        let order: Vec<u32> = std::iter::from_fn(|| queue.pop()).map(|e| e.at).collect();
        assert_eq!(order, [3, 1, 2, 0]);
    }

    proptest! {
        #[test]
        fn a_queue_is_an_ordered_set(steps in prop::collection::vec((0u8..4, -2i32..2, 0u64..9), 0..200)) {
            let mut queue = Queue::default();
            let mut set = BTreeSet::new();
            for (serial, (what, priority, rank)) in steps.into_iter().enumerate() {
                match what {
                    0 | 1 => {
                        let e = entry(priority, rank, serial as u64);
                        queue.push(e);
                        set.insert((e.urgency, e.at));
                    }
                    2 => prop_assert_eq!(queue.pop().map(|e| (e.urgency, e.at)), set.pop_last()),
                    _ => {
                        if let Some(&(urgency, at)) = set.iter().nth(rank as usize) {
                            set.remove(&(urgency, at));
                            prop_assert_eq!(queue.remove(&urgency).map(|e| e.at), Some(at));
                        }
                    }
                }
                prop_assert_eq!(queue.is_empty(), set.is_empty());
                prop_assert_eq!(queue.peek().map(|e| e.at), set.last().map(|e| e.1));
            }
        }
    }
}
