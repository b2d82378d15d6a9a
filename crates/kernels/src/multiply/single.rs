//! One block by the labels of its axes: diagonals, sums, and another order.

use super::{Labels, Ring};
use crate::block::{Block, Extent};
use crate::error::KernelError;

/// The block with the axes of `out`: diagonals of axes with equal labels, sums over labels that
/// `out` lacks, the rest in `out`'s order.
pub(super) fn arrange(
    name: &str,
    labels: &[u8],
    out: &[u8],
    block: Block,
) -> Result<Block, KernelError> {
    check_labels(name, labels, &block)?;
    let (block, labels) = summed(name, labels, block, |label| out.contains(&label))?;
    block.permuted(&order_of(name, &labels, out)?)
}

/// That each axis has a label.
pub(super) fn check_labels(name: &str, labels: &[u8], block: &Block) -> Result<(), KernelError> {
    if labels.len() == block.ndim() {
        return Ok(());
    }
    Err(KernelError::Program(format!(
        "{name} has {} labels for a block of {} axes",
        labels.len(),
        block.ndim()
    )))
}

/// The block with each label once: the diagonal where one stands at several axes, and summed over
/// the axes whose label is not kept.
pub(super) fn summed(
    name: &str,
    labels: &[u8],
    block: Block,
    kept: impl Fn(u8) -> bool,
) -> Result<(Block, Labels), KernelError> {
    let mut block = block;
    let mut labels = Labels::from_slice(labels);
    let mut axis = 0;
    while axis < labels.len() {
        let again = labels[axis + 1..]
            .iter()
            .position(|&other| other == labels[axis]);
        match again {
            Some(after) => {
                let other = axis + 1 + after;
                block = block.diagonal(name, axis, other)?;
                labels.remove(other);
            }
            None => axis += 1,
        }
    }
    while let Some(axis) = labels.iter().position(|&label| !kept(label)) {
        block = sum_axis(&block, axis)?;
        labels.remove(axis);
    }
    Ok((block, labels))
}

fn sum_axis(block: &Block, axis: usize) -> Result<Block, KernelError> {
    crate::dispatch!(block.dtype(), T => {
        let view = block.view::<T>()?;
        let zero = <T as crate::Element>::ZERO;
        let sum = view.fold_axis(ndarray::Axis(axis), zero, |sum, &value| sum.plus(value));
        Ok(Block::from(sum))
    })
}

/// For each label of `out` the axis that has it.
pub(super) fn order_of(name: &str, labels: &[u8], out: &[u8]) -> Result<Extent, KernelError> {
    let axes = out.iter().map(|label| {
        let axis = labels.iter().position(|other| other == label);
        axis.ok_or_else(|| {
            KernelError::Program(format!(
                "{name}: the result has an axis that no block has: {label}"
            ))
        })
    });
    axes.collect()
}
