//! One queue: its row, and who waits for it.

use super::{QUEUE_BYTES_MAX, SIZE_MAX, State};
use crate::item::{self, Entry, Weigh};
use crate::named::Thing;
use std::collections::BTreeMap;
use taskloom_scheduler_core::extension::CallId;

/// An item with its place in the queue.
pub(super) type Placed = (u64, Entry);

/// See the module.
#[derive(Debug)]
pub(super) struct Queue {
    /// Tells it from others that had its name.
    pub(super) number: u64,
    pub(super) maxsize: Option<u64>,
    pub(super) row: BTreeMap<u64, Entry>,
    /// Bytes in the row and of those who wait to put.
    pub(super) bytes: usize,
    /// The place of the next item.
    pub(super) next: u64,
    /// Who waits for an item, in order, and how many each takes.
    pub(super) getters: BTreeMap<u64, (CallId, u32)>,
    /// Who waits for room, in order.
    pub(super) putters: BTreeMap<u64, (CallId, Vec<Entry>)>,
    /// How many calls have got items and not confirmed them.
    pub(super) unconfirmed: usize,
}

impl Queue {
    pub(super) fn new(number: u64, maxsize: Option<u64>) -> Self {
        Self {
            number,
            maxsize,
            row: BTreeMap::new(),
            bytes: 0,
            next: 0,
            getters: BTreeMap::new(),
            putters: BTreeMap::new(),
            unconfirmed: 0,
        }
    }

    pub(super) fn state(&self) -> State {
        State {
            len: self.row.len() as u64,
            maxsize: self.maxsize,
            getters: self.getters.len() as u64,
            putters: self.putters.len() as u64,
        }
    }

    pub(super) fn has_room(&self, items: usize) -> bool {
        (self.row.len() + items) as u64 <= self.maxsize.unwrap_or(SIZE_MAX)
    }

    /// Why these can never be put, if so.
    pub(super) fn refuses(&self, name: &str, entries: &[Entry]) -> Option<String> {
        let maxsize = self.maxsize.unwrap_or(SIZE_MAX);
        let count = entries.len();
        if count as u64 > maxsize {
            return Some(format!(
                "{count} items never fit into queue {name:?}, whose maxsize is {maxsize}"
            ));
        }
        if self.maxsize.is_none() && !self.has_room(count) {
            return Some(format!(
                "queue {name:?} is full: it has no maxsize, and more than {SIZE_MAX} items are not \
                 possible"
            ));
        }
        (self.bytes + weight(entries) > QUEUE_BYTES_MAX).then(|| {
            format!(
                "queue {name:?} is full: its values would have more than {QUEUE_BYTES_MAX} bytes"
            )
        })
    }

    pub(super) fn append(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            self.row.insert(self.next, entry);
            self.next += 1;
        }
    }

    /// The first items, as many as one message carries.
    pub(super) fn take(&mut self, max: u32) -> Vec<Placed> {
        let count = item::batch(self.row.values().take(max.max(1) as usize));
        let taken: Vec<_> = std::iter::from_fn(|| self.row.pop_first())
            .take(count)
            .collect();
        self.bytes -= taken.iter().map(|(_, entry)| entry.weight()).sum::<usize>();
        taken
    }

    pub(super) fn put_back(&mut self, placed: Vec<Placed>) {
        for (place, entry) in placed {
            self.bytes += entry.weight();
            self.row.insert(place, entry);
        }
    }
}

impl Thing for Queue {
    fn is_blank(&self) -> bool {
        self.row.is_empty()
            && self.getters.is_empty()
            && self.putters.is_empty()
            && self.unconfirmed == 0
    }
}

/// What entries take up together.
pub(super) fn weight(entries: &[Entry]) -> usize {
    entries.iter().map(Weigh::weight).sum()
}
