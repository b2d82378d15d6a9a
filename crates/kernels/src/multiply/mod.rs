//! Products of matrices and tensors, as sums over axes with labels.
//!
//! Every axis has a label, as in `einsum`: an axis whose label both blocks have and the result has
//! not is summed over; one that both and the result have is gone through side by side; all others
//! are crossed. So one kernel is `dot`, `matmul`, `tensordot`, `outer`, `inner` and `einsum`.

mod contract;
mod matrix;
mod ring;
mod single;

#[cfg(test)]
mod tests;

pub(crate) use ring::Ring;

use crate::block::{Block, Extent};
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, one, single};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// The labels of a block's axes.
pub type Labels = SmallVec<[u8; 8]>;

/// What was taken as cut alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// The name of the left array.
    pub left: String,
    /// The name of the right one.
    pub right: String,
    /// Which block of the result is made.
    pub block: Extent,
}

/// Products of matrices and tensors.
///
/// All blocks of one product have one dtype, and the result has it too: integers wrap, and truth
/// values are joined by "and" and summed by "or", as in numpy's `matmul`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Multiply {
    /// The sum of the products of pairs of blocks: first left, first right, second left, and so on.
    Contract {
        /// The labels of each left block's axes.
        left: Labels,
        /// The labels of each right block's axes.
        right: Labels,
        /// The labels of the result's axes, each at most once.
        out: Labels,
        /// For axes of unknown length: what to say if blocks do not fit.
        matched: Option<Box<Matched>>,
    },
    /// One block: axes of equal labels become their diagonal, axes whose label the result lacks are
    /// summed, the others are put in the result's order.
    Single {
        /// The labels of the block's axes.
        labels: Labels,
        /// The labels of the result's axes, each at most once.
        out: Labels,
    },
    /// The sum of blocks of one shape, such as products of parts of a summed axis.
    Add,
}

impl Multiply {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Contract { .. } => "multiply",
            Self::Single { .. } => "einsum",
            Self::Add => "add-products",
        }
    }

    pub(crate) fn class(&self) -> Class {
        Class::Task
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let name = self.name();
        match self {
            Self::Contract {
                left,
                right,
                out,
                matched,
            } => {
                let labels = [left, right, out];
                contract::contract(name, labels, matched.as_deref(), inputs).map(single)
            }
            Self::Single { labels, out } => {
                single::arrange(name, labels, out, one(name, inputs)?).map(single)
            }
            Self::Add => add(name, inputs).map(single),
        }
    }
}

/// The sum of blocks of one shape and dtype, in the order given.
fn add(name: &str, inputs: Vec<Block>) -> Result<Block, KernelError> {
    let mut inputs = inputs.into_iter();
    let first = inputs
        .next()
        .ok_or_else(|| KernelError::Program(format!("{name} was given no block")))?;
    let rest: Vec<Block> = inputs.collect();
    for other in &rest {
        alike(name, &first, other)?;
        if other.shape() != first.shape() {
            return Err(shapes(name, &first, other));
        }
    }
    crate::dispatch!(first.dtype(), T => {
        let mut sum = first.into_array::<T>()?;
        for other in rest {
            sum.zip_mut_with(&other.view::<T>()?, |sum, &value| *sum = sum.plus(value));
        }
        Ok(Block::from(sum))
    })
}

/// That two blocks have one dtype.
fn alike(name: &str, left: &Block, right: &Block) -> Result<(), KernelError> {
    if left.dtype() == right.dtype() {
        return Ok(());
    }
    Err(KernelError::Program(format!(
        "{name} takes blocks of one dtype and was given {} and {}",
        left.dtype(),
        right.dtype()
    )))
}

fn shapes(name: &str, left: &Block, right: &Block) -> KernelError {
    KernelError::Shapes {
        operation: name.to_owned(),
        left: crate::error::Shape(left.shape().into()),
        right: crate::error::Shape(right.shape().into()),
    }
}
