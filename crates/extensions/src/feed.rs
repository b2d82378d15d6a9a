//! A rolling row of entries with readers that follow it, each at its own pace.
//!
//! A reader is sent no more than it has room for, so nothing piles up on the way to it. What it has no
//! room for stays in the row, and rolls off there whether or not the reader has seen it: entries are
//! numbered, so a reader can tell how many it has missed.

use crate::item::{self, Weigh};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use taskloom_core::ClientId;

/// Most readers of one channel or topic.
pub const READERS_MAX: usize = 4096;

/// Most entries that a reader may have room for.
pub const ROOM_MAX: u32 = 4096;

/// A reader has room for more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoreRequest {
    /// The reader.
    pub reader: u64,
    /// For how many more elements.
    pub room: u32,
}

/// Why nothing else comes to a reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// The channel was stopped, and this was all.
    Stopped,
    /// What it reads was deleted.
    Deleted,
    /// It could not begin to read.
    Refused(String),
}

/// A reader: whose, and the client's number for it.
pub(crate) type ReaderId = (ClientId, u64);

#[derive(Debug)]
struct Reader {
    /// The number of the entry that it gets next.
    next: u64,
    /// How many entries it has room for.
    room: u32,
    /// It looks back no further than this.
    window: u64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Feed<E> {
    row: VecDeque<E>,
    /// The number of the first entry in the row.
    first: u64,
    bytes: usize,
    readers: BTreeMap<ReaderId, Reader>,
}

/// What a reader is to be told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Delivery<E> {
    pub(crate) to: ReaderId,
    /// The number of the first of these entries.
    pub(crate) first: u64,
    pub(crate) entries: Vec<E>,
    /// It has seen everything, and nothing else comes.
    pub(crate) ended: bool,
}

impl<E: Weigh + Clone> Feed<E> {
    pub(crate) fn new() -> Self {
        Self {
            row: VecDeque::new(),
            first: 0,
            bytes: 0,
            readers: BTreeMap::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.row.len()
    }

    /// The number that the next entry gets, which is how many there have been.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.row.len() as u64
    }

    /// How many bytes lie here when `more` have been added and the row has been cut to `maxlen`.
    pub(crate) fn bytes_with(&self, more: &[E], maxlen: usize) -> usize {
        let rolling = (self.row.len() + more.len()).saturating_sub(maxlen);
        let weigh =
            |entries: &mut dyn Iterator<Item = &E>| entries.map(Weigh::weight).sum::<usize>();
        let all = self.bytes + weigh(&mut more.iter());
        all - weigh(&mut self.row.iter().chain(more).take(rolling))
    }

    /// Adds entries. Deliver them, then cut the row.
    pub(crate) fn extend(&mut self, entries: Vec<E>) {
        self.bytes += entries.iter().map(Weigh::weight).sum::<usize>();
        self.row.extend(entries);
    }

    /// Cuts the row to its last `maxlen` entries and gives those that rolled off.
    pub(crate) fn cut(&mut self, maxlen: usize) -> Vec<E> {
        let rolling = self.row.len().saturating_sub(maxlen);
        let rolled: Vec<E> = self.row.drain(..rolling).collect();
        self.bytes -= rolled.iter().map(Weigh::weight).sum::<usize>();
        self.first += rolled.len() as u64;
        let end = self.end();
        for reader in self.readers.values_mut() {
            let oldest = self.first.max(end.saturating_sub(reader.window));
            reader.next = reader.next.max(oldest);
        }
        rolled
    }

    /// The entries from a number on that lie within the last `window`: the number of the first of
    /// them, and as many as one message carries.
    pub(crate) fn from(&self, number: u64, window: u64) -> (u64, Vec<E>) {
        let oldest = self.first.max(self.end().saturating_sub(window));
        let from = number.clamp(oldest, self.end());
        let rest = || self.row.iter().skip((from - self.first) as usize);
        (from, rest().take(item::batch(rest())).cloned().collect())
    }

    /// A reader begins with the last `window` entries, or with those that come from now on.
    pub(crate) fn join(
        &mut self,
        id: ReaderId,
        room: u32,
        window: u64,
        from_now: bool,
    ) -> Result<(), String> {
        if self.readers.len() >= READERS_MAX && !self.readers.contains_key(&id) {
            return Err(format!("there are {READERS_MAX} readers already"));
        }
        let end = self.end();
        let oldest = self.first.max(end.saturating_sub(window));
        let reader = Reader {
            next: if from_now { end } else { oldest },
            room: room.min(ROOM_MAX),
            window,
        };
        self.readers.insert(id, reader);
        Ok(())
    }

    /// A reader has room for more.
    pub(crate) fn more(&mut self, id: ReaderId, room: u32) {
        if let Some(reader) = self.readers.get_mut(&id) {
            reader.room = reader.room.saturating_add(room).min(ROOM_MAX);
        }
    }

    /// A reader leaves.
    pub(crate) fn leave(&mut self, id: ReaderId) {
        self.readers.remove(&id);
    }

    /// All readers.
    pub(crate) fn readers(&self) -> impl Iterator<Item = ReaderId> + '_ {
        self.readers.keys().copied()
    }

    /// What all readers are to be told. With `ended`, those that have seen everything leave.
    pub(crate) fn deliver(&mut self, ended: bool) -> Vec<Delivery<E>> {
        let readers: Vec<_> = self.readers().collect();
        let deliveries = readers.into_iter().map(|id| self.deliver_to(id, ended));
        deliveries.flatten().collect()
    }

    /// What one reader is to be told; as [`Feed::deliver`].
    pub(crate) fn deliver_to(&mut self, id: ReaderId, ended: bool) -> Vec<Delivery<E>> {
        let mut deliveries = Vec::new();
        let end = self.end();
        let Some(reader) = self.readers.get_mut(&id) else {
            return deliveries;
        };
        while reader.room > 0 && reader.next < end {
            let skip = (reader.next - self.first) as usize;
            let rest = || self.row.iter().skip(skip).take(reader.room as usize);
            let entries: Vec<E> = rest().take(item::batch(rest())).cloned().collect();
            let first = reader.next;
            reader.next += entries.len() as u64;
            reader.room -= entries.len() as u32;
            deliveries.push(Delivery {
                to: id,
                first,
                entries,
                ended: false,
            });
        }
        if ended && reader.next == end {
            self.readers.remove(&id);
            match deliveries.last_mut() {
                Some(last) => last.ended = true,
                None => deliveries.push(Delivery {
                    to: id,
                    first: end,
                    entries: Vec::new(),
                    ended: true,
                }),
            }
        }
        deliveries
    }
}
