//! Values between processes of one host, in shared memory instead of on the wire.
//!
//! The holder writes a value into a *segment*: a sealed memory file (`memfd`) that nothing but its
//! descriptors and maps keeps alive, so nothing is left behind by a process that was killed, and
//! nothing has to be swept. The answer to a fetch names the segment; the reader opens it through
//! `/proc`, maps the data read-only, and reads them where they lie.
//!
//! Segments are used again, because fresh pages cost more than the copy. Who may do what with one is
//! settled by `flock`, which the system undoes for whoever ends, however it ends:
//!
//! - The holder has the exclusive lock while nobody is to read: while the segment is free, and while
//!   it is written. Each time it is written it gets a new nonce in its first page.
//! - A reader takes the shared lock first and looks at the nonce then. If both go well the data are
//!   what the answer meant, and stay it: the map keeps the open file and with it the lock, although
//!   the descriptor is closed at once. When the last slice of the value is dropped the map goes, and
//!   the lock with it.
//! - The readers count themselves in the first page. The holder takes a segment back when all whom it
//!   was named to have counted themselves, or have had long enough for it, and the exclusive lock can
//!   be had.
//!
//! So a reader that comes too late, dies, or never comes costs some time, and never gets wrong data.
//! Whatever fails on the reader's side ends in the same question without shared memory.

mod file;
mod map;
mod place;
mod pool;
mod reader;
mod segment;
#[cfg(test)]
mod tests;

pub(super) use place::here;
pub use pool::{SegmentOptions, SegmentPool};
pub(super) use reader::open;

/// A page, and where the data of a segment begin: the first page is for the two sides themselves.
const PAGE: usize = 4096;

/// The first bytes of every segment.
const MAGIC: u64 = u64::from_le_bytes(*b"taskloom");

/// Bytes that lie together, in the pieces in which the writer has them.
pub(super) type Row = Vec<bytes::Bytes>;

/// What stands in the first page of a segment while it holds a certain value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nonce {
    /// The lower half.
    pub(super) low: u64,
    /// The upper half.
    pub(super) high: u64,
}

/// How another process finds a value in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The process that has the segment open ...
    pub(super) process: u32,
    /// ... under this descriptor.
    pub(super) descriptor: u32,
    /// What it holds as long as it holds the value.
    pub(super) nonce: Nonce,
    /// Where each row of bytes begins in the file.
    pub(super) offsets: Vec<u64>,
}
