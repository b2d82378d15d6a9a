//! Lengths of blocks that are known only when they are there.

use super::splice::{Run, no_axis, splice};
use crate::block::Block;
use crate::error::KernelError;

/// The lengths of a block along all axes.
pub(super) fn lengths(block: &Block) -> Block {
    let lengths = block.shape().iter().map(|&len| len as u64);
    Block::vector(lengths.collect())
}

/// The length of a block along an axis, as a vector of one number.
pub(super) fn length(operation: &str, block: &Block, axis: usize) -> Result<Block, KernelError> {
    if axis >= block.ndim() {
        return Err(no_axis(operation, block, axis));
    }
    let len = i64::try_from(block.len_of(axis)).unwrap_or(i64::MAX);
    Ok(Block::vector(vec![len]))
}

/// Lengths as [`length`] and [`chain`] made them.
pub(super) fn read_lengths(operation: &str, lengths: &Block) -> Result<Vec<usize>, KernelError> {
    let lengths = lengths.clone().into_vec::<i64>()?;
    let lengths = lengths.into_iter().map(usize::try_from);
    let lengths = lengths.collect::<Result<Vec<_>, _>>();
    lengths.map_err(|_| KernelError::Program(format!("{operation} with a length below 0")))
}

/// Blocks one after another along their first axis.
pub(super) fn chain(operation: &str, blocks: &[Block]) -> Result<Block, KernelError> {
    let runs = blocks.iter().enumerate().map(|(part, block)| Run {
        part,
        start: 0,
        len: block.len_of(0),
    });
    splice(operation, blocks, 0, &runs.collect::<Vec<_>>())
}

/// The sum of all counts, as a vector of one number.
pub(super) fn total(blocks: Vec<Block>) -> Result<Block, KernelError> {
    let mut total = 0_i64;
    for block in blocks {
        total = block
            .view::<i64>()?
            .iter()
            .fold(total, |sum, &n| sum.saturating_add(n));
    }
    Ok(Block::vector(vec![total]))
}
