//! Fewer elements along some axes: sums, products, means, variances, least and greatest.
//!
//! A reduction of a chunked array is a tree: each block gives a *state*, states are merged, and the
//! last state gives the result. A state is one or a few blocks with the reduced axes kept as axes of
//! length 1; it carries counts, so that an empty block changes nothing.

mod convert;
mod fold;
mod layout;
mod moments;
mod monoid;
mod place;
mod reduction;

pub(crate) use convert::{as_float64, narrowed};
pub use layout::Axes;
pub(crate) use monoid::{Monoid, NanProd, NanSum, Ordered, Prod, Sum};
pub use reduction::{Reduction, What};

use crate::block::{Block, Extent};
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, one, single};
use serde::{Deserialize, Serialize};

/// One step of a reduction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reduce {
    /// A block becomes the result.
    Whole(Reduction),
    /// A block becomes a state of [`Reduction::parts`] blocks.
    Partial(Reduction),
    /// The states of a box of blocks become one. They come in C order of the box, the parts of a state
    /// after each other.
    Merge(Reduction, Extent),
    /// As `Merge`, and the one state becomes the result.
    Finish(Reduction, Extent),
}

impl Reduce {
    fn reduction(&self) -> &Reduction {
        match self {
            Self::Whole(reduction)
            | Self::Partial(reduction)
            | Self::Merge(reduction, _)
            | Self::Finish(reduction, _) => reduction,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.reduction().name()
    }

    /// The reduction, if its input may come in bands along a reduced axis, whose states are merged in
    /// any shape: all but those that give places.
    pub(crate) fn in_bands(&self) -> Option<&Reduction> {
        match self {
            Self::Whole(reduction) | Self::Partial(reduction) => {
                let places = matches!(reduction.what, What::ArgMin | What::ArgMax);
                (!places).then_some(reduction)
            }
            Self::Merge(..) | Self::Finish(..) => None,
        }
    }

    /// What it gives of the states of the bands of its input.
    ///
    /// # Errors
    /// If these are not such states.
    pub(crate) fn of_states(
        &self,
        reduction: &Reduction,
        states: &[Block],
    ) -> Result<Outputs, KernelError> {
        let bands = states.len() / reduction.parts().max(1);
        let state = reduction.merge(&[bands], states)?;
        match self {
            Self::Whole(_) => Ok(single(reduction.finish(&state)?)),
            _ => Ok(state),
        }
    }

    pub(crate) fn class(&self) -> Class {
        Class::Task
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        match self {
            Self::Whole(reduction) => {
                let state = reduction.partial(&one(self.name(), inputs)?)?;
                Ok(single(reduction.finish(&state)?))
            }
            Self::Partial(reduction) => reduction.partial(&one(self.name(), inputs)?),
            Self::Merge(reduction, grid) => reduction.merge(grid, &inputs),
            Self::Finish(reduction, grid) => {
                let state = reduction.merge(grid, &inputs)?;
                Ok(single(reduction.finish(&state)?))
            }
        }
    }
}

#[cfg(test)]
mod tests;
