//! The elements where a mask is true.

use super::bands::{Bands, Merge};
use super::gather::{not_aligned, shape_text};
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::{Chunk, Chunks};
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, Node, number};
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_kernels::index::Index;
use taskloom_kernels::{DType, Kernel};

/// What a mask selects of each block, block by block. Inputs: the array, the mask.
struct Select {
    /// The first axis of the mask.
    axis: usize,
    /// Of the mask.
    mask: Axes,
    /// Of the array.
    source: Axes,
    /// The axes of the counts, if the blocks are to be merged.
    lead: Option<usize>,
}

impl Layer for Select {
    fn name(&self) -> &'static str {
        "mask"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.axis as u64);
        identity.numbers(self.lead);
    }

    fn outputs(&self) -> u32 {
        if self.lead.is_some() { 2 } else { 1 }
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let (before, rest) = at.split_at(self.axis);
        let mut place = SmallVec::new();
        crate::node::place(&self.mask, rest[0], &mut place);
        let from: SmallVec<[usize; 4]> = before
            .iter()
            .chain(&place)
            .chain(&rest[1..])
            .copied()
            .collect();
        let inputs = [
            BlockRef::new(0, number(&self.source, &from)),
            BlockRef::new(1, rest[0]),
        ];
        let kernel = match self.lead {
            Some(lead) => Index::SelectCounted { lead },
            None => Index::Select { axis: self.axis },
        };
        BlockTask::kernel(Kernel::Index(kernel), inputs)
    }
}

impl Array {
    /// The elements where a mask is true, as numpy's `x[mask]`: in C order along one axis, whose
    /// chunk sizes are unknown. A mask of fewer axes is for the first ones; the others stay.
    ///
    /// There is one chunk per chunk of axis 0. Where other axes of the mask are cut too, what is
    /// selected of the blocks beside each other is merged row by row, so the order is numpy's; sums
    /// and other reductions that ask for no order skip that.
    ///
    /// Arrays of equal masks align: `&x.mask(&m)? + &y.mask(&m)?` works where `x` and `y` are cut
    /// alike.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[1, 2], [3, 4]], Chunks::of([1, 1]))?;
    /// let mask = Array::from_ndarray(&ndarray::array![[true, false], [true, true]], Chunks::of([2, 1]))?;
    /// let y = x.mask(&mask)?;
    /// assert_eq!(y.chunks(), [[None, None]]);
    /// assert_eq!(y.to_local_here::<i32>()?, ndarray::array![1, 3, 4].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the mask does not hold truth values, has more axes than the array or none, or other
    /// lengths, or if chunk sizes are unknown and nothing says that both are cut alike.
    pub fn mask(&self, mask: &Self) -> Result<Self> {
        const OPERATION: &str = "mask";
        self.good()?;
        let mask = &self.mask_for(OPERATION, mask, 0)?;
        let bands = Bands::of(&mask.cut)?;
        let trailing = &self.axes()[mask.cut.ndim()..];
        let Some(bands) = bands else {
            return Ok(self.selected(mask, 0, mask.derived("mask"), None));
        };
        let axis = Axis::opaque(mask.cut.npartitions());
        let counted = self.selected(mask, 0, axis, Some(bands.lead()));
        let mut axes: Axes = [mask.derived("mask")].into_iter().collect();
        axes.extend(trailing.iter().cloned());
        let layer = Merge {
            bands,
            parts: counted.axes().iter().cloned().collect(),
            name: "mask-merge",
            unordered: Some(unordered),
        };
        Ok(Self::from_layer(layer, &[&counted], self.dtype(), axes))
    }

    /// As [`mask`](Self::mask), without numpy's order where blocks lie beside each other: one chunk
    /// per block, in the order of the blocks, and nothing is merged.
    ///
    /// # Errors
    /// As [`mask`](Self::mask).
    pub fn mask_unordered(&self, mask: &Self) -> Result<Self> {
        const OPERATION: &str = "mask_unordered";
        self.good()?;
        let mask = &self.mask_for(OPERATION, mask, 0)?;
        Ok(self.selected(mask, 0, mask.derived("mask-blocks"), None))
    }

    /// The elements where a mask of one axis is true along an axis, as numpy's
    /// `compress(mask, x, axis)`. Chunk sizes of that axis are unknown afterwards.
    ///
    /// # Errors
    /// As [`mask`](Self::mask), and if there is no such axis or the mask has not one axis.
    pub fn mask_axis(&self, mask: &Self, axis: isize) -> Result<Self> {
        const OPERATION: &str = "mask_axis";
        self.good()?;
        let axis = self.axis_of(OPERATION, axis)?;
        self.masked(OPERATION, mask, axis)
    }

    /// The elements where a condition of the array's shape is true, as numpy's
    /// `extract(condition, x)`.
    ///
    /// # Errors
    /// As [`mask`](Self::mask), and if the condition has fewer axes than the array.
    pub fn extract(&self, condition: &Self) -> Result<Self> {
        if condition.ndim() != self.ndim() {
            self.good()?;
            condition.good()?;
            return Err(mismatch("extract", self, condition, 0));
        }
        self.mask(condition)
    }

    /// What a mask of one axis selects along an axis.
    pub(super) fn masked(&self, operation: &str, mask: &Self, axis: usize) -> Result<Self> {
        mask.good()?;
        if mask.ndim() != 1 {
            return Err(ArrayError::Index {
                operation: operation.to_owned(),
                reason: format!(
                    "a mask along an axis has one axis itself, and {} has {}: `mask` takes others",
                    mask.name(),
                    mask.ndim()
                ),
            });
        }
        let mask = &self.mask_for(operation, mask, axis)?;
        Ok(self.selected(mask, axis, mask.derived("mask"), None))
    }

    /// What is selected block by block.
    fn selected(&self, mask: &Mask, axis: usize, selected: Axis, lead: Option<usize>) -> Self {
        let source: Axes = self.axes().iter().cloned().collect();
        let (before, rest) = source.split_at(axis);
        let after = &rest[mask.cut.ndim()..];
        let axes: Axes = before
            .iter()
            .chain([&selected])
            .chain(after)
            .cloned()
            .collect();
        let layer = Select {
            axis,
            mask: mask.cut.axes().iter().cloned().collect(),
            source,
            lead,
        };
        Self::from_layer(layer, &[self, &mask.cut], self.dtype(), axes)
    }

    /// The mask, checked and cut as the axes of the array from `axis` on.
    pub(super) fn mask_for(&self, operation: &str, mask: &Self, axis: usize) -> Result<Mask> {
        mask.good()?;
        if mask.dtype() != DType::Bool {
            return Err(ArrayError::DType {
                operation: operation.to_owned(),
                dtype: mask.dtype(),
                reason: ": a mask holds truth values".to_owned(),
            });
        }
        if mask.ndim() == 0 || axis + mask.ndim() > self.ndim() {
            return Err(mismatch(operation, self, mask, axis));
        }
        let mut chunks = Vec::with_capacity(mask.ndim());
        for (at, mine) in mask.axes().iter().enumerate() {
            let theirs = &self.axes()[axis + at];
            if let (Some(mine), Some(theirs)) = (mine.len(), theirs.len())
                && mine != theirs
            {
                return Err(mismatch(operation, self, mask, axis));
            }
            chunks.push(match (mine.is_aligned(theirs), theirs.known_lengths()) {
                (true, _) => Chunk::Keep,
                (false, Some(lengths)) if mine.is_known() => Chunk::Exact(lengths),
                _ => return Err(not_aligned(operation, axis + at, self, theirs, mask, mine)),
            });
        }
        let keep = chunks.iter().all(|chunk| *chunk == Chunk::Keep);
        let cut = match keep {
            true => mask.clone(),
            false => mask.rechunk(Chunks::each(chunks))?,
        };
        Ok(Mask {
            cut,
            given: mask.clone(),
        })
    }
}

/// A mask that fits an array.
pub(super) struct Mask {
    /// Cut as the array is.
    pub cut: Array,
    /// As it was given.
    pub given: Array,
}

impl Mask {
    /// The axis of what it selects: as many blocks as the first axis of the mask has, or all blocks
    /// for an operation that keeps their order. It depends on the mask and on how it is cut, not on
    /// the array.
    fn derived(&self, operation: &str) -> Axis {
        let mut cut = Identity::new(operation);
        cut.bytes(self.given.node().id().as_bytes());
        for axis in self.cut.axes() {
            axis.identify_cut(&mut cut);
        }
        let blocks = match operation {
            "mask" => self.cut.axes().first().map_or(1, Axis::blocks),
            _ => self.cut.npartitions(),
        };
        Axis::unknown(blocks, &cut, format!("a mask from {}", self.given.name()))
    }
}

/// The array whose selected elements a merge brings into order, without that order.
fn unordered(counted: &Arc<Node>) -> Option<Array> {
    let [array, mask] = counted.inputs() else {
        return None;
    };
    let array = Array::of_node(array.clone(), None);
    let mask = Array::of_node(mask.clone(), None);
    let mask = Mask {
        given: mask.clone(),
        cut: mask,
    };
    Some(array.selected(&mask, 0, mask.derived("mask-blocks"), None))
}

/// The error for a mask of another shape.
pub(super) fn mismatch(operation: &str, array: &Array, mask: &Array, axis: usize) -> ArrayError {
    let pairs = mask.axes().iter().zip(array.axes().iter().skip(axis));
    let lens = pairs.map(|(mask, array)| (mask.len(), array.len()));
    let at = lens.enumerate().find_map(|(at, lens)| match lens {
        (Some(mask), Some(array)) if mask != array => Some((axis + at, mask, array)),
        _ => None,
    });
    let reason = match at {
        Some((axis, mask, array)) => {
            format!(": axis {axis} has {array} elements, and the mask {mask}")
        }
        None => format!(
            ": the mask has {} axes, and the array {}",
            mask.ndim(),
            array.ndim()
        ),
    };
    ArrayError::Index {
        operation: operation.to_owned(),
        reason: format!(
            "boolean index shape {} must match indexed array's {}{reason}",
            shape_text(mask),
            shape_text(array)
        ),
    }
}
