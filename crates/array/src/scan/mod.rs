//! Running sums and products along an axis, also one of unknown chunk sizes.
//!
//! The blocks along the axis do not wait for each other: each is scanned with a *carry*, which is
//! what all blocks before it sum up to. Carries are made of the totals of blocks, in groups, of the
//! totals of groups, and so on.

mod difference;

use crate::array::Array;
use crate::axis::Axis;
use crate::error::Result;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes as NodeAxes, number};
use crate::registry::{OnUnknown, Operation};
use smallvec::SmallVec;
use taskloom_kernels::Kernel;
use taskloom_kernels::reduce::{Axes, Reduce, Reduction, What};
use taskloom_kernels::scan::{Running, Scan};

/// How many carries are made by one task.
const GROUP: usize = 32;

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
        };
        let dtype = Scan::result_dtype(self.dtype());
        let axes = self.axes().to_vec();
        if self.axes()[axis].blocks() <= 1 {
            return Ok(Self::from_layer(along, &[self], dtype, axes));
        }
        let reduction = Reduction {
            what: match what {
                Running::Sum => What::Sum,
                Running::Prod => What::Prod,
            },
            axes: Axes::of([axis]),
            keepdims: true,
            skip_nan,
            dtype: self.dtype(),
        };
        let totals = Totals {
            reduction,
            axis,
            group: 1,
            axes: self.axes().into(),
        };
        let blocks = self.axes()[axis].blocks();
        let opaque = replaced(self.axes(), axis, Axis::opaque(blocks));
        let totals = Self::from_layer(totals, &[self], self.dtype(), opaque);
        let carries = totals.carries(what, axis, reduction);
        Ok(Self::from_layer(along, &[self, &carries], dtype, axes))
    }

    /// What comes before each of the totals along an axis. Each block of the result is a group of
    /// carries, its outputs.
    fn carries(&self, what: Running, axis: usize, reduction: Reduction) -> Self {
        let blocks = self.axes()[axis].blocks();
        let groups = blocks.div_ceil(GROUP);
        let axes = replaced(self.axes(), axis, Axis::opaque(groups));
        let layer = Carries {
            what,
            axis,
            carried: groups > 1,
            outputs: blocks.clamp(2, GROUP) as u32,
            axes: self.axes().into(),
        };
        if groups == 1 {
            return Self::from_layer(layer, &[self], self.dtype(), axes);
        }
        let totals = Totals {
            reduction,
            axis,
            group: GROUP,
            axes: self.axes().into(),
        };
        let totals = Self::from_layer(totals, &[self], self.dtype(), axes.clone());
        let before = totals.carries(what, axis, reduction);
        Self::from_layer(layer, &[self, &before], self.dtype(), axes)
    }
}

fn replaced(axes: &[Axis], axis: usize, by: Axis) -> Vec<Axis> {
    let mut axes = axes.to_vec();
    axes[axis] = by;
    axes
}

/// The blocks with their carries.
struct Along {
    scan: Scan,
    axis: usize,
    axes: NodeAxes,
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
        let carry = (at[self.axis] > 0).then(|| carry(&self.axes, self.axis, at));
        let kernel = Kernel::Scan(self.scan.clone());
        BlockTask::kernel(kernel, [block].into_iter().chain(carry))
    }
}

/// The carry of a block, or of a group: it is one of those that are made together.
fn carry(axes: &[Axis], axis: usize, at: &[usize]) -> BlockRef {
    let groups = axes[axis].blocks().div_ceil(GROUP);
    let axes = replaced(axes, axis, Axis::opaque(groups));
    let mut place: SmallVec<[usize; 4]> = at.into();
    place[axis] = at[axis] / GROUP;
    BlockRef {
        input: 1,
        block: number(&axes, &place),
        output: (at[axis] % GROUP) as u32,
    }
}

/// What blocks, or groups of totals, sum up to along the axis.
struct Totals {
    reduction: Reduction,
    axis: usize,
    /// How many totals become one; 1 for blocks.
    group: usize,
    axes: NodeAxes,
}

/// The blocks of a group along an axis.
fn members(axes: &[Axis], axis: usize, at: &[usize], group: usize) -> Vec<BlockRef> {
    let start = at[axis] * group;
    let end = (start + group).min(axes[axis].blocks());
    let mut place: SmallVec<[usize; 4]> = at.into();
    let member = |along| {
        place[axis] = along;
        BlockRef::new(0, number(axes, &place))
    };
    (start..end).map(member).collect()
}

impl Layer for Totals {
    fn name(&self) -> &'static str {
        "totals"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.reduction).number(self.group as u64);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let members = members(&self.axes, self.axis, at, self.group);
        let kernel = match self.group {
            1 => Reduce::Partial(self.reduction),
            _ => Reduce::Merge(self.reduction, [members.len()].as_slice().into()),
        };
        BlockTask::kernel(Kernel::Reduce(kernel), members)
    }
}

/// What comes before each total of a group.
struct Carries {
    what: Running,
    axis: usize,
    carried: bool,
    outputs: u32,
    axes: NodeAxes,
}

impl Layer for Carries {
    fn name(&self) -> &'static str {
        "carries"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.what).number(self.axis as u64);
    }

    fn outputs(&self) -> u32 {
        self.outputs
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let kernel = Kernel::Scan(Scan::Carries {
            what: self.what,
            carried: self.carried,
            outputs: self.outputs,
        });
        let axes = replaced(
            &self.axes,
            self.axis,
            Axis::opaque(self.axes[self.axis].blocks().div_ceil(GROUP)),
        );
        let before = self.carried.then(|| carry(&axes, self.axis, at));
        let members = members(&self.axes, self.axis, at, GROUP);
        BlockTask::kernel(kernel, before.into_iter().chain(members))
    }
}

#[cfg(test)]
mod tests;
