//! Reading `.npy` files by parts.

use super::header::{HEADER_MAX, Header};
use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use crate::io::location::Location;
use crate::make::BlockPlace;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use taskloom_kernels::make::Place;
use taskloom_kernels::{Block, DType, Extent};
use taskloom_task::task;

/// Parts of the file that are nearer to each other than this are read in one go: to read what lies
/// between costs less than to begin again.
const GAP: u64 = 64 * 1024;

/// So much is read at a time where parts lie apart.
const AT_ONCE: u64 = 32 * 1024 * 1024;

/// A part of a file, with what is known of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    url: String,
    /// What tells the file from another version of it.
    stamp: String,
    dtype: DType,
    swapped: bool,
    fortran: bool,
    /// Where the elements begin.
    offset: u64,
    /// Where the part lies among them; of a file in Fortran order, with the axes the other way round.
    place: Place,
}

impl Array {
    /// An array in a `.npy` file: each block is read by a task, which reads only its part of the file.
    /// All workers must see the file, at the same path or URL. Big-endian files and files in Fortran
    /// order are read as well.
    ///
    /// # Errors
    /// If there is no such file, it is no `.npy` file of a supported dtype, it is shorter than its
    /// header says, or the chunks do not fit. A file that is changed before the tasks read it is an
    /// error of theirs.
    ///
    /// ```
    /// use taskloom_array::{Array, DType};
    ///
    /// let x = Array::arange(0, 6, 1, [4]);
    /// x.to_npy("memory://doc/x.npy")?.compute_here()?;
    /// let y = Array::from_npy("memory://doc/x.npy", [2])?;
    /// assert_eq!(y.compute_here()?, x.compute_here()?);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    pub fn from_npy(url: &str, chunks: impl Into<Chunks>) -> Result<Self> {
        let location = Location::parse(url)?;
        let (header, stamp) = open(&location)?;
        let Header {
            dtype,
            swapped,
            fortran,
            shape,
            offset,
        } = header;
        let axes = chunks.into().cut("from_npy", &shape, dtype)?;
        let url = location.url().to_owned();
        Self::of_tasks(
            "from_npy",
            axes,
            dtype,
            Arc::new(move |place| {
                read_npy::task(Part {
                    url: url.clone(),
                    stamp: stamp.clone(),
                    dtype,
                    swapped,
                    fortran,
                    offset: offset as u64,
                    place: place_in(&shape, fortran, place),
                })
            }),
        )
    }
}

/// The header of a file, and what tells the file from another version of it.
pub(super) fn open(location: &Location) -> Result<(Header, String)> {
    let (size, stamp) = location.head()?;
    let beginning = size.min(HEADER_MAX as u64 + 12);
    let start = std::iter::once(0..beginning).collect();
    let bytes = location.ranges(start)?.pop().unwrap_or_default();
    let header = Header::parse(&bytes, size).map_err(|reason| location.error(reason))?;
    Ok((header, stamp))
}

/// Where a block lies among the elements of a file.
fn place_in(shape: &[usize], fortran: bool, block: &BlockPlace) -> Place {
    let known = |numbers: &[Option<usize>]| -> Extent {
        numbers.iter().map(|number| number.unwrap_or(0)).collect()
    };
    let (mut shape, mut lengths, mut starts) = (
        Extent::from(shape),
        known(&block.lengths),
        known(&block.starts),
    );
    if fortran {
        shape.reverse();
        lengths.reverse();
        starts.reverse();
    }
    let mut strides = Extent::from_elem(1, shape.len());
    for axis in (1..shape.len()).rev() {
        // The header was checked: the elements of the file can be counted.
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis].max(1));
    }
    let first = starts
        .iter()
        .zip(&strides)
        .map(|(start, stride)| start.saturating_mul(*stride));
    Place {
        first: first.fold(0_usize, usize::saturating_add) as u64,
        shape: lengths,
        strides,
    }
}

#[task(crate = taskloom_task, name = "taskloom_array::read_npy")]
fn read_npy(part: Part) -> Result<Block, ArrayError> {
    let location = Location::parse(&part.url)?;
    if location.head()?.1 != part.stamp {
        return Err(location.error("the file was changed after the array was made of it"));
    }
    read(&location, &part)
}

/// The elements of a part of a file.
fn read(location: &Location, part: &Part) -> Result<Block> {
    let size = part.dtype.itemsize() as u64;
    let beyond = || location.error("a part of it is beyond what can be addressed");
    let mut ranges = Vec::new();
    for run in part.place.runs()? {
        let start = run
            .start
            .checked_mul(size)
            .and_then(|at| at.checked_add(part.offset));
        let end = start.and_then(|at| at.checked_add((run.len as u64).checked_mul(size)?));
        ranges.push(start.ok_or_else(beyond)?..end.ok_or_else(beyond)?);
    }
    let mut bytes = match ranges.as_slice() {
        [one] => location
            .ranges(vec![one.clone()])?
            .pop()
            .unwrap_or_default(),
        _ => gather(location, &ranges)?,
    };
    if part.swapped {
        let complex = u64::from(part.dtype.is_complex());
        bytes = swapped(&bytes, (size >> complex) as usize);
    }
    let block = Block::from_bytes(part.dtype, &part.place.shape, bytes)
        .map_err(|error| location.error(error))?;
    if !part.fortran {
        return Ok(block);
    }
    let order: Extent = (0..block.ndim()).rev().collect();
    Ok(block.permuted(&order)?)
}

/// Puts ranges of a file in a row, which rise. Those near each other are read in one go.
fn gather(location: &Location, ranges: &[Range<u64>]) -> Result<Bytes> {
    let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    let mut row = Vec::new();
    usize::try_from(total)
        .ok()
        .and_then(|total| row.try_reserve_exact(total).ok())
        .ok_or_else(|| location.error(format!("{total} bytes do not fit into memory")))?;
    let mut rest = ranges;
    while !rest.is_empty() {
        // Spans of the file, each with how many of the ranges lie in it.
        let mut spans: Vec<(Range<u64>, usize)> = Vec::new();
        let (mut count, mut bytes) = (0, 0);
        for range in rest {
            if bytes >= AT_ONCE {
                break;
            }
            match spans.last_mut() {
                Some((span, held)) if range.start.saturating_sub(span.end) <= GAP => {
                    bytes += range.end - span.end;
                    span.end = range.end;
                    *held += 1;
                }
                _ => {
                    bytes += range.end - range.start;
                    spans.push((range.clone(), 1));
                }
            }
            count += 1;
        }
        let (these, after) = rest.split_at(count);
        rest = after;
        let read = location.ranges(spans.iter().map(|(span, _)| span.clone()).collect())?;
        let mut these = these.iter();
        for ((span, held), bytes) in spans.iter().zip(read) {
            for range in these.by_ref().take(*held) {
                let from = (range.start - span.start) as usize;
                let to = (range.end - span.start) as usize;
                row.extend_from_slice(&bytes[from..to]);
            }
        }
    }
    Ok(row.into())
}

/// The bytes of numbers of a size, those of each number the other way round.
pub(super) fn swapped(bytes: &[u8], size: usize) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes
        .chunks_exact_mut(size.max(1))
        .for_each(<[u8]>::reverse);
    bytes.into()
}

/// All of a file that is one block of a dtype and shape.
pub(super) fn read_all(location: &Location, dtype: DType, shape: &[usize]) -> Result<Block> {
    let (header, stamp) = open(location)?;
    if header.dtype != dtype || header.shape != shape {
        return Err(location.error(format!(
            "is {} of the shape {:?}, and was expected to be {dtype} of {shape:?}",
            header.dtype, header.shape
        )));
    }
    let whole = BlockPlace {
        at: vec![0; shape.len()],
        starts: vec![Some(0); shape.len()],
        lengths: shape.iter().copied().map(Some).collect(),
    };
    let part = Part {
        url: String::new(),
        stamp,
        dtype,
        swapped: header.swapped,
        fortran: header.fortran,
        offset: header.offset as u64,
        place: place_in(shape, header.fortran, &whole),
    };
    read(location, &part)
}
