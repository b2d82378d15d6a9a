//! What looks at whole rows along an axis: sorting and exact quantiles. The blocks of a row come
//! together in one task, so this works on unknown axes too.

use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes as NodeAxes, number};
use crate::reduce::Over;
use smallvec::SmallVec;
use taskloom_kernels::order::{Interpolation, Order, Quantiles};
use taskloom_kernels::{DType, Kernel};

/// Which quantiles are wanted: one number from 0 to 1, or several, which give an axis of their own.
///
/// ```
/// use taskloom_array::{Array, Chunks, Interpolation, Quantile};
///
/// let x = Array::from_ndarray(&ndarray::array![4.0, 1.0, 3.0, 2.0], Chunks::of([3]))?;
/// assert_eq!(x.quantile(0.5, 0).to_local_here::<f64>()?[[]], 2.5);
/// let ends = x.quantile([0.0, 1.0], 0).to_local_here::<f64>()?;
/// assert_eq!(ends, ndarray::array![1.0, 4.0].into_dyn());
/// let lower = Quantile::from(0.5).interpolation(Interpolation::Lower);
/// assert_eq!(x.quantile(lower, 0).to_local_here::<f64>()?[[]], 2.0);
/// # Ok::<(), taskloom_array::ArrayError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Quantile {
    at: Vec<f64>,
    several: bool,
    interpolation: Interpolation,
}

impl Quantile {
    /// What a quantile between two elements is; without this, on the line between them.
    #[must_use]
    pub fn interpolation(mut self, interpolation: Interpolation) -> Self {
        self.interpolation = interpolation;
        self
    }

    /// As parts of a hundred.
    fn percent(mut self) -> Self {
        self.at.iter_mut().for_each(|at| *at /= 100.0);
        self
    }

    /// The quantiles, if they are from 0 to 1.
    pub(super) fn checked(&self, operation: &str) -> Result<&[f64]> {
        // Written so that NaN is outside.
        let outside = |&&q: &&f64| !(0.0..=1.0).contains(&q);
        if let Some(q) = self.at.iter().find(outside) {
            let reason = format!("quantiles are from 0 to 1 (percentiles to 100), and one is {q}");
            return Err(ArrayError::value(operation, reason));
        }
        if self.at.is_empty() {
            return Err(ArrayError::value(operation, "there are no quantiles"));
        }
        Ok(&self.at)
    }

    pub(super) fn is_several(&self) -> bool {
        self.several
    }

    pub(super) fn way(&self) -> Interpolation {
        self.interpolation
    }
}

impl From<f64> for Quantile {
    fn from(at: f64) -> Self {
        Self {
            several: false,
            ..Self::from(vec![at])
        }
    }
}

impl From<Vec<f64>> for Quantile {
    fn from(at: Vec<f64>) -> Self {
        Self {
            at,
            several: true,
            interpolation: Interpolation::Linear,
        }
    }
}

impl<const N: usize> From<[f64; N]> for Quantile {
    fn from(at: [f64; N]) -> Self {
        Self::from(at.to_vec())
    }
}

impl Array {
    /// The elements sorted along an axis, NaN at the end; the cut stays.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![3, 1, 2], Chunks::of([2]))?;
    /// assert_eq!(x.sort(0).to_local_here::<i32>()?, ndarray::array![1, 2, 3].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn sort(&self, axis: isize) -> Self {
        Self::or_failed(self.sorted(axis), Some(self))
    }

    fn sorted(&self, axis: isize) -> Result<Self> {
        let axis = self.good()?.axis_of("sort", axis)?;
        let blocks = self.axes()[axis].blocks();
        let rows = Rows {
            kernel: Order::Sort { axis },
            axis,
            outputs: u32::try_from(blocks).unwrap_or(u32::MAX),
            added: 0,
            kept: true,
            axes: self.axes().into(),
        };
        let axes = self.axes().to_vec();
        if blocks == 1 {
            return Ok(Self::from_layer(rows, &[self], self.dtype(), axes));
        }
        let mut together = axes.clone();
        together[axis] = Axis::opaque(1);
        let sorted = Self::from_layer(rows, &[self], self.dtype(), together.clone());
        let apart = Apart {
            axis,
            axes: together.into(),
        };
        Ok(Self::from_layer(apart, &[&sorted], self.dtype(), axes))
    }

    /// The exact median of a 1-d array; NaN of no elements. See [`Array::median_over`].
    #[must_use]
    #[track_caller]
    pub fn median(&self) -> Self {
        self.median_over(Over::all())
    }

    /// The exact median along an axis. All blocks along it come together in one task.
    #[must_use]
    #[track_caller]
    pub fn median_over(&self, over: impl Into<Over>) -> Self {
        Self::or_failed(
            self.quantiles("median", None, &over.into(), false),
            Some(self),
        )
    }

    /// The median of what is not NaN, of a 1-d array.
    #[must_use]
    #[track_caller]
    pub fn nanmedian(&self) -> Self {
        self.nanmedian_over(Over::all())
    }

    /// The median of what is not NaN, along an axis.
    #[must_use]
    #[track_caller]
    pub fn nanmedian_over(&self, over: impl Into<Over>) -> Self {
        let over = over.into();
        Self::or_failed(self.quantiles("nanmedian", None, &over, true), Some(self))
    }

    /// The exact quantiles along an axis. Several give an axis, the first of the result. All blocks
    /// along the axis come together in one task; for all elements of a large array there is
    /// [`Array::approximate_quantile`]. NaN if there is one, or no element.
    #[must_use]
    #[track_caller]
    pub fn quantile(&self, q: impl Into<Quantile>, over: impl Into<Over>) -> Self {
        let (q, over) = (q.into(), over.into());
        Self::or_failed(
            self.quantiles("quantile", Some(q), &over, false),
            Some(self),
        )
    }

    /// The quantiles of what is not NaN.
    #[must_use]
    #[track_caller]
    pub fn nanquantile(&self, q: impl Into<Quantile>, over: impl Into<Over>) -> Self {
        let (q, over) = (q.into(), over.into());
        Self::or_failed(
            self.quantiles("nanquantile", Some(q), &over, true),
            Some(self),
        )
    }

    /// As [`Array::quantile`], in parts of a hundred.
    #[must_use]
    #[track_caller]
    pub fn percentile(&self, q: impl Into<Quantile>, over: impl Into<Over>) -> Self {
        let (q, over) = (q.into().percent(), over.into());
        Self::or_failed(
            self.quantiles("percentile", Some(q), &over, false),
            Some(self),
        )
    }

    /// As [`Array::nanquantile`], in parts of a hundred.
    #[must_use]
    #[track_caller]
    pub fn nanpercentile(&self, q: impl Into<Quantile>, over: impl Into<Over>) -> Self {
        let (q, over) = (q.into().percent(), over.into());
        Self::or_failed(
            self.quantiles("nanpercentile", Some(q), &over, true),
            Some(self),
        )
    }

    /// Quantiles, or the median without them.
    fn quantiles(
        &self,
        operation: &str,
        q: Option<Quantile>,
        over: &Over,
        skip_nan: bool,
    ) -> Result<Self> {
        let (axis, keepdims) = over.one(operation, self)?;
        if self.dtype().is_complex() || (self.dtype() == DType::Bool && q.is_some()) {
            return Err(ArrayError::DType {
                operation: operation.to_owned(),
                dtype: self.dtype(),
                reason: String::new(),
            });
        }
        let quantiles = Quantiles {
            at: match &q {
                Some(q) => q.checked(operation)?.to_vec(),
                None => Vec::new(),
            },
            several: q.as_ref().is_some_and(Quantile::is_several),
            interpolation: q.as_ref().map_or_else(Default::default, Quantile::way),
            axis,
            keepdims,
            skip_nan,
        };
        let mut axes = self.axes().to_vec();
        match keepdims {
            true => axes[axis] = Axis::single(1),
            false => {
                axes.remove(axis);
            }
        }
        if quantiles.several {
            axes.insert(0, Axis::single(quantiles.at.len()));
        }
        let dtype = quantiles.result_dtype(self.dtype());
        let rows = Rows {
            axis,
            outputs: 1,
            added: usize::from(quantiles.several),
            kept: keepdims,
            kernel: Order::Quantiles(quantiles),
            axes: self.axes().into(),
        };
        Ok(Self::from_layer(rows, &[self], dtype, axes))
    }
}

/// All blocks along an axis in one task.
struct Rows {
    kernel: Order,
    axis: usize,
    outputs: u32,
    /// How many axes the result has in front.
    added: usize,
    /// Whether the result has the axis.
    kept: bool,
    /// Of the input.
    axes: NodeAxes,
}

impl Layer for Rows {
    fn name(&self) -> &'static str {
        match self.kernel {
            Order::Sort { .. } => "sort",
            _ => "quantile",
        }
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel);
    }

    fn outputs(&self) -> u32 {
        self.outputs
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let mut place: SmallVec<[usize; 4]> = at.iter().skip(self.added).copied().collect();
        if !self.kept {
            place.insert(self.axis, 0);
        }
        let row = (0..self.axes[self.axis].blocks()).map(|along| {
            place[self.axis] = along;
            BlockRef::new(0, number(&self.axes, &place))
        });
        let row: Vec<BlockRef> = row.collect();
        BlockTask::kernel(Kernel::Order(self.kernel.clone()), row)
    }
}

/// The outputs of tasks that made all blocks of a row, as blocks.
struct Apart {
    axis: usize,
    axes: NodeAxes,
}

impl Layer for Apart {
    fn name(&self) -> &'static str {
        "sort"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.axis as u64);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let mut place: SmallVec<[usize; 4]> = at.into();
        place[self.axis] = 0;
        BlockTask::alias(BlockRef {
            input: 0,
            block: number(&self.axes, &place),
            output: at[self.axis] as u32,
        })
    }
}
