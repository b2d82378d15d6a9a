//! Blocks as rows along one axis.

use crate::block::{Block, Extent};
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::reduce::Ordered;
use ndarray::Axis;
use std::cmp::Ordering;

/// Blocks that lie behind each other along an axis, as one.
pub(super) fn joined(operation: &str, blocks: &[Block], axis: usize) -> Result<Block, KernelError> {
    let Some(first) = blocks.first() else {
        return Err(KernelError::Program(format!("{operation} of no blocks")));
    };
    if axis >= first.ndim() {
        let reason = format!("a block of {} axes has no axis {axis}", first.ndim());
        return Err(KernelError::value(operation, reason));
    }
    if blocks.len() == 1 {
        return Ok(first.clone());
    }
    crate::dispatch!(first.dtype(), T => {
        let views = blocks.iter().map(Block::view::<T>).collect::<Result<Vec<_>, _>>()?;
        match ndarray::concatenate(Axis(axis), &views) {
            Ok(whole) => Ok(Block::from(whole)),
            Err(_) => {
                let other = blocks.iter().find(|block| block.shape() != first.shape());
                Err(KernelError::Shapes {
                    operation: operation.to_owned(),
                    left: Shape(first.shape().into()),
                    right: Shape(other.unwrap_or(first).shape().into()),
                })
            }
        }
    })
}

/// The elements with one axis taken to the end.
pub(super) struct Lanes<T> {
    /// Row after row.
    pub(super) elements: Vec<T>,
    /// The length of a row.
    pub(super) len: usize,
    /// The lengths of the other axes.
    pub(super) others: Extent,
    axis: usize,
}

impl<T: Element> Lanes<T> {
    pub(super) fn of(block: &Block, axis: usize) -> Result<Self, KernelError> {
        let mut order: Extent = (0..block.ndim()).filter(|&other| other != axis).collect();
        let others = order.iter().map(|&other| block.shape()[other]).collect();
        order.push(axis);
        Ok(Self {
            elements: block.permuted(&order)?.into_vec::<T>()?,
            len: block.len_of(axis),
            others,
            axis,
        })
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> usize {
        self.others.iter().product()
    }

    /// The rows; as many empty ones as there are places if the axis has no elements.
    pub(super) fn rows(&mut self) -> impl Iterator<Item = &mut [T]> {
        let len = self.len;
        let mut rest = self.elements.as_mut_slice();
        (0..self.others.iter().product::<usize>()).map(move |_| {
            let (row, others) = std::mem::take(&mut rest).split_at_mut(len);
            rest = others;
            row
        })
    }

    /// Rows of a new length as a block with the axis at its place again.
    pub(super) fn block<U: Element>(&self, rows: Vec<U>, len: usize) -> Result<Block, KernelError> {
        let mut shape = self.others.clone();
        shape.push(len);
        let ndim = shape.len();
        let order: Extent = (0..ndim)
            .map(|at| match at.cmp(&self.axis) {
                Ordering::Less => at,
                Ordering::Equal => ndim - 1,
                Ordering::Greater => at - 1,
            })
            .collect();
        Block::new(rows, &shape)?.permuted(&order)
    }
}

/// The order in which numpy sorts: NaN after all others.
pub(super) fn compare<T: Ordered>(a: &T, b: &T) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) if a.less(*b) => Ordering::Less,
        (false, false) if b.less(*a) => Ordering::Greater,
        (a, b) => a.cmp(&b),
    }
}
