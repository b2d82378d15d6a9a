//! Who wants which result: short linked lists in one slab.

use super::Table;
use taskloom_core::Ticket;

/// Stands for a client where a task is to be kept going until it has ended.
pub(crate) const DETACHED: u32 = u32::MAX - 1;

/// The head of a task's list of wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WantList(u32);

impl WantList {
    /// Nobody wants it.
    pub(crate) const EMPTY: Self = Self(u32::MAX);

    /// Whether nobody wants it.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

/// One client's want, under one of its tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Want {
    /// The client's slot.
    pub(crate) client: u32,
    /// Its ticket.
    pub(crate) ticket: Ticket,
}

/// A want and the next one, laid out without a gap.
#[derive(Debug)]
struct Entry {
    ticket: Ticket,
    client: u32,
    next: WantList,
}

const _: () = assert!(
    size_of::<Entry>() == 16,
    "there is at least one per wanted task"
);

impl Entry {
    fn want(&self) -> Want {
        let (client, ticket) = (self.client, self.ticket);
        Want { client, ticket }
    }
}

/// The wants of all tasks.
#[derive(Debug)]
pub(crate) struct Wants {
    entries: Table<Entry>,
    /// Entries to be used again, linked like a list of wants.
    free: WantList,
    len: usize,
}

impl Default for Wants {
    fn default() -> Self {
        Self {
            entries: Table::default(),
            free: WantList::EMPTY,
            len: 0,
        }
    }
}

impl Wants {
    /// Adds a want in front.
    pub(crate) fn push(&mut self, list: &mut WantList, want: Want) {
        let Want { client, ticket } = want;
        let next = *list;
        let entry = Entry {
            ticket,
            client,
            next,
        };
        self.len += 1;
        if self.free.is_empty() {
            self.entries.push(entry);
            *list = WantList(self.entries.len() as u32 - 1);
        } else {
            *list = self.free;
            let vacant = &mut self.entries[list.0 as usize];
            self.free = vacant.next;
            *vacant = entry;
        }
    }

    /// Removes a want; false if it is not in the list.
    pub(crate) fn remove(&mut self, list: &mut WantList, want: Want) -> bool {
        let mut before: Option<u32> = None;
        let mut at = *list;
        while !at.is_empty() {
            let next = self.entries[at.0 as usize].next;
            if self.entries[at.0 as usize].want() == want {
                match before {
                    Some(before) => self.entries[before as usize].next = next,
                    None => *list = next,
                }
                self.entries[at.0 as usize].next = self.free;
                self.free = at;
                self.len -= 1;
                return true;
            }
            before = Some(at.0);
            at = next;
        }
        false
    }

    /// The wants of a list, latest first.
    pub(crate) fn iter(&self, list: WantList) -> impl Iterator<Item = Want> + '_ {
        let mut at = list;
        std::iter::from_fn(move || {
            let entry = (!at.is_empty()).then(|| &self.entries[at.0 as usize])?;
            at = entry.next;
            Some(entry.want())
        })
    }

    /// How many wants there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}
