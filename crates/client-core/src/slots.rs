//! A dense table by ticket.

use std::collections::VecDeque;
use taskloom_core::Ticket;

const PAGE: u64 = 1024;

/// A page in which so many slots are used gets the memory of all at once: growing step by step would
/// take as much again.
const FEW: usize = 64;

/// A table by ticket, with a window over the client's own tickets and one over those that the
/// scheduler granted: each series ascends on its own and uses no ticket twice.
#[derive(Debug)]
pub struct Slots<T> {
    own: Window<T>,
    granted: Window<T>,
}

/// A window of pages over one series: looking up is two indexes, and a page goes away with its last
/// entry.
#[derive(Debug)]
struct Window<T> {
    /// The number of the first page in the window.
    base: u64,
    pages: VecDeque<Option<Page<T>>>,
    len: usize,
}

#[derive(Debug)]
struct Page<T> {
    live: u32,
    slots: Vec<Option<T>>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            own: Window::default(),
            granted: Window::default(),
        }
    }
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self {
            base: 0,
            pages: VecDeque::new(),
            len: 0,
        }
    }
}

impl<T> Slots<T> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.own.len + self.granted.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry of a ticket.
    pub fn get(&self, ticket: Ticket) -> Option<&T> {
        self.window(ticket).get(ticket)
    }

    /// The entry of a ticket, to be changed.
    pub fn get_mut(&mut self, ticket: Ticket) -> Option<&mut T> {
        self.window_mut(ticket).get_mut(ticket)
    }

    /// Sets the entry of a ticket. Tickets before the window are ignored: they were used up.
    pub fn insert(&mut self, ticket: Ticket, entry: T) {
        self.window_mut(ticket).insert(ticket, entry);
    }

    /// Takes the entry of a ticket out.
    pub fn remove(&mut self, ticket: Ticket) -> Option<T> {
        self.window_mut(ticket).remove(ticket)
    }

    /// All entries, by ascending ticket.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Ticket, &mut T)> {
        self.own.iter_mut().chain(self.granted.iter_mut())
    }

    fn window(&self, ticket: Ticket) -> &Window<T> {
        if ticket.is_granted() {
            &self.granted
        } else {
            &self.own
        }
    }

    fn window_mut(&mut self, ticket: Ticket) -> &mut Window<T> {
        if ticket.is_granted() {
            &mut self.granted
        } else {
            &mut self.own
        }
    }
}

impl<T> Window<T> {
    fn get(&self, ticket: Ticket) -> Option<&T> {
        let (page, at) = self.place(ticket)?;
        self.pages.get(page)?.as_ref()?.slots.get(at)?.as_ref()
    }

    fn get_mut(&mut self, ticket: Ticket) -> Option<&mut T> {
        let (page, at) = self.place(ticket)?;
        self.pages
            .get_mut(page)?
            .as_mut()?
            .slots
            .get_mut(at)?
            .as_mut()
    }

    fn insert(&mut self, ticket: Ticket, entry: T) {
        if self.pages.is_empty() {
            self.base = ticket.0 / PAGE;
        }
        let Some((page, at)) = self.place(ticket) else {
            return;
        };
        if page >= self.pages.len() {
            self.pages.resize_with(page + 1, || None);
        }
        let page = self.pages[page].get_or_insert_with(|| Page {
            live: 0,
            slots: Vec::new(),
        });
        if at >= page.slots.len() {
            if at >= FEW {
                page.slots.reserve_exact(PAGE as usize - page.slots.len());
            }
            page.slots.resize_with(at + 1, || None);
        }
        if page.slots[at].replace(entry).is_none() {
            page.live += 1;
            self.len += 1;
        }
    }

    fn remove(&mut self, ticket: Ticket) -> Option<T> {
        let (at_page, at) = self.place(ticket)?;
        let page = self.pages.get_mut(at_page)?.as_mut()?;
        let entry = page.slots.get_mut(at)?.take()?;
        page.live -= 1;
        self.len -= 1;
        if page.live == 0 {
            self.pages[at_page] = None;
            while self.pages.front().is_some_and(Option::is_none) {
                self.pages.pop_front();
                self.base += 1;
            }
        }
        Some(entry)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = (Ticket, &mut T)> {
        let base = self.base;
        let pages = self.pages.iter_mut().enumerate();
        pages
            .filter_map(|(at, page)| Some((at, page.as_mut()?)))
            .flat_map(move |(page, slots)| {
                let first = (base + page as u64) * PAGE;
                let slots = slots.slots.iter_mut().enumerate();
                slots
                    .filter_map(move |(at, slot)| Some((Ticket(first + at as u64), slot.as_mut()?)))
            })
    }

    /// The page within the window and the place in it.
    fn place(&self, ticket: Ticket) -> Option<(usize, usize)> {
        let page = (ticket.0 / PAGE).checked_sub(self.base)?;
        Some((usize::try_from(page).ok()?, (ticket.0 % PAGE) as usize))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_page_goes_with_its_last_entry() {
        let mut slots = Slots::default();
        for ticket in 0..10 * PAGE {
            slots.insert(Ticket(ticket), ticket);
        }
        for ticket in (0..10 * PAGE).filter(|ticket| *ticket != 5 * PAGE) {
            assert_eq!(slots.remove(Ticket(ticket)), Some(ticket));
            assert_eq!(slots.remove(Ticket(ticket)), None);
        }
        assert_eq!(slots.len(), 1);
        assert_eq!(slots.own.base, 5);
        assert_eq!(slots.own.pages.iter().flatten().count(), 1);
        slots.insert(Ticket(20 * PAGE + 3), 7);
        *slots.get_mut(Ticket(5 * PAGE)).unwrap() = 1;
        let all: Vec<_> = slots
            .iter_mut()
            .map(|(ticket, entry)| (ticket.0, *entry))
            .collect();
        assert_eq!(all, [(5 * PAGE, 1), (20 * PAGE + 3, 7)]);
        assert_eq!(slots.get(Ticket(u64::MAX)), None);
        slots.insert(Ticket(0), 1);
        assert_eq!(slots.len(), 2);
    }

    #[test]
    fn an_empty_table_begins_anywhere() {
        let mut slots = Slots::default();
        slots.insert(Ticket(1 << 60), 1);
        assert_eq!(slots.granted.pages.len(), 1);
        assert_eq!(slots.remove(Ticket(1 << 60)), Some(1));
        assert!(slots.is_empty() && slots.granted.pages.is_empty());
    }

    #[test]
    fn granted_tickets_lie_apart() {
        let mut slots = Slots::default();
        slots.insert(Ticket::FIRST_GRANTED, 2);
        slots.insert(Ticket(3), 1);
        assert_eq!((slots.own.pages.len(), slots.granted.pages.len()), (1, 1));
        let all: Vec<_> = slots.iter_mut().map(|(_, entry)| *entry).collect();
        assert_eq!((all, slots.len()), (vec![1, 2], 2));
    }
}
