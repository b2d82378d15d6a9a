//! A client's tickets: from its own dense numbers to tasks, in pages that go when they are empty.

use rustc_hash::FxHashMap;
use taskloom_core::{TaskId, Ticket};

const PAGE: u64 = 256;

/// What a ticket stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TicketEntry {
    /// A task of an open graph that only later chunks may name.
    Held(TaskId),
    /// A task that the client wants.
    Wanted(TaskId),
    /// A task that could not be taken in; its failure was told.
    Refused,
}

impl TicketEntry {
    /// The task, if there is one.
    pub(crate) fn task(self) -> Option<TaskId> {
        match self {
            Self::Held(task) | Self::Wanted(task) => Some(task),
            Self::Refused => None,
        }
    }
}

#[derive(Debug)]
struct Page {
    entries: Box<[Option<TicketEntry>; PAGE as usize]>,
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
        self.pages.get(&(ticket.0 / PAGE))?.entries[(ticket.0 % PAGE) as usize]
    }

    /// Sets what a ticket stands for.
    pub(crate) fn set(&mut self, ticket: Ticket, entry: TicketEntry) {
        let page = self.pages.entry(ticket.0 / PAGE).or_insert_with(|| Page {
            entries: Box::new([None; PAGE as usize]),
            used: 0,
        });
        let slot = &mut page.entries[(ticket.0 % PAGE) as usize];
        page.used += u32::from(slot.is_none());
        *slot = Some(entry);
    }

    /// Forgets a ticket.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> Option<TicketEntry> {
        let number = ticket.0 / PAGE;
        let page = self.pages.get_mut(&number)?;
        let entry = page.entries[(ticket.0 % PAGE) as usize].take()?;
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
                all.extend(entries.filter_map(|(at, entry)| {
                    entry.map(|entry| (Ticket(number * PAGE + at as u64), entry))
                }));
            }
        }
        all
    }
}
