//! The segments of a process: which hold a value for readers, which can be filled.

use super::segment::Segment;
use super::{Reference, Row, here};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// An unused segment serves a smaller value if it is at most this many times as large.
const SLACK: usize = 4;

/// The sizes of segments are multiples of this.
const GRAIN: usize = 64 * 1024;

/// A reader that was told of a segment and did not come within this time will not come any more.
const READER_PATIENCE: Duration = Duration::from_secs(5);

/// Most segments. Each is a descriptor.
const SEGMENTS_MAX: usize = 128;

/// What can be set about a [`SegmentPool`].
#[derive(Clone, Debug)]
pub struct SegmentOptions {
    /// Most bytes of segments that nobody reads from, be they unused or on their way to a reader. A
    /// value beyond this is sent on the wire.
    pub keep_bytes: u64,
    /// Values from this size on are shared.
    pub from_bytes: u64,
}

impl Default for SegmentOptions {
    /// Up to 1 GiB; values from 1 MiB on, below which opening a segment costs as much as a copy.
    fn default() -> Self {
        Self {
            keep_bytes: 1 << 30,
            from_bytes: 1 << 20,
        }
    }
}

/// Shared memory in which values are handed to other processes of the host. Cheap to clone; all
/// clones are one pool.
///
/// ```
/// use taskloom_rpc::data::{SegmentOptions, SegmentPool};
///
/// let pool = SegmentPool::new(SegmentOptions::default());
/// assert_eq!(pool.bytes(), 0);
/// ```
#[derive(Clone)]
pub struct SegmentPool(Arc<Pool>);

struct Pool {
    options: SegmentOptions,
    entries: Mutex<Vec<Entry>>,
}

struct Entry {
    segment: Segment,
    /// Since when it is so.
    since: Instant,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody has it, and the exclusive lock is held.
    Free,
    /// One reader was told of it and has not been seen.
    Told,
    /// All who were told were seen, and one of them reads.
    Read,
}

impl SegmentPool {
    /// A pool with these limits.
    pub fn new(options: SegmentOptions) -> Self {
        Self(Arc::new(Pool {
            options,
            entries: Mutex::default(),
        }))
    }

    /// Bytes of all segments that this process knows, also of those that readers still have.
    pub fn bytes(&self) -> u64 {
        let entries = self.0.lock();
        let bytes: usize = entries.iter().map(|entry| entry.segment.capacity()).sum();
        bytes as u64
    }

    /// Gives segments back to the system that nobody has used for so long.
    pub fn trim(&self, unused: Duration) {
        let mut entries = self.0.lock();
        refresh(&mut entries);
        let old = |entry: &Entry| entry.state == State::Free && entry.since.elapsed() >= unused;
        let gone: Vec<Entry> = entries.extract_if(.., |entry| old(entry)).collect();
        drop(entries);
        drop(gone);
    }

    /// Whether values of this size are shared with readers that can map this memory.
    pub(in crate::data) fn suits(&self, memory: &str, nbytes: u64) -> bool {
        let options = &self.0.options;
        nbytes >= options.from_bytes.max(1)
            && nbytes <= options.keep_bytes
            && here() == Some(memory)
    }

    /// Copies a value into a segment for one reader.
    ///
    /// # Errors
    /// If there is no room for it, or the system has no memory files.
    pub(in crate::data) fn hand_out(&self, rows: &[Row]) -> io::Result<Reference> {
        let room = Segment::room_for(rows).and_then(|room| room.checked_next_multiple_of(GRAIN));
        let room = room.ok_or(io::ErrorKind::OutOfMemory)?;
        let mut segment = self.0.take(room)?;
        let offsets = segment.fill(rows)?;
        let reference = Reference {
            process: std::process::id(),
            descriptor: segment.descriptor(),
            nonce: segment.nonce(),
            offsets,
        };
        segment.hand_out();
        self.0.lock().push(Entry {
            segment,
            since: Instant::now(),
            state: State::Told,
        });
        Ok(reference)
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A segment that can be filled.
    fn take(&self, room: usize) -> io::Result<Segment> {
        let keep = usize::try_from(self.options.keep_bytes).unwrap_or(usize::MAX);
        let mut entries = self.lock();
        refresh(&mut entries);
        let fits = |entry: &&(usize, usize)| entry.1 >= room && entry.1 / SLACK <= room;
        let free = entries.iter().enumerate();
        let free = free.filter(|(_, entry)| entry.state == State::Free);
        let sizes: Vec<(usize, usize)> = free.map(|(at, e)| (at, e.segment.capacity())).collect();
        if let Some(&(at, _)) = sizes.iter().filter(fits).min_by_key(|(_, size)| *size) {
            return Ok(entries.swap_remove(at).segment);
        }
        let mut gone = Vec::new();
        loop {
            let mine = entries.iter().filter(|entry| entry.state != State::Read);
            let bytes: usize = mine.map(|entry| entry.segment.capacity()).sum();
            let too_much = bytes.checked_add(room).is_none_or(|bytes| bytes > keep);
            if !too_much && entries.len() < SEGMENTS_MAX {
                break;
            }
            // What readers have goes with them. It is forgotten here only if there is too much else.
            let may_go = |state| match state {
                State::Free => true,
                State::Read => !too_much,
                State::Told => false,
            };
            let oldest = entries
                .iter()
                .enumerate()
                .filter(|(_, entry)| may_go(entry.state))
                .min_by_key(|(_, entry)| (entry.state != State::Free, entry.since))
                .map(|(at, _)| at);
            match oldest {
                Some(at) => gone.push(entries.swap_remove(at)),
                None => return Err(io::Error::other("the shared memory is all in use")),
            }
        }
        drop(entries);
        drop(gone);
        Segment::new(room)
    }
}

/// Takes back what readers are done with.
fn refresh(entries: &mut [Entry]) {
    for entry in entries {
        if entry.state == State::Told {
            let late = entry.since.elapsed() >= READER_PATIENCE;
            if entry.segment.readers() == 0 && !late {
                continue;
            }
            entry.state = State::Read;
        }
        if entry.state == State::Read && entry.segment.take_back() {
            entry.state = State::Free;
            entry.since = Instant::now();
        }
    }
}

impl fmt::Debug for SegmentPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentPool({} bytes)", self.bytes())
    }
}
