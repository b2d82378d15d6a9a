//! What is going to happen, in the order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use taskloom_core::Time;

/// Things to come. Those of one moment come in the order in which they were put in, so that a run
/// depends on nothing but its seed.
#[derive(Debug)]
pub(crate) struct EventQueue<E> {
    heap: BinaryHeap<Reverse<(Time, u64, Slot<E>)>>,
    next: u64,
}

/// Carries an event through the heap without a part in the comparison: the number before it is
/// unique.
#[derive(Debug)]
struct Slot<E>(E);

impl<E> PartialEq for Slot<E> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<E> Eq for Slot<E> {}

impl<E> PartialOrd for Slot<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Slot<E> {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl<E> EventQueue<E> {
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            next: 0,
        }
    }

    pub(crate) fn push(&mut self, at: Time, event: E) {
        self.heap.push(Reverse((at, self.next, Slot(event))));
        self.next += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<(Time, E)> {
        let Reverse((at, _, Slot(event))) = self.heap.pop()?;
        Some((at, event))
    }

    /// When the next event comes.
    pub(crate) fn next_time(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_as_put_in() {
        let mut queue = EventQueue::new();
        for (at, event) in [(3, 'd'), (1, 'a'), (1, 'b'), (2, 'c')] {
            queue.push(Time(at), event);
        }
        let order: String = std::iter::from_fn(|| queue.pop())
            .map(|(_, event)| event)
            .collect();
        assert_eq!(order, "abcd");
    }
}
