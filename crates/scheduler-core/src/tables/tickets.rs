//! A client's tickets: from its own dense numbers to tasks, in pages that go when they are empty.

use rustc_hash::FxHashMap;
use taskloom_core::Ticket;
use taskloom_core::limits::TASKS_MAX;

const PAGE: u64 = 256;

/// What a ticket stands for. It names the slot of a task and no generation: the want or hold that
/// belongs to the ticket keeps the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TicketEntry {
    /// A task of an open graph that only later chunks may name.
    Held(u32),
    /// A task that the client wants.
    Wanted(u32),
    /// A task that could not be taken in; its failure was told.
    Refused,
}

impl TicketEntry {
    /// The slot of the task, if there is one.
    pub(crate) fn task(self) -> Option<u32> {
        match self {
            Self::Held(task) | Self::Wanted(task) => Some(task),
            Self::Refused => None,
        }
    }
}

/// An entry in four bytes: the slot plus one, and whether it is only held. There is one per wanted task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Packed(u32);

const HELD: u32 = 1 << 31;

const _: () = assert!(
    TASKS_MAX < (HELD as usize) - 2,
    "slots leave room for the rest"
);

impl Packed {
    const NONE: Self = Self(0);
    const REFUSED: Self = Self(HELD);

    fn of(entry: TicketEntry) -> Self {
        match entry {
            TicketEntry::Held(slot) => Self(HELD | (slot + 1)),
            TicketEntry::Wanted(slot) => Self(slot + 1),
            TicketEntry::Refused => Self::REFUSED,
        }
    }

    fn entry(self) -> Option<TicketEntry> {
        match self {
            Self::NONE => None,
            Self::REFUSED => Some(TicketEntry::Refused),
            Self(held) if held & HELD != 0 => Some(TicketEntry::Held((held & !HELD) - 1)),
            Self(wanted) => Some(TicketEntry::Wanted(wanted - 1)),
        }
    }
}

#[derive(Debug)]
struct Page {
    entries: Box<[Packed; PAGE as usize]>,
    used: u32,
}

/// The tickets of one client.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    pages: FxHashMap<u64, Page>,
}

impl Tickets {
    /// What a ticket stands for.
    pub(crate) fn get(&self, ticket: Ticket) -> Option<TicketEntry> {
        self.pages.get(&(ticket.0 / PAGE))?.entries[(ticket.0 % PAGE) as usize].entry()
    }

    /// Sets what a ticket stands for.
    pub(crate) fn set(&mut self, ticket: Ticket, entry: TicketEntry) {
        let page = self.pages.entry(ticket.0 / PAGE).or_insert_with(|| Page {
            entries: Box::new([Packed::NONE; PAGE as usize]),
            used: 0,
        });
        let slot = &mut page.entries[(ticket.0 % PAGE) as usize];
        page.used += u32::from(*slot == Packed::NONE);
        *slot = Packed::of(entry);
    }

    /// Forgets a ticket.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> Option<TicketEntry> {
        let number = ticket.0 / PAGE;
        let page = self.pages.get_mut(&number)?;
        let slot = &mut page.entries[(ticket.0 % PAGE) as usize];
        let entry = std::mem::take(slot).entry()?;
        page.used -= 1;
        if page.used == 0 {
            self.pages.remove(&number);
        }
        Some(entry)
    }

    /// Forgets all tickets and returns them in order.
    pub(crate) fn drain(&mut self) -> Vec<(Ticket, TicketEntry)> {
        let mut numbers: Vec<u64> = self.pages.keys().copied().collect();
        numbers.sort_unstable();
        let mut all = Vec::new();
        for number in numbers {
            if let Some(page) = self.pages.remove(&number) {
                let entries = page.entries.iter().enumerate();
                all.extend(entries.filter_map(|(at, packed)| {
                    Some((Ticket(number * PAGE + at as u64), packed.entry()?))
                }));
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn entries_come_back_as_they_were() {
        let mut tickets = Tickets::default();
        let last = TASKS_MAX as u32 - 1;
        let entries = [
            TicketEntry::Held(0),
            TicketEntry::Wanted(0),
            TicketEntry::Held(last),
            TicketEntry::Wanted(last),
            TicketEntry::Refused,
        ];
        for (n, entry) in (250..).zip(entries) {
            assert_eq!(tickets.get(Ticket(n)), None);
            tickets.set(Ticket(n), TicketEntry::Refused);
            tickets.set(Ticket(n), entry);
            assert_eq!(tickets.get(Ticket(n)), Some(entry));
        }
        assert_eq!(tickets.remove(Ticket(250)), Some(entries[0]));
        assert_eq!(tickets.remove(Ticket(250)), None);
        let rest: Vec<TicketEntry> = tickets
            .drain()
            .into_iter()
            .map(|(_, entry)| entry)
            .collect();
        assert_eq!(rest, entries[1..]);
        assert!(tickets.pages.is_empty());
    }
}
