//! The layers of a reduction: a state per block, states merged in groups, and the result.
//!
//! What the states are, and how they are made and merged, is said by [`Stages`].

use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::index::any_order;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes as NodeAxes, number};
use smallvec::SmallVec;
use taskloom_kernels::reduce::{Axes, Reduce, Reduction, What};
use taskloom_kernels::{DType, Extent, Kernel};

/// What is done in a reduction: of a block a state of a few blocks, of states one, of the last state
/// the result. A state has the axes of the block; those that are reduced belong to the state.
pub(crate) trait Stages: Clone + Send + Sync + 'static {
    /// What it is called.
    fn name(&self) -> &'static str;
    /// Takes in all that the result depends on beside the axes.
    fn identity(&self, identity: &mut Identity);
    /// Of how many blocks a state consists.
    fn parts(&self) -> u32;
    /// A block becomes the result, if that can be done in one task.
    fn whole(&self, block: BlockRef) -> Option<BlockTask>;
    /// A block becomes a state.
    fn partial(&self, block: BlockRef) -> BlockTask;
    /// States of a box of blocks become one; `grid` counts them along each reduced axis. They come
    /// in C order, the parts of a state after each other.
    fn merge(&self, grid: Extent, states: Vec<BlockRef>) -> BlockTask;
    /// As `merge`, and the one state becomes the result.
    fn finish(&self, grid: Extent, states: Vec<BlockRef>) -> BlockTask;
}

impl Stages for Reduction {
    fn name(&self) -> &'static str {
        Self::name(self)
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(self);
    }

    fn parts(&self) -> u32 {
        Self::parts(self) as u32
    }

    fn whole(&self, block: BlockRef) -> Option<BlockTask> {
        Some(BlockTask::kernel(
            Kernel::Reduce(Reduce::Whole(*self)),
            [block],
        ))
    }

    fn partial(&self, block: BlockRef) -> BlockTask {
        BlockTask::kernel(Kernel::Reduce(Reduce::Partial(*self)), [block])
    }

    fn merge(&self, grid: Extent, states: Vec<BlockRef>) -> BlockTask {
        BlockTask::kernel(Kernel::Reduce(Reduce::Merge(*self, grid)), states)
    }

    fn finish(&self, grid: Extent, states: Vec<BlockRef>) -> BlockTask {
        BlockTask::kernel(Kernel::Reduce(Reduce::Finish(*self, grid)), states)
    }
}

/// The form of a tree.
#[derive(Clone, Copy)]
pub(crate) struct Tree {
    /// Which axes are reduced.
    pub(crate) axes: Axes,
    /// Whether the blocks of the result have them too.
    pub(crate) keepdims: bool,
    /// How many states at most become one in one task.
    pub(crate) split_every: usize,
}

impl Array {
    /// The array reduced by kernels.
    pub(crate) fn reduced(&self, reduction: Reduction, split_every: usize) -> Result<Self> {
        let Reduction { axes, keepdims, .. } = reduction;
        let tree = Tree {
            axes,
            keepdims,
            split_every,
        };
        let result = result_axes(self.axes(), axes, keepdims);
        // What a mask selected of blocks beside each other need not be brought into order first.
        let ordered = matches!(reduction.what, What::ArgMin | What::ArgMax);
        let source = match axes.has(0) && !ordered {
            true => any_order(self),
            false => self.clone(),
        };
        source.in_a_tree(reduction, tree, reduction.result_dtype(), result)
    }

    /// The array reduced in stages, to a result of this dtype and these axes.
    pub(crate) fn in_a_tree(
        &self,
        stages: impl Stages,
        tree: Tree,
        dtype: DType,
        result: Vec<Axis>,
    ) -> Result<Self> {
        let mut blocks = 1_usize;
        for axis in tree.axes.iter() {
            blocks = blocks.saturating_mul(self.axes().get(axis).map_or(1, Axis::blocks));
        }
        if blocks == 0 {
            let reason = "an axis without blocks; an axis without elements has one of length 0";
            return Err(ArrayError::value(stages.name(), reason));
        }
        let axes: NodeAxes = self.axes().into();
        let probe = BlockRef::new(0, 0);
        if blocks == 1 && stages.whole(probe).is_some() {
            let layer = Whole { stages, tree, axes };
            return Ok(Self::from_layer(layer, &[self], dtype, result));
        }
        let opaque = |(at, axis): (usize, &Axis)| match tree.axes.has(at) {
            true => Axis::opaque(axis.blocks()),
            false => axis.clone(),
        };
        let states: Vec<Axis> = self.axes().iter().enumerate().map(opaque).collect();
        let partial = Partial {
            stages: stages.clone(),
            axes,
        };
        let mut states = Self::from_layer(partial, &[self], self.dtype(), states);
        loop {
            let merge = Merge::new(stages.clone(), tree, states.axes());
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
struct Whole<S> {
    stages: S,
    tree: Tree,
    axes: NodeAxes,
}

impl<S: Stages> Layer for Whole<S> {
    fn name(&self) -> &'static str {
        self.stages.name()
    }

    fn identity(&self, identity: &mut Identity) {
        identify(&self.stages, self.tree, identity);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let Tree { axes, keepdims, .. } = self.tree;
        let place = place_of(axes, keepdims, self.axes.len(), at);
        let block = BlockRef::new(0, number(&self.axes, &place));
        let whole = self.stages.whole(block);
        // This layer is only made of stages that have it.
        whole.unwrap_or_else(|| BlockTask::alias(block))
    }
}

fn identify(stages: &impl Stages, tree: Tree, identity: &mut Identity) {
    stages.identity(identity);
    identity.numbers(tree.axes.iter());
    identity.number(u64::from(tree.keepdims));
}

/// A state of each block.
struct Partial<S> {
    stages: S,
    axes: NodeAxes,
}

impl<S: Stages> Layer for Partial<S> {
    fn name(&self) -> &'static str {
        "reduce-blocks"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.text(self.stages.name());
        self.stages.identity(identity);
    }

    fn outputs(&self) -> u32 {
        self.stages.parts()
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        self.stages
            .partial(BlockRef::new(0, number(&self.axes, at)))
    }
}

/// One state of those of a box of blocks.
struct Merge<S> {
    stages: S,
    tree: Tree,
    /// The grid of the states.
    axes: NodeAxes,
    /// How many along each axis become one; 1 along those that are not reduced.
    groups: SmallVec<[usize; 4]>,
}

impl<S: Stages> Merge<S> {
    /// Groups of at most `split_every`, filled along the last axes first.
    fn new(stages: S, tree: Tree, axes: &[Axis]) -> Self {
        let mut groups: SmallVec<[usize; 4]> = SmallVec::from_elem(1, axes.len());
        let mut left = tree.split_every;
        for (at, axis) in axes.iter().enumerate().rev() {
            if tree.axes.has(at) {
                groups[at] = axis.blocks().clamp(1, left.max(1));
                left /= groups[at];
            }
        }
        Self {
            stages,
            tree,
            axes: axes.into(),
            groups,
        }
    }

    fn groups_along(&self, axis: usize) -> usize {
        self.axes[axis].blocks().div_ceil(self.groups[axis])
    }

    /// Whether one state is left of each result.
    fn is_last(&self) -> bool {
        let mut reduced = self.tree.axes.iter();
        reduced.all(|axis| axis >= self.axes.len() || self.groups_along(axis) == 1)
    }

    fn result(&self) -> Vec<Axis> {
        let axes = self.axes.iter().enumerate();
        axes.map(|(at, axis)| match self.tree.axes.has(at) {
            true => Axis::opaque(self.groups_along(at)),
            false => axis.clone(),
        })
        .collect()
    }

    /// The states that become one, and how many they are along each reduced axis.
    fn states(&self, at: &[usize]) -> (Extent, Vec<BlockRef>) {
        let start = |axis: usize| at[axis] * self.groups[axis];
        let end = |axis: usize| (start(axis) + self.groups[axis]).min(self.axes[axis].blocks());
        let reduced = (0..self.axes.len()).filter(|&axis| self.tree.axes.has(axis));
        let grid = reduced.map(|axis| end(axis) - start(axis)).collect();
        let parts = self.stages.parts();
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

impl<S: Stages> Layer for Merge<S> {
    fn name(&self) -> &'static str {
        "reduce-states"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.text(self.stages.name());
        identify(&self.stages, self.tree, identity);
        identity.numbers(self.groups.iter().copied());
    }

    fn outputs(&self) -> u32 {
        self.stages.parts()
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let (grid, states) = self.states(at);
        self.stages.merge(grid, states)
    }
}

/// The last merge, with the result.
struct Finish<S>(Merge<S>);

impl<S: Stages> Layer for Finish<S> {
    fn name(&self) -> &'static str {
        self.0.stages.name()
    }

    fn identity(&self, identity: &mut Identity) {
        self.0.identity(identity);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let Tree { axes, keepdims, .. } = self.0.tree;
        let place = place_of(axes, keepdims, self.0.axes.len(), at);
        let (grid, states) = self.0.states(&place);
        self.0.stages.finish(grid, states)
    }
}
