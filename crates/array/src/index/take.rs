//! Elements at listed places along an axis.

use super::resolve::checked_place;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_kernels::Kernel;
use taskloom_kernels::index::Index;

/// Places within one block.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Few {
    block: usize,
    places: Vec<usize>,
}

/// Per place in the grid along the axis: places of one block of the input.
struct Take {
    axis: usize,
    parts: Arc<Vec<Few>>,
    /// Of the input.
    source: Axes,
}

impl Layer for Take {
    fn name(&self) -> &'static str {
        "take"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.axis as u64);
        for few in self.parts.iter() {
            identity.number(few.block as u64);
            identity.numbers(few.places.iter().copied());
        }
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let mut from: SmallVec<[usize; 4]> = at.into();
        let few = at.get(self.axis).and_then(|&at| self.parts.get(at));
        let places = few.map_or_else(Vec::new, |few| few.places.clone());
        let block = few.map_or(0, |few| few.block);
        if let Some(from) = from.get_mut(self.axis) {
            *from = block;
        }
        let input = BlockRef::new(0, number(&self.source, &from));
        let len = self
            .source
            .get(self.axis)
            .and_then(|axis| axis.length(block));
        if len == Some(places.len()) && places.iter().copied().eq(0..places.len()) {
            return BlockTask::alias(input);
        }
        let axis = self.axis;
        BlockTask::kernel(Kernel::Index(Index::Take { axis, places }), [input])
    }
}

/// Per place in the grid along the axis: elements of several blocks of the input, which hold what is
/// taken and nothing else.
struct Collect {
    axis: usize,
    /// Which blocks of the input, and for each element which of these and the place in it.
    parts: Arc<Vec<Mixed>>,
    /// Of the input.
    source: Axes,
}

#[derive(Clone, Debug, Default)]
struct Mixed {
    blocks: std::ops::Range<usize>,
    places: Vec<(usize, usize)>,
}

impl Layer for Collect {
    fn name(&self) -> &'static str {
        "take-collect"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.axis as u64);
        for mixed in self.parts.iter() {
            identity.numbers([mixed.blocks.start, mixed.blocks.end]);
            let places = mixed.places.iter();
            identity.numbers(places.flat_map(|&(block, place)| [block, place]));
        }
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let mixed = at.get(self.axis).and_then(|&at| self.parts.get(at));
        let mixed = mixed.cloned().unwrap_or_default();
        let inputs = mixed.blocks.clone().map(|block| {
            let mut from: SmallVec<[usize; 4]> = at.into();
            if let Some(from) = from.get_mut(self.axis) {
                *from = block;
            }
            BlockRef::new(0, number(&self.source, &from))
        });
        if let [(0, 0)] = mixed.places.as_slice()
            && let Some(only) = inputs.clone().next()
        {
            return BlockTask::alias(only);
        }
        let axis = self.axis;
        let places = mixed.places;
        BlockTask::kernel(Kernel::Index(Index::Collect { axis, places }), inputs)
    }
}

impl Array {
    /// The elements at places along an axis, in the order of the places, as numpy's `take`. Places
    /// may repeat, and count from the end where they are negative.
    ///
    /// Sorted places are taken block by block. Others make chunks of the length of the longest along
    /// the axis, each put together from small parts of the blocks that hold its elements.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![10, 11, 12, 13], Chunks::of([2]))?;
    /// let y = x.take(&[3, 0, -1], 0)?;
    /// assert_eq!(y.to_local_here::<i32>()?, ndarray::array![13, 10, 13].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If a place is outside of the axis, there is no such axis, or its lengths are not known.
    pub fn take(&self, places: &[i64], axis: isize) -> Result<Self> {
        const OPERATION: &str = "take";
        self.good()?;
        let axis = self.axis_of(OPERATION, axis)?;
        let len = self.axes()[axis].len();
        let len = len.ok_or_else(|| self.unknown(OPERATION, axis))?;
        let places = places.iter().map(|&place| {
            checked_place(place, len).ok_or_else(|| ArrayError::Index {
                operation: OPERATION.to_owned(),
                reason: format!("index {place} is out of bounds for axis {axis} with size {len}"),
            })
        });
        self.taken(OPERATION, axis, &places.collect::<Result<Vec<_>>>()?)
    }

    /// The elements where a list of truth values is true along an axis, as numpy's `compress`: a list
    /// that is shorter than the axis stands for its beginning.
    ///
    /// # Errors
    /// If the list is longer than the axis and true beyond it, there is no such axis, or its lengths
    /// are not known.
    pub fn compress(&self, truths: &[bool], axis: isize) -> Result<Self> {
        let places = truths.iter().zip(0..).filter(|(truth, _)| **truth);
        let places: Vec<i64> = places.map(|(_, place)| place).collect();
        self.take(&places, axis)
    }

    /// The elements at places that are there.
    pub(super) fn taken(&self, operation: &str, axis: usize, places: &[usize]) -> Result<Self> {
        let source = &self.axes()[axis];
        let offsets = source.offsets();
        let offsets = offsets.ok_or_else(|| self.unknown(operation, axis))?;
        let longest = source.lengths().iter().flatten().copied().max();
        let most = longest.unwrap_or(1).max(1);
        let found = places.iter().map(|&place| {
            let block = offsets.partition_point(|&offset| offset <= place).max(1) - 1;
            (block, place - offsets[block])
        });
        if places.is_sorted() {
            let mut parts: Vec<Few> = Vec::new();
            for (block, place) in found {
                match parts.last_mut() {
                    Some(few) if few.block == block && few.places.len() < most => {
                        few.places.push(place);
                    }
                    _ => parts.push(Few {
                        block,
                        places: vec![place],
                    }),
                }
            }
            return Ok(self.taken_parts(axis, parts));
        }
        let found: Vec<(usize, usize)> = found.collect();
        Ok(self.taken_mixed(axis, found.chunks(most)))
    }

    /// The elements at places of blocks, in chunks as they are given. None of the chunks is empty.
    pub(super) fn taken_mixed<'a>(
        &self,
        axis: usize,
        chunks: impl Iterator<Item = &'a [(usize, usize)]>,
    ) -> Self {
        let (mut parts, mut mixed): (Vec<Few>, Vec<Mixed>) = (Vec::new(), Vec::new());
        for chunk in chunks {
            let mut blocks: Vec<usize> = chunk.iter().map(|(block, _)| *block).collect();
            blocks.sort_unstable();
            blocks.dedup();
            let first = parts.len();
            parts.extend(blocks.iter().map(|&block| Few {
                block,
                places: Vec::new(),
            }));
            let mut places = Vec::with_capacity(chunk.len());
            for &(block, place) in chunk {
                let part = blocks.partition_point(|&other| other < block);
                let few = &mut parts[first + part];
                places.push((part, few.places.len()));
                few.places.push(place);
            }
            mixed.push(Mixed {
                blocks: first..parts.len(),
                places,
            });
        }
        if parts.len() == mixed.len() {
            return self.taken_parts(axis, parts);
        }
        let few = self.taken_parts(axis, parts);
        let mut axes: Axes = few.axes().iter().cloned().collect();
        axes[axis] = Axis::known(mixed.iter().map(|mixed| mixed.places.len()));
        let layer = Collect {
            axis,
            parts: Arc::new(mixed),
            source: few.axes().iter().cloned().collect(),
        };
        Self::from_layer(layer, &[&few], self.dtype(), axes)
    }

    /// One chunk for the places of each part.
    fn taken_parts(&self, axis: usize, mut parts: Vec<Few>) -> Self {
        if parts.is_empty() {
            parts.push(Few {
                block: 0,
                places: Vec::new(),
            });
        }
        let mut axes: Axes = self.axes().iter().cloned().collect();
        axes[axis] = Axis::known(parts.iter().map(|few| few.places.len()));
        let layer = Take {
            axis,
            parts: Arc::new(parts),
            source: self.axes().iter().cloned().collect(),
        };
        Self::from_layer(layer, &[self], self.dtype(), axes)
    }
}
