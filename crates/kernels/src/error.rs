//! What can be wrong while kernels run.

use crate::block::Extent;
use crate::dtype::DType;

/// Why a kernel could not give its result. Every text names the operation and what it met.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// Blocks of shapes that do not go together.
    #[error("{operation}: blocks of the shapes {left} and {right} do not go together")]
    Shapes {
        /// What was to be computed.
        operation: String,
        /// The one shape.
        left: Shape,
        /// The other shape.
        right: Shape,
    },
    /// Arrays that were taken as cut alike, and are not.
    #[error(
        "{operation}: {left} and {right} are cut differently: block {block} has {left_len} elements \
         along axis {axis} in the one and {right_len} in the other; they may have been declared \
         aligned (`assume_aligned`) or were given wrong chunks"
    )]
    Misaligned {
        /// What was to be computed.
        operation: String,
        /// The name of the one array.
        left: String,
        /// The name of the other.
        right: String,
        /// Which block.
        block: Shape,
        /// Which axis.
        axis: usize,
        /// The length of the one along the axis.
        left_len: usize,
        /// The length of the other.
        right_len: usize,
    },
    /// A dtype that the operation is not for.
    #[error("{operation} is not for {dtype}")]
    DType {
        /// What was to be computed.
        operation: String,
        /// On which dtype.
        dtype: DType,
    },
    /// A reduction that has no answer for no elements.
    #[error("zero-size array: {operation} of no elements has no answer")]
    ZeroSize {
        /// The reduction.
        operation: String,
    },
    /// Numbers that the dtype cannot hold.
    #[error("{operation}: {count} of the values are NaN or infinite and cannot be {dtype}")]
    NotFinite {
        /// What was to be computed.
        operation: String,
        /// How many values.
        count: usize,
        /// The dtype that was asked for.
        dtype: DType,
    },
    /// A matrix that cannot be inverted or factored.
    #[error("{operation}: {reason}")]
    Matrix {
        /// What was to be computed.
        operation: String,
        /// What is wrong with the matrix.
        reason: String,
    },
    /// An index outside of its axis.
    #[error("{operation}: index {index} is out of bounds for axis {axis} with {len} elements")]
    Bounds {
        /// What was to be computed.
        operation: String,
        /// The index.
        index: i64,
        /// Which axis.
        axis: usize,
        /// The length of the axis.
        len: usize,
    },
    /// Something else about the values.
    #[error("{operation}: {reason}")]
    Value {
        /// What was to be computed.
        operation: String,
        /// What is wrong.
        reason: String,
    },
    /// A program that cannot be run: it was not made by this version of the library.
    #[error("this is no program of array kernels: {0}")]
    Program(String),
}

impl KernelError {
    /// Something about the values.
    pub fn value(operation: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Value {
            operation: operation.into(),
            reason: reason.into(),
        }
    }
}

/// A shape or the place of a block, as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape(pub Extent);

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(")?;
        for (at, len) in self.0.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{len}")?;
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}
