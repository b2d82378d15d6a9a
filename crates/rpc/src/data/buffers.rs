//! Large receive buffers that are used again.
//!
//! Fresh memory costs a fault for each page, which is what limits large transfers: about half the
//! speed of memory that was used before. So the buffers are maps of their own, with huge pages, and
//! come back here when the last `Bytes` on them is dropped.

use bytes::Bytes;
use std::io;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Sizes are multiples of this.
const GRAIN: usize = 64 * 1024;

/// Maps of at least this size get huge pages and are aligned to it.
const HUGE_PAGE: usize = 2 * 1024 * 1024;

/// An unused map serves a smaller value if it is at most this many times as large.
const SLACK: usize = 4;

/// Large receive buffers: memory maps with huge pages, used again after the last `Bytes` on them is
/// dropped. Cheap to clone; all clones are one pool.
#[derive(Clone, Debug)]
pub struct BufferPool(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    keep_bytes: usize,
    idle: Mutex<Idle>,
}

/// Unused maps, the smallest first.
#[derive(Debug, Default)]
struct Idle {
    maps: Vec<Map>,
    bytes: usize,
    /// When one was last taken or came back.
    used: Option<Instant>,
}

/// One anonymous map.
#[derive(Debug)]
struct Map {
    start: NonNull<u8>,
    length: usize,
}

/// A buffer of the pool, being filled by its one owner.
#[derive(Debug)]
pub struct PooledBuffer {
    /// `None` only while it is dropped.
    map: Option<Map>,
    length: usize,
    filled: usize,
    pool: Arc<Pool>,
}

impl Default for BufferPool {
    /// A pool that keeps at most 1 GiB unused.
    fn default() -> Self {
        Self::new(1 << 30)
    }
}

impl BufferPool {
    /// A pool that keeps at most this many unused bytes.
    pub fn new(keep_bytes: u64) -> Self {
        let keep_bytes = usize::try_from(keep_bytes).unwrap_or(usize::MAX);
        Self(Arc::new(Pool {
            keep_bytes,
            idle: Mutex::default(),
        }))
    }

    /// A buffer of this length. It takes memory only as far as it is filled.
    ///
    /// # Errors
    /// If the system gives no memory.
    pub fn take(&self, length: usize) -> io::Result<PooledBuffer> {
        let rounded = length
            .max(1)
            .checked_next_multiple_of(GRAIN)
            .ok_or_else(out_of_memory)?;
        let kept = self.0.lock().take(rounded);
        let map = match kept {
            Some(map) => map,
            None => Map::new(rounded)?,
        };
        Ok(PooledBuffer {
            map: Some(map),
            length,
            filled: 0,
            pool: self.0.clone(),
        })
    }

    /// Bytes that lie here unused.
    pub fn unused_bytes(&self) -> u64 {
        self.0.lock().bytes as u64
    }

    /// Gives unused memory back to the system, if no buffer was taken or came back for so long.
    pub fn trim(&self, unused: Duration) {
        let mut idle = self.0.lock();
        if idle.used.is_some_and(|used| used.elapsed() < unused) {
            return;
        }
        let maps = std::mem::take(&mut *idle);
        drop(idle);
        // Unmapping takes long; it happens without the lock.
        drop(maps);
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    fn take(&mut self, length: usize) -> Option<Map> {
        self.used = Some(Instant::now());
        let at = self.maps.partition_point(|map| map.length < length);
        if self.maps.get(at)?.length > length.saturating_mul(SLACK) {
            return None;
        }
        let map = self.maps.remove(at);
        self.bytes -= map.length;
        Some(map)
    }

    /// Keeps a map; returns those that must go for it: it was used last, so its pages are warm.
    fn keep(&mut self, map: Map, most: usize) -> Vec<Map> {
        self.used = Some(Instant::now());
        let mut gone = Vec::new();
        if map.length > most {
            gone.push(map);
            return gone;
        }
        while self.bytes + map.length > most {
            let Some(map) = self.maps.pop() else { break };
            self.bytes -= map.length;
            gone.push(map);
        }
        self.bytes += map.length;
        let at = self.maps.partition_point(|other| other.length < map.length);
        self.maps.insert(at, map);
        gone
    }
}

impl PooledBuffer {
    /// How many bytes are still to be filled.
    pub fn left(&self) -> usize {
        self.length - self.filled
    }

    /// Copies bytes to the end of what is filled; returns how many found room.
    pub fn fill(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.left());
        if let Some(map) = &self.map {
            // SAFETY: `filled + count <= length <= map.length`, the map is readable and writable, it
            // belongs to this buffer alone, and `bytes` lies elsewhere: nobody can have a reference
            // to the map before the buffer is frozen.
            unsafe {
                let target = map.start.as_ptr().add(self.filled);
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, count);
            }
            self.filled += count;
        }
        count
    }

    /// What is filled, shared from now on.
    pub fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

/// A stretch of a buffer that is filled by itself, beside others of the same buffer.
#[derive(Debug)]
pub(super) struct Section {
    buffer: Arc<PooledBuffer>,
    start: usize,
    next: usize,
    end: usize,
}

impl Section {
    /// Cuts what is left of a buffer into this many stretches, about as long as each other.
    pub(super) fn cut(buffer: PooledBuffer, count: usize) -> Vec<Self> {
        let (from, end) = (buffer.filled, buffer.length);
        let each = buffer.left().div_ceil(count.max(1)).next_multiple_of(GRAIN);
        let buffer = Arc::new(buffer);
        let section = |start| Self {
            buffer: buffer.clone(),
            start,
            next: start,
            end: end.min(start + each),
        };
        (from..end).step_by(each).map(section).collect()
    }

    /// The whole buffer, of all its stretches in order. `None` if one is missing or not filled.
    pub(super) fn join(sections: Vec<Self>) -> Option<PooledBuffer> {
        let whole = sections.first()?.buffer.clone();
        let mut at = whole.filled;
        for section in sections {
            let follows = Arc::ptr_eq(&section.buffer, &whole) && section.start == at;
            if !follows || section.left() > 0 {
                return None;
            }
            at = section.end;
        }
        let mut buffer = Arc::try_unwrap(whole).ok()?;
        if at < buffer.length {
            return None;
        }
        buffer.filled = at;
        Some(buffer)
    }

    /// Where it goes on in the buffer.
    pub(super) fn next(&self) -> usize {
        self.next
    }

    /// How many bytes are still to be filled.
    pub(super) fn left(&self) -> usize {
        self.end - self.next
    }

    /// Copies bytes in; returns how many found room.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.left());
        if let Some(map) = &self.buffer.map {
            // SAFETY: `next + count <= end <= length <= map.length`, the map is readable and
            // writable, and the stretches of a buffer do not overlap: they were made by `cut` alone,
            // which took the buffer over. Nobody can have a reference to the map before `join`.
            unsafe {
                let target = map.start.as_ptr().add(self.next);
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, count);
            }
            self.next += count;
        }
        count
    }
}

impl AsRef<[u8]> for PooledBuffer {
    fn as_ref(&self) -> &[u8] {
        match &self.map {
            // SAFETY: the map is readable from its start for at least `filled` bytes, which were
            // written, and it stays mapped as long as `self` owns it.
            Some(map) => unsafe { std::slice::from_raw_parts(map.start.as_ptr(), self.filled) },
            None => &[],
        }
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        if let Some(map) = self.map.take() {
            let gone = self.pool.lock().keep(map, self.pool.keep_bytes);
            // Unmapping takes long; it happens without the lock.
            drop(gone);
        }
    }
}

// SAFETY: a map is plain memory that its one owner reads and writes through `&mut` or `&`.
unsafe impl Send for Map {}
// SAFETY: as above; through `&` it is only read.
unsafe impl Sync for Map {}

impl Map {
    fn new(length: usize) -> io::Result<Self> {
        // Room to align large maps, so that huge pages fit; what is too much is given back.
        let slack = if length >= HUGE_PAGE { HUGE_PAGE } else { 0 };
        let reserved = length.checked_add(slack).ok_or_else(out_of_memory)?;
        // SAFETY: an anonymous private map at no certain address touches no other memory.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                reserved,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let mut start = start.cast::<u8>();
        if slack > 0 {
            let front = start.align_offset(HUGE_PAGE).min(slack);
            // SAFETY: both pieces lie within the map just made, at page borders, and are unused.
            unsafe {
                if front > 0 {
                    libc::munmap(start.cast(), front);
                }
                start = start.add(front);
                if slack > front {
                    libc::munmap(start.add(length).cast(), slack - front);
                }
                // Advice only: without huge pages it is slower and still right.
                #[cfg(target_os = "linux")]
                libc::madvise(start.cast(), length, libc::MADV_HUGEPAGE);
            }
        }
        let start = NonNull::new(start).ok_or_else(out_of_memory)?;
        Ok(Self { start, length })
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: exactly this range was mapped in `Map::new`, and its owner is gone.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

fn out_of_memory() -> io::Error {
    io::Error::from(io::ErrorKind::OutOfMemory)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn memory_comes_back_when_the_last_slice_is_dropped() {
        let pool = BufferPool::new(16 << 20);
        let mut buffer = pool.take(3 << 20).unwrap();
        let place = buffer.as_ref().as_ptr();
        assert_eq!(buffer.fill(&vec![7; 2 << 20]), 2 << 20);
        assert_eq!(buffer.fill(&vec![8; 2 << 20]), 1 << 20);
        assert_eq!(buffer.left(), 0);
        let whole = buffer.freeze();
        let slice = whole.slice((2 << 20) - 1..(2 << 20) + 1);
        drop(whole);
        assert_eq!(pool.unused_bytes(), 0);
        assert_eq!(slice, [7, 8][..]);
        drop(slice);
        assert_eq!(pool.unused_bytes(), 3 << 20);
        let again = pool.take(2 << 20).unwrap();
        assert_eq!(again.as_ref().as_ptr(), place);
        assert!(again.as_ref().is_empty());
    }

    #[test]
    fn no_more_is_kept_than_allowed() {
        let pool = BufferPool::new(256 << 10);
        let buffers: Vec<_> = (0..8).map(|_| pool.take(64 << 10).unwrap()).collect();
        let large = pool.take(512 << 10).unwrap();
        drop((buffers, large));
        assert_eq!(pool.unused_bytes(), 256 << 10);
        pool.trim(Duration::from_secs(3600));
        assert_eq!(pool.unused_bytes(), 256 << 10, "it was just in use");
        pool.trim(Duration::ZERO);
        assert_eq!(pool.unused_bytes(), 0);
    }

    #[test]
    fn a_small_value_does_not_take_a_huge_buffer() {
        let pool = BufferPool::new(64 << 20);
        drop(pool.take(32 << 20).unwrap());
        let small = pool.take(1).unwrap();
        assert_eq!(pool.unused_bytes(), 32 << 20);
        drop(small);
    }

    #[test]
    fn stretches_are_filled_in_any_order() {
        let pool = BufferPool::new(16 << 20);
        let mut buffer = pool.take(1_000_000).unwrap();
        buffer.fill(&[9; 10]);
        let mut sections = Section::cut(buffer, 3);
        assert_eq!(sections.len(), 3);
        assert_eq!(sections[0].next(), 10);
        for (byte, section) in sections.iter_mut().enumerate().rev() {
            let count = section.left();
            assert_eq!(section.fill(&vec![byte as u8; count + 1]), count);
        }
        let whole = Section::join(sections).unwrap().freeze();
        assert_eq!(whole.len(), 1_000_000);
        assert_eq!(whole[..10], [9; 10]);
        assert!(whole[10..].is_sorted());
        assert_eq!((whole[10], whole[999_999]), (0, 2));

        let mut sections = Section::cut(pool.take(1_000_000).unwrap(), 2);
        sections[0].fill(&[1; 1_000_000]);
        assert!(Section::join(sections).is_none(), "the second is empty");
    }

    #[test]
    fn more_than_there_is_room_for_is_an_error() {
        assert!(BufferPool::default().take(usize::MAX).is_err());
    }
}
