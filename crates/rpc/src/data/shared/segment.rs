//! A segment, as the process sees it that fills it.

use super::file::{self, Lock};
use super::map::{Access, FirstPage, Map};
use super::{Nonce, PAGE, Row};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

/// Every row begins at a multiple of this.
const ALIGNMENT: usize = 64;

/// A memory file for one value at a time. The exclusive lock is held but while it is handed out.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    first_page: FirstPage,
    /// Made when the segment is filled for the second time: fresh pages are had for less by writing
    /// to the file, used ones by writing to a map.
    map: Option<Map>,
    filled: bool,
    capacity: usize,
    nonce: Nonce,
}

impl Segment {
    /// A segment with room for so many bytes, free.
    pub(super) fn new(capacity: usize) -> io::Result<Self> {
        let size = capacity
            .checked_add(PAGE)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let file = file::create(size)?;
        if !file::lock(&file, Lock::Exclusive) {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            first_page: FirstPage::new(&file)?,
            file,
            map: None,
            filled: false,
            capacity,
            nonce: Nonce { low: 0, high: 0 },
        })
    }

    /// How many bytes it has room for.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Its descriptor in this process.
    pub(super) fn descriptor(&self) -> u32 {
        self.file.as_raw_fd().unsigned_abs()
    }

    /// What it holds is known by this.
    pub(super) fn nonce(&self) -> Nonce {
        self.nonce
    }

    /// Puts rows of bytes into the segment, which is free; returns where each begins in the file.
    pub(super) fn fill(&mut self, rows: &[Row]) -> io::Result<Vec<u64>> {
        let [low, high] = file::random()?;
        self.nonce = Nonce { low, high };
        self.first_page.begin(self.nonce);
        if self.filled && self.map.is_none() {
            self.map = Some(Map::new(&self.file, PAGE, self.capacity, Access::Write)?);
        }
        let mut at = 0_usize;
        let mut offsets = Vec::with_capacity(rows.len());
        for row in rows {
            // Readers take numbers and such out of the bytes where they lie.
            at = at.next_multiple_of(ALIGNMENT);
            offsets.push((PAGE + at) as u64);
            for piece in row {
                if self
                    .capacity
                    .checked_sub(at)
                    .is_none_or(|room| room < piece.len())
                {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                match &mut self.map {
                    Some(map) => map.write(at, piece),
                    None => self.file.write_all_at(piece, (PAGE + at) as u64)?,
                }
                at += piece.len();
            }
        }
        self.filled = true;
        Ok(offsets)
    }

    /// The room that these rows need.
    pub(super) fn room_for(rows: &[Row]) -> Option<usize> {
        rows.iter().try_fold(0_usize, |at, row| {
            let at = at.checked_next_multiple_of(ALIGNMENT)?;
            row.iter()
                .try_fold(at, |at, piece| at.checked_add(piece.len()))
        })
    }

    /// Lets readers in.
    pub(super) fn hand_out(&self) {
        file::lock(&self.file, Lock::None);
    }

    /// How many readers were in since then.
    pub(super) fn readers(&self) -> u64 {
        self.first_page.readers()
    }

    /// Locks readers out, if none is in.
    pub(super) fn take_back(&self) -> bool {
        file::lock(&self.file, Lock::Exclusive)
    }
}
