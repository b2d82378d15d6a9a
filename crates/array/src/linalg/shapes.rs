//! Matrices and vectors: what arrays have to be to be taken for one, and the way between them.

use super::blocks::cast;
use super::product::shape_of;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use taskloom_kernels::index::{Cut, Index};
use taskloom_kernels::shape::Reshape;
use taskloom_kernels::{DType, Kernel};

/// The dtype that numpy's linear algebra computes in: `float64` for what is not inexact.
pub(super) fn inexact(dtype: DType) -> DType {
    if dtype.is_inexact() {
        dtype
    } else {
        DType::F64
    }
}

/// A matrix in the dtype that its factors are computed in.
///
/// # Errors
/// If it is in the failed state or has not two axes.
pub(super) fn matrix(operation: &str, array: &Array) -> Result<Array> {
    array.check()?;
    if array.ndim() != 2 {
        let reason = format!("an array of {} axes is no matrix", array.ndim());
        return Err(ArrayError::value(operation, reason));
    }
    Ok(cast(array, inexact(array.dtype())))
}

/// A square matrix whose columns are cut as its rows are.
///
/// # Errors
/// If it is none or of unknown chunk sizes.
pub(super) fn square(operation: &str, array: &Array) -> Result<Array> {
    let array = matrix(operation, array)?;
    if let Some(axis) = array.axes().iter().position(|axis| !axis.is_known()) {
        return Err(array.unknown(operation, axis));
    }
    let rows = array.axes()[0].clone();
    if rows.len() != array.axes()[1].len() {
        return Err(ArrayError::value(
            operation,
            format!("a matrix of the shape {} is not square", shape_of(&array)),
        ));
    }
    array.rechunk_to(operation, &[rows.clone(), rows])
}

/// The first elements along an axis of one block.
pub(super) fn first(array: &Array, axis: usize, len: usize) -> Array {
    let mut axes = array.axes().to_vec();
    let mut cuts: taskloom_kernels::index::Cuts = vec![Cut::All; array.ndim()].into();
    cuts[axis] = Cut::Range {
        start: 0,
        len,
        step: 1,
    };
    axes[axis] = Axis::single(len);
    let kernel = Kernel::Index(Index::Slice { cuts, part: false });
    let layer = Reformed {
        name: "first",
        kernel,
    };
    Array::from_layer(layer, &[array], array.dtype(), axes)
}

/// A vector as a matrix of one column.
pub(super) fn column(array: &Array) -> Array {
    let axes = array.axes().iter().cloned().chain([Axis::single(1)]);
    let kernel = Kernel::Reshape(Reshape::Axes {
        axes: [Some(0), None].into_iter().collect(),
    });
    let layer = Reformed {
        name: "column",
        kernel,
    };
    Array::from_layer(layer, &[array], array.dtype(), axes)
}

/// A matrix of one column as a vector.
pub(super) fn vector(array: &Array) -> Array {
    let axes = array.axes().iter().take(1).cloned();
    let kernel = Kernel::Reshape(Reshape::Axes {
        axes: [Some(0)].into_iter().collect(),
    });
    let layer = Reformed {
        name: "vector",
        kernel,
    };
    Array::from_layer(layer, &[array], array.dtype(), axes)
}

/// A kernel on each block, where the grid keeps its order: axes that come or go have one block.
struct Reformed {
    name: &'static str,
    kernel: Kernel,
}

impl Layer for Reformed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        // Of all axes but one there is one block, or the others are cut as they were.
        let block = at.iter().copied().max().unwrap_or(0);
        BlockTask::kernel(self.kernel.clone(), [BlockRef::new(0, block)])
    }
}
