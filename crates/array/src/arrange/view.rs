//! The same blocks with their axes in another order, with new ones and without some.

use crate::array::{Array, axis_of};
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer, Look};
use crate::registry::{OnUnknown, Operation};
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_kernels::Kernel;
use taskloom_kernels::shape::Reshape;

/// The entry of an operation of this module.
const fn entry(name: &'static str, unknown: &'static str, summary: &'static str) -> Operation {
    Operation {
        name,
        group: "Shape",
        numpy: name,
        dask: name,
        dtype: "that of the array",
        unknown: OnUnknown::Works(unknown),
        empty: "as others",
        summary,
    }
}

const MOVES: &str = "axes keep their cuts where they go";

pub(crate) const OPERATIONS: &[Operation] = &[
    entry("transpose", MOVES, "The axes in another order"),
    entry("moveaxis", MOVES, "One axis at another place"),
    entry("swapaxes", MOVES, "Two axes exchanged"),
    entry("expand_dims", "the others stay", "A new axis of length 1"),
    entry(
        "squeeze",
        "the others stay; only axes known to have length 1 are taken away",
        "Without axes of length 1",
    ),
    entry("atleast_1d", "they stay", "With at least one axis"),
    entry("atleast_2d", "they stay", "With at least two axes"),
    entry("atleast_3d", "they stay", "With at least three axes"),
];

/// One kernel that looks at each block in another way.
struct View {
    name: &'static str,
    kernel: Reshape,
    /// The same, as each block's task takes it.
    work: Arc<Kernel>,
    /// Per axis of the input its number of blocks, and the axis of the result that it becomes.
    from: SmallVec<[(usize, Option<usize>); 4]>,
}

impl Layer for View {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let number = self.from.iter().fold(0, |number, &(blocks, axis)| {
            let place = axis.and_then(|axis| at.get(axis)).copied().unwrap_or(0);
            number * blocks + place
        });
        BlockTask::kernel(self.work.clone(), [BlockRef::new(0, number)])
    }

    fn look(&self) -> Option<Look> {
        match &self.kernel {
            Reshape::Transpose { order } => {
                Some(Look::Axes(order.iter().copied().map(Some).collect()))
            }
            Reshape::Axes { axes } => Some(Look::Axes(axes.clone())),
            _ => None,
        }
    }
}

impl Array {
    /// The array with these axes: each one of its own, or a new one of length 1. Axes that are left
    /// out have one block of length 1.
    fn view(&self, name: &'static str, kernel: Reshape, axes: &[Option<usize>]) -> Self {
        let from = self.axes().iter().enumerate().map(|(axis, cut)| {
            let becomes = axes.iter().position(|&from| from == Some(axis));
            (cut.blocks(), becomes)
        });
        let layer = View {
            name,
            work: Arc::new(Kernel::Reshape(kernel.clone())),
            kernel,
            from: from.collect(),
        };
        let axes = axes.iter().map(|from| match from {
            Some(axis) => self.axes()[*axis].clone(),
            None => Axis::single(1),
        });
        let axes: Vec<Axis> = axes.collect();
        Self::from_layer(layer, &[self], self.dtype(), axes)
    }

    fn in_order(&self, name: &'static str, order: &[usize]) -> Self {
        if order.iter().enumerate().all(|(at, &axis)| at == axis) {
            return self.clone();
        }
        let kernel = Reshape::Transpose {
            order: order.into(),
        };
        let axes: Vec<Option<usize>> = order.iter().copied().map(Some).collect();
        self.view(name, kernel, &axes)
    }

    /// As [`Look::Axes`] says: the axes in another order, with new ones and without some of length 1.
    pub(crate) fn looked_at(&self, axes: &[Option<usize>]) -> Self {
        let order: Option<Vec<usize>> = axes.iter().copied().collect();
        match order.filter(|order| order.len() == self.ndim()) {
            Some(order) => self.in_order("transpose", &order),
            None => self.with_axes("with_axes", axes),
        }
    }

    fn with_axes(&self, name: &'static str, axes: &[Option<usize>]) -> Self {
        let kernel = Reshape::Axes { axes: axes.into() };
        self.view(name, kernel, axes)
    }

    /// The array with its axes in the opposite order: rows become columns. Nothing is copied.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[1, 2, 3], [4, 5, 6]], Chunks::of([1, 2]))?;
    /// assert_eq!(x.t().to_local_here::<i32>()?, ndarray::array![[1, 4], [2, 5], [3, 6]].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    pub fn t(&self) -> Self {
        if self.check().is_err() {
            return self.clone();
        }
        let order: Vec<usize> = (0..self.ndim()).rev().collect();
        self.in_order("transpose", &order)
    }

    /// The array with its axes in another order: axis `i` of the result is axis `axes[i]`; negative
    /// numbers count from the last.
    ///
    /// # Errors
    /// If the array is in the failed state, or `axes` does not name each axis once.
    pub fn transpose(&self, axes: impl IntoIterator<Item = isize>) -> Result<Self> {
        self.good()?;
        let order: Vec<usize> = axes
            .into_iter()
            .map(|axis| self.axis_of("transpose", axis))
            .collect::<Result<_>>()?;
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.ndim()) {
            return Err(ArrayError::value(
                "transpose",
                format!("{order:?} is no order of the {} axes", self.ndim()),
            ));
        }
        Ok(self.in_order("transpose", &order))
    }

    /// The array with one axis at another place; the others keep their order.
    ///
    /// # Errors
    /// If the array is in the failed state or has no such axes.
    pub fn moveaxis(&self, source: isize, target: isize) -> Result<Self> {
        self.good()?;
        let source = self.axis_of("moveaxis", source)?;
        let target = self.axis_of("moveaxis", target)?;
        let mut order: Vec<usize> = (0..self.ndim()).filter(|&axis| axis != source).collect();
        order.insert(target, source);
        Ok(self.in_order("moveaxis", &order))
    }

    /// The array with two axes exchanged.
    ///
    /// # Errors
    /// If the array is in the failed state or has no such axes.
    pub fn swapaxes(&self, one: isize, other: isize) -> Result<Self> {
        self.good()?;
        let one = self.axis_of("swapaxes", one)?;
        let other = self.axis_of("swapaxes", other)?;
        let mut order: Vec<usize> = (0..self.ndim()).collect();
        order.swap(one, other);
        Ok(self.in_order("swapaxes", &order))
    }

    /// The array with a new axis of length 1, which becomes the axis with this number.
    ///
    /// # Errors
    /// If the array is in the failed state, or the number is beyond its axes and one more.
    pub fn expand_dims(&self, axis: isize) -> Result<Self> {
        self.good()?;
        let axis = axis_of("expand_dims", axis, self.ndim() + 1)?;
        let mut axes: Vec<Option<usize>> = (0..self.ndim()).map(Some).collect();
        axes.insert(axis, None);
        Ok(self.with_axes("expand_dims", &axes))
    }

    /// The array without its axes that are known to have length 1.
    ///
    /// # Errors
    /// If the array is in the failed state.
    pub fn squeeze(&self) -> Result<Self> {
        self.good()?;
        let ones = self.axes().iter().enumerate();
        let ones = ones.filter(|(_, axis)| axis.len() == Some(1));
        self.without(&ones.map(|(at, _)| at).collect::<Vec<usize>>())
    }

    /// The array without one axis of length 1.
    ///
    /// # Errors
    /// If the array is in the failed state, has no such axis, or the axis has another length or one
    /// that is not known.
    pub fn squeeze_axis(&self, axis: isize) -> Result<Self> {
        self.good()?;
        let axis = self.axis_of("squeeze", axis)?;
        match self.axes()[axis].len() {
            Some(1) => self.without(&[axis]),
            Some(len) => Err(ArrayError::value(
                "squeeze",
                format!("axis {axis} has the length {len}, and only axes of length 1 can go"),
            )),
            None => Err(self.unknown("squeeze", axis)),
        }
    }

    /// Without these axes, which have length 1.
    fn without(&self, axes: &[usize]) -> Result<Self> {
        if axes.is_empty() {
            return Ok(self.clone());
        }
        // The one element may stand among blocks without elements.
        let mut whole = self.clone();
        for &axis in axes {
            whole = whole.gathered(axis);
        }
        let kept: Vec<Option<usize>> = (0..self.ndim())
            .filter(|axis| !axes.contains(axis))
            .map(Some)
            .collect();
        Ok(whole.with_axes("squeeze", &kept))
    }

    /// The array, with an axis if it had none.
    ///
    /// # Errors
    /// If the array is in the failed state.
    pub fn atleast_1d(&self) -> Result<Self> {
        self.good()?;
        match self.ndim() {
            0 => Ok(self.with_axes("atleast_1d", &[None])),
            _ => Ok(self.clone()),
        }
    }

    /// The array with at least two axes: those that are added come first.
    ///
    /// # Errors
    /// If the array is in the failed state.
    pub fn atleast_2d(&self) -> Result<Self> {
        self.good()?;
        match self.ndim() {
            0 => Ok(self.with_axes("atleast_2d", &[None, None])),
            1 => Ok(self.with_axes("atleast_2d", &[None, Some(0)])),
            _ => Ok(self.clone()),
        }
    }

    /// The array with at least three axes, by numpy's rule: one axis becomes the second of three, two
    /// become the first two.
    ///
    /// # Errors
    /// If the array is in the failed state.
    pub fn atleast_3d(&self) -> Result<Self> {
        self.good()?;
        match self.ndim() {
            0 => Ok(self.with_axes("atleast_3d", &[None, None, None])),
            1 => Ok(self.with_axes("atleast_3d", &[None, Some(0), None])),
            2 => Ok(self.with_axes("atleast_3d", &[Some(0), Some(1), None])),
            _ => Ok(self.clone()),
        }
    }
}
