//! Many short lists in one vector, with power-of-two capacities and free lists per capacity.

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

/// The memory of many lists.
#[derive(Debug)]
pub(crate) struct Lists<T> {
    memory: Vec<T>,
    free: [Vec<u32>; 32],
}

impl<T: Copy + Default> Default for Lists<T> {
    fn default() -> Self {
        Self {
            memory: Vec::new(),
            free: std::array::from_fn(|_| Vec::new()),
        }
    }
}

impl<T: Copy + Default> Lists<T> {
    fn allocate(&mut self, class: usize) -> u32 {
        self.free[class].pop().unwrap_or_else(|| {
            let start = self.memory.len() as u32;
            self.memory
                .resize(self.memory.len() + (1 << class), T::default());
            start
        })
    }

    /// A list of these elements.
    pub(crate) fn make(&mut self, elements: &[T]) -> List {
        if elements.is_empty() {
            return List::EMPTY;
        }
        let len = elements.len() as u32;
        let start = self.allocate(capacity_class(len));
        self.memory[start as usize..start as usize + elements.len()].copy_from_slice(elements);
        List { start, len }
    }

    /// The elements.
    pub(crate) fn get(&self, list: List) -> &[T] {
        &self.memory[list.start as usize..list.start as usize + list.len()]
    }

    /// The elements, to change in place.
    pub(crate) fn get_mut(&mut self, list: List) -> &mut [T] {
        &mut self.memory[list.start as usize..list.start as usize + list.len()]
    }

    /// Adds an element at the end and returns its position.
    pub(crate) fn push(&mut self, list: &mut List, element: T) -> u32 {
        let at = list.len;
        let class = capacity_class(at + 1);
        match list.class() {
            Some(old) if old == class => {}
            old => {
                let start = self.allocate(class);
                let from = list.start as usize;
                self.memory
                    .copy_within(from..from + at as usize, start as usize);
                if let Some(old) = old {
                    self.free[old].push(list.start);
                }
                list.start = start;
            }
        }
        self.memory[(list.start + at) as usize] = element;
        list.len += 1;
        at
    }

    /// Removes the element at `at` and puts the last one in its place, which is returned if there is
    /// such a one. Capacity is given back when it halves.
    pub(crate) fn swap_remove(&mut self, list: &mut List, at: u32) -> Option<T> {
        let last = list.len - 1;
        let moved = self.memory[(list.start + last) as usize];
        self.memory[(list.start + at) as usize] = moved;
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
            let from = list.start as usize;
            self.memory
                .copy_within(from..from + len as usize, start as usize);
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
        self.free
            .iter()
            .enumerate()
            .map(|(class, starts)| starts.len() << class)
            .sum()
    }

    /// How many elements of memory there are.
    pub(crate) fn capacity(&self) -> usize {
        self.memory.len()
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
}
