//! The same elements in another shape or arrangement.
//!
//! What only looks at the same elements in another way ([`Block::permuted`], [`Block::broadcast`],
//! parts, diagonals) copies nothing. What puts parts together is one kernel, [`Assemble`]: rechunking,
//! concatenation, padding, rolling, flipping and the halos of stencils are all lists of parts per
//! axis.

mod assemble;
mod diagonal;
mod lengths;
mod repeat;
mod triangle;

pub use assemble::{Assemble, Cut, Fill, Purpose};
pub use lengths::Len;
pub use repeat::Times;

use crate::block::{Block, Extent};
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, one, single};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// The same elements in another shape or arrangement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reshape {
    /// The axes in another order: axis `i` of the result is axis `order[i]`.
    Transpose {
        /// The order.
        order: Extent,
    },
    /// Axes of length 1 added and taken away: axis `i` of the result is the axis `axes[i]`, or a new
    /// one. As [`Block::with_axes`].
    Axes {
        /// Which axis of the block each one is.
        axes: SmallVec<[Option<usize>; 4]>,
    },
    /// The elements in C order in another shape.
    Shape {
        /// The lengths of the axes.
        shape: SmallVec<[Len; 4]>,
    },
    /// Stretched, as [`Block::broadcast`]; [`Len::Of`] counts the axes of the block.
    Broadcast {
        /// The lengths of the axes.
        shape: SmallVec<[Len; 4]>,
    },
    /// Parts of blocks put together.
    Assemble(Box<Assemble>),
    /// Each element several times along an axis.
    Repeat {
        /// The axis.
        axis: usize,
        /// How often each element.
        times: Times,
    },
    /// Zeros on one side of a diagonal of the last two axes.
    Triangle {
        /// Whether what is above the diagonal is kept (or what is below).
        upper: bool,
        /// The diagonal: that of the elements at `(i, i + diagonal)`. It is kept too.
        diagonal: i64,
    },
    /// The elements along a diagonal of two axes as a new last axis, as [`Block::diagonal`].
    Diagonal {
        /// The two axes.
        axes: [usize; 2],
        /// Which diagonal: that of the elements at `(i, i + offset)`.
        offset: i64,
    },
    /// Zeros with the elements of the block, which has one axis, along a diagonal.
    OnDiagonal {
        /// The two lengths of the result.
        shape: [usize; 2],
        /// Which diagonal: that of the elements at `(i, i + offset)`.
        offset: i64,
    },
}

impl Reshape {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Transpose { .. } => "transpose",
            Self::Axes { .. } => "axes",
            Self::Shape { .. } => "reshape",
            Self::Broadcast { .. } => "broadcast_to",
            Self::Assemble(assemble) => assemble.name(),
            Self::Repeat { .. } => "repeat",
            Self::Triangle { upper: true, .. } => "triu",
            Self::Triangle { upper: false, .. } => "tril",
            Self::Diagonal { .. } => "diagonal",
            Self::OnDiagonal { .. } => "diag",
        }
    }

    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Transpose { .. }
            | Self::Axes { .. }
            | Self::Shape { .. }
            | Self::Broadcast { .. }
            | Self::Triangle { .. }
            | Self::Diagonal { .. } => Class::Inline,
            Self::Assemble(assemble) => assemble.class(),
            Self::Repeat { .. } | Self::OnDiagonal { .. } => Class::Task,
        }
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        if let Self::Assemble(assemble) = self {
            return Ok(single(assemble.run(inputs)?));
        }
        let block = one(self.name(), inputs)?;
        let made = match self {
            Self::Transpose { order } => block.permuted(order),
            Self::Axes { axes } => block.with_axes(axes),
            Self::Shape { shape } => lengths::reshaped(&block, shape),
            Self::Broadcast { shape } => lengths::broadcast(&block, shape),
            Self::Assemble(assemble) => assemble.run(vec![block]),
            Self::Repeat { axis, times } => repeat::repeated(block, *axis, times),
            Self::Triangle { upper, diagonal } => triangle::kept(block, *upper, *diagonal),
            Self::Diagonal { axes, offset } => block.diagonal(*axes, *offset),
            Self::OnDiagonal { shape, offset } => diagonal::matrix(block, *shape, *offset),
        };
        Ok(single(made?))
    }
}
