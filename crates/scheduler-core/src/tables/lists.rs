//! Many short lists in a few pages, with power-of-two capacities and free lists per capacity.

use std::ops::Range;

/// A list inside [`Lists`]. Its capacity follows from its length, so it is two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    start: u32,
    len: u32,
}

impl List {
    /// The list without elements; it occupies nothing.
    pub(crate) const EMPTY: Self = Self { start: 0, len: 0 };

    /// How many elements it has.
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    /// Whether it has none.
    pub(crate) fn is_empty(self) -> bool {
        self.len == 0
    }

    fn class(self) -> Option<usize> {
        (self.len > 0).then(|| capacity_class(self.len))
    }
}

/// Lists of `len` elements have room for `1 << capacity_class(len)`.
fn capacity_class(len: u32) -> usize {
    len.next_power_of_two().trailing_zeros() as usize
}

/// Elements of a page. Lists with room for more have pages of their own.
const PAGE_CLASS: usize = 12;
const PAGE: usize = 1 << PAGE_CLASS;

/// The memory of many lists. It grows by pages, so that what is in it never moves; an element's
/// number is its page times [`PAGE`] and its place there.
#[derive(Debug)]
pub(crate) struct Lists<T> {
    /// A page that is longer than [`PAGE`] is followed by as many empty ones as its length takes.
    pages: Vec<Box<[T]>>,
    /// What of the last page was not given out yet.
    fresh: Range<u32>,
    free: [Vec<u32>; 32],
}

impl<T: Copy + Default> Default for Lists<T> {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            fresh: 0..0,
            free: std::array::from_fn(|_| Vec::new()),
        }
    }
}

impl<T: Copy + Default> Lists<T> {
    fn allocate(&mut self, class: usize) -> u32 {
        if let Some(start) = self.free[class].pop() {
            return start;
        }
        if class > PAGE_CLASS {
            let start = (self.pages.len() * PAGE) as u32;
            self.pages.push(vec![T::default(); 1 << class].into());
            let taken = self.pages.len() - 1 + (1 << (class - PAGE_CLASS));
            self.pages.resize_with(taken, Box::default);
            return start;
        }
        if self.fresh.len() < 1 << class {
            self.keep_rest();
            let start = (self.pages.len() * PAGE) as u32;
            self.pages.push(vec![T::default(); PAGE].into());
            self.fresh = start..start + PAGE as u32;
        }
        let start = self.fresh.start;
        self.fresh.start += 1 << class;
        start
    }

    /// Leaves what was not given out of the last page to shorter lists.
    fn keep_rest(&mut self) {
        while !self.fresh.is_empty() {
            let class = self.fresh.len().ilog2();
            self.free[class as usize].push(self.fresh.start);
            self.fresh.start += 1 << class;
        }
    }

    /// Copies the first `n` elements of the list at `from` to where another begins.
    fn copy(&mut self, from: u32, to: u32, n: u32) {
        let (from, to, n) = (from as usize, to as usize, n as usize);
        let (from_page, to_page) = (from / PAGE, to / PAGE);
        let (from, to) = (from % PAGE, to % PAGE);
        if from_page == to_page {
            self.pages[from_page].copy_within(from..from + n, to);
        } else if let Ok([source, target]) = self.pages.get_disjoint_mut([from_page, to_page]) {
            target[to..to + n].copy_from_slice(&source[from..from + n]);
        }
    }

    /// A list of these elements.
    pub(crate) fn make(&mut self, elements: &[T]) -> List {
        if elements.is_empty() {
            return List::EMPTY;
        }
        let len = elements.len() as u32;
        let start = self.allocate(capacity_class(len));
        let list = List { start, len };
        self.get_mut(list).copy_from_slice(elements);
        list
    }

    /// The elements.
    #[inline]
    pub(crate) fn get(&self, list: List) -> &[T] {
        let (page, at) = (list.start as usize / PAGE, list.start as usize % PAGE);
        match list.len() {
            0 => &[],
            len => &self.pages[page][at..at + len],
        }
    }

    /// The elements, to change in place.
    #[inline]
    pub(crate) fn get_mut(&mut self, list: List) -> &mut [T] {
        let (page, at) = (list.start as usize / PAGE, list.start as usize % PAGE);
        match list.len() {
            0 => &mut [],
            len => &mut self.pages[page][at..at + len],
        }
    }

    /// Adds an element at the end and returns its position.
    pub(crate) fn push(&mut self, list: &mut List, element: T) -> u32 {
        let at = list.len;
        let class = capacity_class(at + 1);
        match list.class() {
            Some(old) if old == class => {}
            old => {
                let start = self.allocate(class);
                self.copy(list.start, start, at);
                if let Some(old) = old {
                    self.free[old].push(list.start);
                }
                list.start = start;
            }
        }
        list.len += 1;
        self.get_mut(*list)[at as usize] = element;
        at
    }

    /// Removes the element at `at` and puts the last one in its place, which is returned if there is
    /// such a one. Capacity is given back when it halves.
    pub(crate) fn swap_remove(&mut self, list: &mut List, at: u32) -> Option<T> {
        let last = list.len - 1;
        let elements = self.get_mut(*list);
        let moved = elements[last as usize];
        elements[at as usize] = moved;
        self.truncate(list, last);
        (at != last).then_some(moved)
    }

    fn truncate(&mut self, list: &mut List, len: u32) {
        let old = capacity_class(list.len);
        if len == 0 {
            self.free[old].push(list.start);
            *list = List::EMPTY;
            return;
        }
        let class = capacity_class(len);
        if class != old {
            let start = self.allocate(class);
            self.copy(list.start, start, len);
            self.free[old].push(list.start);
            list.start = start;
        }
        list.len = len;
    }

    /// Gives a list's memory back.
    pub(crate) fn release(&mut self, list: &mut List) {
        if let Some(class) = list.class() {
            self.free[class].push(list.start);
        }
        *list = List::EMPTY;
    }

    /// How many elements of memory belong to no list.
    pub(crate) fn vacant(&self) -> usize {
        let free = self.free.iter().enumerate();
        let free = free.map(|(class, starts)| starts.len() << class);
        self.fresh.len() + free.sum::<usize>()
    }

    /// How many elements of memory there are.
    pub(crate) fn capacity(&self) -> usize {
        self.pages.iter().map(|page| page.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lists_behave_like_vectors(steps in prop::collection::vec((0..4usize, 0..6u8, 0..50u32), 1..300)) {
            let mut lists = Lists::default();
            let mut ours = [List::EMPTY; 4];
            let mut theirs: [Vec<u32>; 4] = Default::default();
            for (which, action, x) in steps {
                match action {
                    0 => {
                        lists.release(&mut ours[which]);
                        theirs[which].clear();
                    }
                    1 if !theirs[which].is_empty() => {
                        let at = x % theirs[which].len() as u32;
                        let moved = lists.swap_remove(&mut ours[which], at);
                        theirs[which].swap_remove(at as usize);
                        prop_assert_eq!(moved, theirs[which].get(at as usize).copied());
                    }
                    2 => {
                        lists.release(&mut ours[which]);
                        theirs[which] = (0..x).collect();
                        ours[which] = lists.make(&theirs[which]);
                    }
                    _ => {
                        let at = lists.push(&mut ours[which], x);
                        prop_assert_eq!(at as usize, theirs[which].len());
                        theirs[which].push(x);
                    }
                }
                for (list, vector) in ours.iter().zip(&theirs) {
                    prop_assert_eq!(lists.get(*list), &vector[..]);
                }
            }
            for list in &mut ours {
                lists.release(list);
            }
            prop_assert_eq!(lists.vacant(), lists.capacity());
        }
    }

    #[test]
    fn a_list_that_outgrows_a_page_has_its_own() {
        let mut lists = Lists::default();
        let mut short = lists.make(&[1, 2, 3]);
        let mut long = List::EMPTY;
        for n in 0..5 * PAGE as u32 {
            lists.push(&mut long, n);
        }
        let mut other = lists.make(&[4; 5]);
        assert!(lists.get(long).iter().copied().eq(0..5 * PAGE as u32));
        assert_eq!(
            (lists.get(short), lists.get(other)),
            (&[1, 2, 3][..], &[4; 5][..])
        );
        while !long.is_empty() {
            lists.swap_remove(&mut long, 0);
        }
        lists.release(&mut short);
        lists.release(&mut other);
        assert_eq!(lists.vacant(), lists.capacity());
    }
}
