//! Lengths of blocks as inputs of tasks, for what is decided when the blocks are there.

use crate::array::Array;
use crate::axis::Axis;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use taskloom_kernels::index::Index;
use taskloom_kernels::{DType, Kernel};

/// The length of each block along an axis, at place 0 of the others.
struct Length {
    axis: usize,
    source: Axes,
}

impl Layer for Length {
    fn name(&self) -> &'static str {
        "length"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.axis as u64);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let mut from = vec![0; self.source.len()];
        if let (Some(from), Some(&at)) = (from.get_mut(self.axis), at.first()) {
            *from = at;
        }
        let block = BlockRef::new(0, number(&self.source, &from));
        let axis = self.axis;
        BlockTask::kernel(Kernel::Index(Index::Length { axis }), [block])
    }
}

/// All blocks of a vector as one.
struct Chain {
    blocks: usize,
}

impl Layer for Chain {
    fn name(&self) -> &'static str {
        "chain"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, _at: &[usize]) -> BlockTask {
        let blocks = (0..self.blocks).map(|block| BlockRef::new(0, block));
        BlockTask::kernel(Kernel::Index(Index::Chain), blocks)
    }
}

/// The lengths of all blocks along an axis, as one block of whole numbers, computed from the blocks.
pub(crate) fn lengths_along(array: &Array, axis: usize) -> Array {
    let source: Axes = array.axes().iter().cloned().collect();
    let blocks = source.get(axis).map_or(1, Axis::blocks);
    let layer = Length { axis, source };
    let each = Array::from_layer(layer, &[array], DType::I64, [Axis::opaque(blocks)]);
    chained(&each)
}

/// All blocks of a vector as one block.
pub(super) fn chained(vector: &Array) -> Array {
    let blocks = vector.npartitions();
    if blocks == 1 {
        return vector.clone();
    }
    let layer = Chain { blocks };
    Array::from_layer(layer, &[vector], vector.dtype(), [Axis::opaque(1)])
}
