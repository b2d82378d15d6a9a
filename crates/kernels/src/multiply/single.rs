//! One block by the labels of its axes: diagonals, sums, and another order.

use super::{Labels, Ring};
use crate::block::{Block, Extent};
use crate::error::{KernelError, Shape};

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
    while let Some([axis, other]) = pair(&labels) {
        if block.len_of(axis) != block.len_of(other) {
            return Err(KernelError::value(
                name,
                format!(
                    "axes {axis} and {other} of a block of the shape {} have no diagonal",
                    Shape(block.shape().into())
                ),
            ));
        }
        // The diagonal becomes the last axis.
        block = block.diagonal([axis, other], 0)?;
        labels.remove(other);
        let label = labels.remove(axis);
        labels.push(label);
    }
    while let Some(axis) = labels.iter().position(|&label| !kept(label)) {
        block = sum_axis(&block, axis)?;
        labels.remove(axis);
    }
    Ok((block, labels))
}

/// Two axes of one label.
fn pair(labels: &[u8]) -> Option<[usize; 2]> {
    (0..labels.len()).find_map(|axis| {
        let after = labels[axis + 1..].iter();
        let other = after.copied().position(|label| label == labels[axis])?;
        Some([axis, axis + 1 + other])
    })
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
