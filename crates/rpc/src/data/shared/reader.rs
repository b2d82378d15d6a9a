//! A segment, as the process sees it that reads the value.

use super::file::{self, Lock};
use super::map::{Access, FirstPage, Map};
use super::{PAGE, Reference};
use bytes::Bytes;
use std::io;

/// Keeps the map, and with it the reader's lock, until the last slice is dropped.
struct Mapped {
    map: Map,
    /// Where the value begins in the map: maps begin at pages.
    skip: usize,
    length: usize,
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.map.bytes()[self.skip..self.skip + self.length]
    }
}

/// Maps a value that another process has in a segment: the rows of these lengths. Nothing is copied,
/// and no descriptor stays open.
///
/// # Errors
/// If the segment cannot be opened, or does not hold the value (any more).
pub(in crate::data) fn open(reference: &Reference, lengths: &[u64]) -> io::Result<Vec<Bytes>> {
    if reference.offsets.len() != lengths.len() {
        return Err(io::Error::other("there are not as many offsets as rows"));
    }
    let file = file::open(reference.process, reference.descriptor)?;
    let size = file.metadata()?.len();
    let mut rows = Vec::with_capacity(lengths.len());
    let (mut start, mut end) = (u64::MAX, PAGE as u64);
    for (&offset, &length) in reference.offsets.iter().zip(lengths) {
        let row_end = offset.checked_add(length).filter(|&end| end <= size);
        let row_end = row_end.ok_or_else(|| io::Error::other("a row lies outside of the file"))?;
        if offset < PAGE as u64 {
            return Err(io::Error::other("a row lies in the first page"));
        }
        start = start.min(offset);
        end = end.max(row_end);
        rows.push(offset..row_end);
    }
    if !file::lock(&file, Lock::Shared) {
        return Err(io::Error::other("the segment is in use for something else"));
    }
    let first_page = FirstPage::new(&file)?;
    if !first_page.holds(reference.nonce) {
        return Err(io::Error::other("the segment holds something else"));
    }
    first_page.count_reader();
    if start >= end {
        return Ok(rows.iter().map(|_| Bytes::new()).collect());
    }
    let page = PAGE as u64;
    let map_start = start / page * page;
    let usable = |n: u64| usize::try_from(n).map_err(io::Error::other);
    let map = Map::new(
        &file,
        usable(map_start)?,
        usable(end - map_start)?,
        Access::Read,
    )?;
    let whole = Bytes::from_owner(Mapped {
        map,
        skip: usable(start - map_start)?,
        length: usable(end - start)?,
    });
    let slice = |row: std::ops::Range<u64>| {
        // Within `start..end`, which fits.
        let [from, to] = [row.start - start, row.end - start].map(|n| n as usize);
        whole.slice(from..to)
    };
    Ok(rows.into_iter().map(slice).collect())
}
