//! Grids of coordinates.

use crate::array::Array;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::Axes;
use taskloom_kernels::make::{Grid, Make};
use taskloom_kernels::{Extent, Kernel};

/// Which axis of a grid belongs to which array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexing {
    /// As coordinates of a plane: the first array runs along axis 1, the second along axis 0, the
    /// others along the axes of their places. numpy's default.
    #[default]
    Xy,
    /// As indices of a matrix: each array runs along the axis of its place.
    Ij,
}

impl Array {
    /// The coordinates of a grid: for each of the arrays, which have one axis each, an array with an
    /// axis per array that has its values along its own axis.
    ///
    /// ```
    /// use taskloom_array::{Array, Indexing};
    ///
    /// let (x, y) = (Array::arange(0, 3, 1, [2]), Array::arange(0, 2, 1, [2]));
    /// let grids = Array::meshgrid(&[&x, &y], Indexing::Xy)?;
    /// assert_eq!(grids[0].to_local_here::<i64>()?, ndarray::array![[0, 1, 2], [0, 1, 2]].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If an array has not one axis, or is in the failed state.
    pub fn meshgrid(arrays: &[&Self], indexing: Indexing) -> Result<Vec<Self>> {
        if let Some(array) = arrays.iter().find(|array| array.ndim() != 1) {
            array.check()?;
            let reason = format!(
                "is of arrays of one axis, and {} has {}",
                array.name(),
                array.ndim()
            );
            return Err(ArrayError::value("meshgrid", reason));
        }
        let mut order: Extent = (0..arrays.len()).collect();
        if let (Indexing::Xy, [first, second, ..]) = (indexing, order.as_mut_slice()) {
            std::mem::swap(first, second);
        }
        let axes: Axes = order
            .iter()
            .flat_map(|&at| arrays[at].axes())
            .cloned()
            .collect();
        let grids = arrays.iter().enumerate().map(|(at, array)| {
            let axis = order.iter().position(|&other| other == at).unwrap_or(at);
            let layer = Coordinates {
                grid: Grid {
                    lengths: order.clone(),
                    axis,
                },
            };
            let grid = Self::from_layer(layer, arrays, array.dtype(), axes.iter().cloned());
            grid.check()?;
            Ok(grid)
        });
        grids.collect()
    }
}

struct Coordinates {
    grid: Grid,
}

impl Layer for Coordinates {
    fn name(&self) -> &'static str {
        "meshgrid"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.grid);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        // The inputs in their order: the block of each is at the place of its axis.
        let inputs = (0..at.len()).map(|input| {
            let axis = self.grid.lengths.iter().position(|&other| other == input);
            BlockRef::new(
                input,
                axis.and_then(|axis| at.get(axis)).copied().unwrap_or(0),
            )
        });
        BlockTask::kernel(Kernel::Make(Make::Grid(self.grid.clone())), inputs)
    }
}
