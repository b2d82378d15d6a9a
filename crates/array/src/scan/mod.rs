//! Running sums and products along an axis, also one of unknown chunk sizes.
//!
//! The blocks along the axis do not wait for each other: each is scanned with a *carry*, which is
//! what all blocks before it sum up to.

mod difference;

use crate::array::Array;
use crate::carries::{Carries, Finder, Sums, totals};
use crate::error::Result;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes as NodeAxes, number};
use crate::registry::{OnUnknown, Operation};
use taskloom_kernels::Kernel;
use taskloom_kernels::reduce::{Axes, Reduce, Reduction, What};
use taskloom_kernels::scan::{Running, Scan};

const fn operation(name: &'static str, summary: &'static str) -> Operation {
    Operation {
        name,
        group: "Running results",
        numpy: name,
        dask: name,
        dtype: "int64, uint64 for integers; otherwise the same",
        unknown: OnUnknown::Works("the axes keep their cuts"),
        empty: "stay empty",
        summary,
    }
}

/// The operations of this module.
pub(crate) const OPERATIONS: &[Operation] = &[
    operation("cumsum", "running sums along an axis"),
    operation("cumprod", "running products along an axis"),
    operation("nancumsum", "running sums, NaN counted as 0"),
    operation("nancumprod", "running products, NaN counted as 1"),
    Operation {
        dtype: "the same",
        unknown: OnUnknown::NeedsSizes,
        ..operation(
            "diff",
            "differences of neighbours along an axis, any number of times",
        )
    },
    Operation {
        dtype: "float64 for integers; otherwise the same",
        unknown: OnUnknown::NeedsOthers("the sizes along the axis are needed"),
        empty: "an axis of less than two elements is an error",
        ..operation("gradient", "slopes along an axis")
    },
];

impl Array {
    /// Running sums along an axis. Integers and truth values are summed in 64 bits.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 2, 3], Chunks::of([2]))?;
    /// assert_eq!(x.cumsum(0).to_local_here::<i64>()?, ndarray::array![1, 3, 6].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn cumsum(&self, axis: isize) -> Self {
        Self::or_failed(self.scanned(Running::Sum, axis, false), Some(self))
    }

    /// Running products along an axis; otherwise as [`Array::cumsum`].
    #[must_use]
    #[track_caller]
    pub fn cumprod(&self, axis: isize) -> Self {
        Self::or_failed(self.scanned(Running::Prod, axis, false), Some(self))
    }

    /// Running sums along an axis, with NaN counted as 0.
    #[must_use]
    #[track_caller]
    pub fn nancumsum(&self, axis: isize) -> Self {
        Self::or_failed(self.scanned(Running::Sum, axis, true), Some(self))
    }

    /// Running products along an axis, with NaN counted as 1.
    #[must_use]
    #[track_caller]
    pub fn nancumprod(&self, axis: isize) -> Self {
        Self::or_failed(self.scanned(Running::Prod, axis, true), Some(self))
    }

    #[track_caller]
    fn scanned(&self, what: Running, axis: isize, skip_nan: bool) -> Result<Self> {
        let name = match what {
            Running::Sum => "cumsum",
            Running::Prod => "cumprod",
        };
        let axis = self.good()?.axis_of(name, axis)?;
        let along = Along {
            scan: Scan::Along {
                what,
                axis,
                skip_nan,
            },
            axis,
            axes: self.axes().into(),
            carries: None,
        };
        let dtype = Scan::result_dtype(self.dtype());
        let axes = self.axes().to_vec();
        if self.axes()[axis].blocks() <= 1 {
            return Ok(Self::from_layer(along, &[self], dtype, axes));
        }
        let sums = Totals {
            what,
            reduction: Reduction {
                what: match what {
                    Running::Sum => What::Sum,
                    Running::Prod => What::Prod,
                },
                axes: Axes::of([axis]),
                keepdims: true,
                skip_nan,
                dtype: self.dtype(),
            },
        };
        let carries = Carries::new(&totals(self, axis, &sums), axis, &sums, None);
        let along = Along {
            carries: Some(carries.finder(axis)),
            ..along
        };
        Ok(Self::from_layer(
            along,
            &[self, carries.array()],
            dtype,
            axes,
        ))
    }
}

/// What blocks sum up to.
#[derive(Clone)]
struct Totals {
    what: Running,
    reduction: Reduction,
}

impl Sums for Totals {
    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.reduction);
    }

    fn of_block(&self) -> Kernel {
        Kernel::Reduce(Reduce::Partial(self.reduction))
    }

    fn of_totals(&self, totals: usize) -> Kernel {
        Kernel::Reduce(Reduce::Merge(self.reduction, [totals].as_slice().into()))
    }

    fn carries(&self, carried: bool, outputs: u32) -> Kernel {
        Kernel::Scan(Scan::Carries {
            what: self.what,
            carried,
            outputs,
        })
    }
}

/// The blocks with their carries.
struct Along {
    scan: Scan,
    axis: usize,
    axes: NodeAxes,
    /// `None` if there is one block along the axis.
    carries: Option<Finder>,
}

impl Layer for Along {
    fn name(&self) -> &'static str {
        match self.scan {
            Scan::Along {
                what: Running::Prod,
                ..
            } => "cumprod",
            _ => "cumsum",
        }
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.scan);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = BlockRef::new(0, number(&self.axes, at));
        let carries = self.carries.as_ref().filter(|_| at[self.axis] > 0);
        let carry = carries.map(|carries| carries.carry(1, at));
        let kernel = Kernel::Scan(self.scan.clone());
        BlockTask::kernel(kernel, [block].into_iter().chain(carry))
    }
}

#[cfg(test)]
mod tests;
