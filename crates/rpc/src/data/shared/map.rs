//! Maps of memory files.

use super::{MAGIC, Nonce, PAGE};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// A shared map of a piece of a memory file.
#[derive(Debug)]
pub(super) struct Map {
    start: NonNull<u8>,
    length: usize,
}

/// How a map is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

// SAFETY: a map is memory without ties to a thread.
unsafe impl Send for Map {}
// SAFETY: through `&` it is only read, but for the atomics of the first page.
unsafe impl Sync for Map {}

impl Map {
    /// Maps so many bytes from the offset on, which is a multiple of a page. The caller knows that
    /// the file has them and keeps them.
    pub(super) fn new(
        file: &File,
        offset: usize,
        length: usize,
        access: Access,
    ) -> io::Result<Self> {
        let protection = match access {
            Access::Read => libc::PROT_READ,
            Access::Write => libc::PROT_READ | libc::PROT_WRITE,
        };
        let offset = libc::off_t::try_from(offset).map_err(io::Error::other)?;
        // SAFETY: a new map at no certain address touches no other memory.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length.max(1),
                protection,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                offset,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, length })
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the map is readable for its whole length as long as `self` lives, because the size
        // of its file is sealed. Who holds the lock of a reader is promised by the writer that the
        // bytes stay as they are; both are processes of one user.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// Copies bytes into a map for writing.
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        assert!(at <= self.length && bytes.len() <= self.length - at);
        // SAFETY: checked to lie within the map; `bytes` is a slice of other memory, because nobody
        // has a slice of a map for writing.
        unsafe {
            let target = self.start.as_ptr().add(at);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len());
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: exactly this range was mapped in `new`, and its owner is gone.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length.max(1)) };
    }
}

/// The first page of a segment, in which the two sides meet.
#[derive(Debug)]
pub(super) struct FirstPage(Map);

impl FirstPage {
    pub(super) fn new(file: &File) -> io::Result<Self> {
        Map::new(file, 0, PAGE, Access::Write).map(Self)
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < PAGE / 8);
        // SAFETY: the map has a page, begins at a page and is writable; other processes too change
        // its words only as atomics.
        unsafe { AtomicU64::from_ptr(self.0.start.as_ptr().cast::<u64>().add(index)) }
    }

    /// Gives the segment another nonce and counts the readers anew.
    pub(super) fn begin(&self, nonce: Nonce) {
        self.word(0).store(MAGIC, Ordering::Relaxed);
        self.word(1).store(nonce.low, Ordering::Relaxed);
        self.word(2).store(nonce.high, Ordering::Relaxed);
        self.word(3).store(0, Ordering::Release);
    }

    /// Whether the segment holds what this nonce was given for.
    pub(super) fn holds(&self, nonce: Nonce) -> bool {
        let word = |index| self.word(index).load(Ordering::Acquire);
        word(0) == MAGIC && word(1) == nonce.low && word(2) == nonce.high
    }

    /// Another reader has its lock.
    pub(super) fn count_reader(&self) {
        self.word(3).fetch_add(1, Ordering::Release);
    }

    /// How many readers have had their locks since the nonce was given.
    pub(super) fn readers(&self) -> u64 {
        self.word(3).load(Ordering::Acquire)
    }
}
