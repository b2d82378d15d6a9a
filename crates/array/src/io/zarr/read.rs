//! Reading Zarr arrays.

use super::metadata::dtype_of;
use super::open::{Opened, metadata, open, opened, stamp_of};
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use crate::io::location::Location;
use crate::node::Axes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use taskloom_kernels::{Block, DType};
use taskloom_task::task;
use zarrs::array::{ArrayBytes, ArraySubset};

/// No axis has more chunks.
const CHUNKS_MAX: u64 = 1 << 24;

/// A part of an array in a store.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    url: String,
    stamp: String,
    dtype: DType,
    starts: Vec<u64>,
    lengths: Vec<u64>,
}

impl Array {
    /// An array in a Zarr store of version 2 or 3, in the chunks of the store: each block is read by a
    /// task. The place is that of the array itself (where `zarr.json` or `.zarray` is); all workers
    /// must see it.
    ///
    /// ```
    /// use taskloom_array::{Array, ZarrOptions};
    ///
    /// let x = Array::arange(0, 10, 1, [4]);
    /// x.to_zarr("memory://doc/x.zarr", &ZarrOptions::new())?.compute_here()?;
    /// let y = Array::from_zarr("memory://doc/x.zarr")?;
    /// assert_eq!(y.chunks(), x.chunks());
    /// assert_eq!(y.compute_here()?, x.compute_here()?);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If there is no Zarr array, it is of a dtype or with codecs that are not supported, or its
    /// metadata cannot be read.
    pub fn from_zarr(url: &str) -> Result<Self> {
        Self::of_zarr(url, None)
    }

    /// An array in a Zarr store, cut as said: best at borders of the store's chunks, since each task
    /// reads all chunks that it needs a part of.
    ///
    /// # Errors
    /// As [`Array::from_zarr`], and if the chunks do not fit the shape.
    pub fn from_zarr_in(url: &str, chunks: impl Into<Chunks>) -> Result<Self> {
        Self::of_zarr(url, Some(chunks.into()))
    }

    fn of_zarr(url: &str, chunks: Option<Chunks>) -> Result<Self> {
        let location = Location::parse(url)?;
        let bytes = metadata(&location)?;
        let bytes = bytes.ok_or_else(|| {
            location.error("there is no Zarr array: neither `zarr.json` nor `.zarray`")
        })?;
        let array = open(&location, &bytes)?;
        let dtype = dtype_of(array.data_type()).ok_or_else(|| {
            let dtype = format!("{:?}", array.data_type());
            location.error(format!("has elements of {dtype}, which is not supported"))
        })?;
        let shape = array.shape().iter().map(|&len| usize::try_from(len));
        let shape = shape
            .collect::<Result<Vec<usize>, _>>()
            .map_err(|e| location.error(e))?;
        let axes = match chunks {
            Some(chunks) => chunks.cut("from_zarr", &shape, dtype)?,
            None => axes_of(&location, &array, &shape)?,
        };
        let (url, stamp) = (location.url().to_owned(), stamp_of(&bytes));
        Self::of_tasks(
            "from_zarr",
            axes,
            dtype,
            Arc::new(move |place| {
                let numbers = |numbers: &[Option<usize>]| {
                    let known = numbers.iter().map(|number| number.unwrap_or(0) as u64);
                    known.collect()
                };
                read_zarr::task(Part {
                    url: url.clone(),
                    stamp: stamp.clone(),
                    dtype,
                    starts: numbers(&place.starts),
                    lengths: numbers(&place.lengths),
                })
            }),
        )
    }
}

/// How the store cuts the array. The last chunk of an axis reaches beyond the end.
fn axes_of(location: &Location, array: &Opened, shape: &[usize]) -> Result<Axes> {
    let grid = array.chunk_grid_shape();
    let mut at = vec![0; grid.len()];
    let mut axes = Axes::new();
    if grid.iter().any(|&chunks| chunks > CHUNKS_MAX) {
        return Err(location.error(format!("has {grid:?} chunks, which are too many")));
    }
    for (axis, &len) in shape.iter().enumerate() {
        let mut lengths = Vec::new();
        let mut end = 0_usize;
        for chunk in 0..grid[axis] {
            at[axis] = chunk;
            let chunk = array
                .chunk_shape(&at)
                .map_err(|error| location.error(error))?;
            let chunk = chunk.get(axis).map_or(0, |len| len.get());
            let chunk = usize::try_from(chunk)
                .unwrap_or(usize::MAX)
                .min(len - end.min(len));
            lengths.push(chunk);
            end = end.saturating_add(chunk);
        }
        at[axis] = 0;
        axes.push(match end {
            0 => Axis::single(len),
            _ => Axis::known(lengths),
        });
    }
    Ok(axes)
}

#[task(crate = taskloom_task, name = "taskloom_array::read_zarr")]
fn read_zarr(part: Part) -> Result<Block, ArrayError> {
    let location = Location::parse(&part.url)?;
    let array = opened(&location, &part.stamp)?;
    let shape: Vec<usize> = part.lengths.iter().map(|&len| len as usize).collect();
    if shape.contains(&0) {
        return Ok(Block::from_bytes(part.dtype, &shape, bytes::Bytes::new())?);
    }
    let subset = ArraySubset::new_with_start_shape(part.starts, part.lengths);
    let subset = subset.map_err(|error| location.error(error))?;
    let elements: ArrayBytes<'static> = array
        .retrieve_array_subset(&subset)
        .map_err(|error| location.error(error))?;
    let elements = elements
        .into_fixed()
        .map_err(|error| location.error(error))?;
    Block::from_bytes(part.dtype, &shape, elements.into_owned().into())
        .map_err(|error| location.error(error))
}
