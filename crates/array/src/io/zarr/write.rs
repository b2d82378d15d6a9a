//! Writing Zarr arrays.

use super::metadata::ZarrOptions;
use super::open::{METADATA, metadata, open, opened, stamp_of};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::io::location::Location;
use crate::layer::{BlockRef, BlockTask, Layer, Work};
use crate::node::{Axes, number};
use serde::{Deserialize, Serialize};
use taskloom_kernels::{Block, DType};
use taskloom_task::task;
use zarrs::array::{ArrayBytes, ArraySubset};

/// A new array in a store.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct New {
    url: String,
    /// The file of the metadata, and its text.
    file: String,
    metadata: String,
    overwrite: bool,
}

/// A part that a task writes.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    url: String,
    stamp: String,
    starts: Vec<u64>,
}

impl Array {
    /// Writes the array as a Zarr store. The chunks of the store are the blocks of the array, or what
    /// `options` say; each is written by one task. Chunks of a store are equally long along an axis
    /// but for the last, and so must the blocks be: `rechunk` makes them so.
    ///
    /// Nothing is written before the result is computed: the bytes of the elements of each block. The
    /// metadata is written first.
    ///
    /// # Errors
    /// If chunk sizes are unknown or not equally long, there is an array already and `options` do not
    /// say to overwrite, the place cannot be understood, or the array is in the failed state.
    pub fn to_zarr(&self, url: &str, options: &ZarrOptions) -> Result<Self> {
        self.check()?;
        let location = Location::parse(url)?;
        let mut shape = Vec::with_capacity(self.ndim());
        for (at, axis) in self.axes().iter().enumerate() {
            shape.push(axis.len().ok_or_else(|| self.unknown("to_zarr", at))?);
        }
        let chunks = match &options.chunks {
            Some(chunks) => chunks.clone(),
            None => self.axes().iter().map(longest).collect(),
        };
        fit(self.axes(), &chunks)?;
        let (file, text) = options.metadata(self.dtype(), &shape, &chunks);
        // What cannot be written is found before any task runs.
        open(&location, text.as_bytes())?;
        if !options.overwrite && metadata(&location)?.is_some() {
            return Err(exists(&location));
        }
        let stamp = stamp_of(text.as_bytes());
        let url = location.url().to_owned();
        let new = New {
            url: url.clone(),
            file: file.to_owned(),
            metadata: text,
            overwrite: options.overwrite,
        };
        let created = Created {
            new,
            of: self.name(),
        };
        let created = Self::from_layer(created, &[], DType::I64, [Axis::single(1)]);
        let axes: Axes = self.axes().iter().cloned().collect();
        let layer = Stored {
            url,
            stamp,
            starts: axes
                .iter()
                .map(|axis| axis.offsets().unwrap_or_default())
                .collect(),
            axes,
        };
        let ones = self
            .axes()
            .iter()
            .map(|axis| Axis::regular(axis.blocks(), 1));
        let ones: Vec<Axis> = ones.collect();
        Ok(Self::from_layer(layer, &[self, &created], DType::I64, ones))
    }
}

/// The length of the blocks of an axis, where they are equally long; chunks have at least one element.
fn longest(axis: &Axis) -> usize {
    axis.lengths()
        .iter()
        .flatten()
        .copied()
        .max()
        .unwrap_or(1)
        .max(1)
}

/// That each block is whole chunks, the last one up to the end.
fn fit(axes: &[Axis], chunks: &[usize]) -> Result<()> {
    if chunks.len() != axes.len() || chunks.contains(&0) {
        let reason = format!(
            "chunks of {chunks:?} do not fit an array of {} axes",
            axes.len()
        );
        return Err(ArrayError::value("to_zarr", reason));
    }
    for (at, (axis, chunk)) in axes.iter().zip(chunks).enumerate() {
        let offsets = axis.offsets().unwrap_or_default();
        let end = offsets.last().copied().unwrap_or(0);
        if offsets
            .iter()
            .any(|&offset| offset != end && offset % chunk != 0)
        {
            return Err(ArrayError::value(
                "to_zarr",
                format!(
                    "the blocks {axis} of axis {at} are not whole chunks of {chunk}, so two tasks \
                     would write the same one: call `rechunk` first"
                ),
            ));
        }
    }
    Ok(())
}

fn exists(location: &Location) -> ArrayError {
    location.error("there is a Zarr array already; `overwrite` replaces it")
}

struct Created {
    new: New,
    of: String,
}

impl Layer for Created {
    fn name(&self) -> &'static str {
        "zarr-metadata"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.new).text(&self.of);
    }

    fn block(&self, _at: &[usize]) -> BlockTask {
        let new = self.new.clone();
        BlockTask {
            work: Work::task(move |_| create_zarr::task(new.clone())),
            inputs: [].into_iter().collect(),
            align: None,
        }
    }
}

#[task(crate = taskloom_task, name = "taskloom_array::create_zarr", impure)]
fn create_zarr(new: New) -> Result<Block, ArrayError> {
    let location = Location::parse(&new.url)?;
    // This task may run again while others write already: it takes away nothing that they wrote, and
    // its own metadata is no other array.
    let there = metadata(&location)?;
    if !new.overwrite && there.is_some_and(|there| there != new.metadata.as_bytes()) {
        return Err(exists(&location));
    }
    for other in METADATA.into_iter().filter(|name| *name != new.file) {
        location.child(other)?.delete()?;
    }
    let bytes = new.metadata.len();
    location
        .child(&new.file)?
        .write(vec![new.metadata.into()])?;
    Ok(Block::vector(vec![bytes as i64]))
}

struct Stored {
    url: String,
    stamp: String,
    axes: Axes,
    starts: Vec<Vec<usize>>,
}

impl Layer for Stored {
    fn name(&self) -> &'static str {
        "to_zarr"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.text(&self.url).text(&self.stamp);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let starts = self.starts.iter().zip(at);
        let starts = starts.map(|(starts, &at)| starts.get(at).copied().unwrap_or(0) as u64);
        let part = Part {
            url: self.url.clone(),
            stamp: self.stamp.clone(),
            starts: starts.collect(),
        };
        let inputs = [
            BlockRef::new(0, number(&self.axes, at)),
            BlockRef::new(1, 0),
        ];
        BlockTask {
            work: Work::task(move |inputs| write_zarr::task(part.clone(), inputs.to_vec())),
            inputs: inputs.into_iter().collect(),
            align: None,
        }
    }
}

/// Writes the first of the inputs; the second is there so that the metadata is written before.
#[task(crate = taskloom_task, name = "taskloom_array::write_zarr", impure)]
fn write_zarr(part: Part, inputs: Vec<Block>) -> Result<Block, ArrayError> {
    let location = Location::parse(&part.url)?;
    let block = inputs
        .first()
        .ok_or_else(|| location.error("there is no block to write"))?;
    let written = Block::vector(vec![block.nbytes() as i64]).reshaped(&vec![1; block.ndim()])?;
    if block.is_empty() {
        return Ok(written);
    }
    let array = opened(&location, &part.stamp)?;
    let shape = block.shape().iter().map(|&len| len as u64).collect();
    let subset = ArraySubset::new_with_start_shape(part.starts, shape);
    let subset = subset.map_err(|error| location.error(error))?;
    let elements = block.to_bytes();
    array
        .store_array_subset(&subset, ArrayBytes::new_flen(&elements[..]))
        .map_err(|error| location.error(error))?;
    Ok(written)
}
