//! The layers of a reduction: a state per block, states merged in groups, and the result.

use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::index::any_order;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes as NodeAxes, number};
use smallvec::SmallVec;
use taskloom_kernels::reduce::{Axes, Reduce, Reduction, What};
use taskloom_kernels::{Extent, Kernel};

impl Array {
    /// The array reduced as said.
    pub(crate) fn reduced(&self, reduction: Reduction, split_every: usize) -> Result<Self> {
        let axes = reduction.axes;
        // What a mask selected of blocks beside each other need not be brought into order first.
        let ordered = matches!(reduction.what, What::ArgMin | What::ArgMax);
        if axes.has(0) && !ordered {
            return any_order(self).tree(reduction, split_every);
        }
        self.tree(reduction, split_every)
    }

    fn tree(&self, reduction: Reduction, split_every: usize) -> Result<Self> {
        let axes = reduction.axes;
        let mut blocks = 1_usize;
        for axis in axes.iter() {
            blocks = blocks.saturating_mul(self.axes().get(axis).map_or(1, Axis::blocks));
        }
        if blocks == 0 {
            let reason = "an axis without blocks; an axis without elements has one of length 0";
            return Err(ArrayError::value(reduction.name(), reason));
        }
        let dtype = reduction.result_dtype();
        let result = result_axes(self.axes(), axes, reduction.keepdims);
        if blocks == 1 {
            let layer = Whole {
                reduction,
                axes: self.axes().into(),
            };
            return Ok(Self::from_layer(layer, &[self], dtype, result));
        }
        let opaque = |(at, axis): (usize, &Axis)| match axes.has(at) {
            true => Axis::opaque(axis.blocks()),
            false => axis.clone(),
        };
        let states = self.axes().iter().enumerate().map(opaque);
        let partial = Partial {
            reduction,
            axes: self.axes().into(),
        };
        let mut states = Self::from_layer(partial, &[self], self.dtype(), states);
        loop {
            let merge = Merge::new(reduction, states.axes(), split_every);
            if merge.is_last() {
                let layer = Finish(merge);
                return Ok(Self::from_layer(layer, &[&states], dtype, result));
            }
            let fewer = merge.result();
            states = Self::from_layer(merge, &[&states], self.dtype(), fewer);
        }
    }
}

/// The axes of the result.
pub(super) fn result_axes(axes: &[Axis], reduced: Axes, keepdims: bool) -> Vec<Axis> {
    let result =
        axes.iter()
            .enumerate()
            .filter_map(|(at, axis)| match (reduced.has(at), keepdims) {
                (false, _) => Some(axis.clone()),
                (true, true) => Some(Axis::single(1)),
                (true, false) => None,
            });
    result.collect()
}

/// The place among all axes of a block of the result: 0 along those that are gone.
fn place_of(reduced: Axes, keepdims: bool, ndim: usize, at: &[usize]) -> SmallVec<[usize; 4]> {
    let mut kept = at.iter().copied();
    let place = |axis| match reduced.has(axis) {
        true if keepdims => kept.next().map_or(0, |_| 0),
        true => 0,
        false => kept.next().unwrap_or(0),
    };
    (0..ndim).map(place).collect()
}

/// Each result is of one block.
struct Whole {
    reduction: Reduction,
    axes: NodeAxes,
}

impl Layer for Whole {
    fn name(&self) -> &'static str {
        self.reduction.name()
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.reduction);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let Reduction { axes, keepdims, .. } = self.reduction;
        let place = place_of(axes, keepdims, self.axes.len(), at);
        let kernel = Kernel::Reduce(Reduce::Whole(self.reduction));
        BlockTask::kernel(kernel, [BlockRef::new(0, number(&self.axes, &place))])
    }
}

/// A state of each block.
struct Partial {
    reduction: Reduction,
    axes: NodeAxes,
}

impl Layer for Partial {
    fn name(&self) -> &'static str {
        "reduce-blocks"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.reduction);
    }

    fn outputs(&self) -> u32 {
        self.reduction.parts() as u32
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let kernel = Kernel::Reduce(Reduce::Partial(self.reduction));
        BlockTask::kernel(kernel, [BlockRef::new(0, number(&self.axes, at))])
    }
}

/// One state of those of a box of blocks.
struct Merge {
    reduction: Reduction,
    /// The grid of the states.
    axes: NodeAxes,
    /// How many along each axis become one; 1 along those that are not reduced.
    groups: SmallVec<[usize; 4]>,
}

impl Merge {
    /// Groups of at most `split_every`, filled along the last axes first.
    fn new(reduction: Reduction, axes: &[Axis], split_every: usize) -> Self {
        let mut groups: SmallVec<[usize; 4]> = SmallVec::from_elem(1, axes.len());
        let mut left = split_every;
        for (at, axis) in axes.iter().enumerate().rev() {
            if reduction.axes.has(at) {
                groups[at] = axis.blocks().clamp(1, left.max(1));
                left /= groups[at];
            }
        }
        Self {
            reduction,
            axes: axes.into(),
            groups,
        }
    }

    fn groups_along(&self, axis: usize) -> usize {
        self.axes[axis].blocks().div_ceil(self.groups[axis])
    }

    /// Whether one state is left of each result.
    fn is_last(&self) -> bool {
        let mut reduced = self.reduction.axes.iter();
        reduced.all(|axis| axis >= self.axes.len() || self.groups_along(axis) == 1)
    }

    fn result(&self) -> Vec<Axis> {
        let axes = self.axes.iter().enumerate();
        axes.map(|(at, axis)| match self.reduction.axes.has(at) {
            true => Axis::opaque(self.groups_along(at)),
            false => axis.clone(),
        })
        .collect()
    }

    /// The states that become one, and how many they are along each reduced axis.
    fn states(&self, at: &[usize]) -> (Extent, Vec<BlockRef>) {
        let start = |axis: usize| at[axis] * self.groups[axis];
        let end = |axis: usize| (start(axis) + self.groups[axis]).min(self.axes[axis].blocks());
        let reduced = (0..self.axes.len()).filter(|&axis| self.reduction.axes.has(axis));
        let grid = reduced.map(|axis| end(axis) - start(axis)).collect();
        let parts = self.reduction.parts() as u32;
        let mut states = Vec::new();
        let mut place: SmallVec<[usize; 4]> = (0..self.axes.len()).map(start).collect();
        loop {
            let block = number(&self.axes, &place);
            let input = 0;
            states.extend((0..parts).map(|output| BlockRef {
                input,
                block,
                output,
            }));
            let Some(axis) = (0..place.len())
                .rev()
                .find(|&axis| place[axis] + 1 < end(axis))
            else {
                return (grid, states);
            };
            place[axis] += 1;
            for inner in axis + 1..place.len() {
                place[inner] = start(inner);
            }
        }
    }
}

impl Layer for Merge {
    fn name(&self) -> &'static str {
        "reduce-states"
    }

    fn identity(&self, identity: &mut Identity) {
        identity
            .value(&self.reduction)
            .numbers(self.groups.iter().copied());
    }

    fn outputs(&self) -> u32 {
        self.reduction.parts() as u32
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let (grid, states) = self.states(at);
        BlockTask::kernel(Kernel::Reduce(Reduce::Merge(self.reduction, grid)), states)
    }
}

/// The last merge, with the result.
struct Finish(Merge);

impl Layer for Finish {
    fn name(&self) -> &'static str {
        self.0.reduction.name()
    }

    fn identity(&self, identity: &mut Identity) {
        self.0.identity(identity);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let Reduction { axes, keepdims, .. } = self.0.reduction;
        let place = place_of(axes, keepdims, self.0.axes.len(), at);
        let (grid, states) = self.0.states(&place);
        BlockTask::kernel(
            Kernel::Reduce(Reduce::Finish(self.0.reduction, grid)),
            states,
        )
    }
}
