//! What comes before each block along an axis, or behind it, of a kind that adds up: sums of blocks,
//! or their last elements.
//!
//! No block waits for its neighbour: the *totals* of blocks are brought together in groups, which have
//! totals again, and from the groups back each block gets its *carry*.

use crate::array::Array;
use crate::axis::Axis;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use smallvec::SmallVec;
use taskloom_kernels::Kernel;

/// How many carries are made by one task.
const GROUP: usize = 32;

/// Something that adds up along an axis.
pub(crate) trait Sums: Clone + Send + Sync + 'static {
    /// Takes in what it is.
    fn identity(&self, identity: &mut Identity);

    /// The total of one block.
    fn of_block(&self) -> Kernel;

    /// The total of so many totals in a row.
    fn of_totals(&self, totals: usize) -> Kernel;

    /// The carries of totals in a row, in so many outputs; if there are fewer totals, the last is
    /// repeated. The first input is the carry of all of them, if `carried`.
    fn carries(&self, carried: bool, outputs: u32) -> Kernel;
}

/// The totals of an array's blocks along an axis, one for each.
pub(crate) fn totals<S: Sums>(array: &Array, axis: usize, sums: &S) -> Array {
    brought_together(array, axis, sums, 1)
}

/// The total of all totals along an axis.
pub(crate) fn whole<S: Sums>(totals: &Array, axis: usize, sums: &S) -> Array {
    let mut whole = totals.clone();
    while whole.axes()[axis].blocks() > 1 {
        whole = brought_together(&whole, axis, sums, GROUP);
    }
    whole
}

fn brought_together<S: Sums>(array: &Array, axis: usize, sums: &S, group: usize) -> Array {
    let blocks = array.axes()[axis].blocks().div_ceil(group);
    let axes = replaced(array.axes(), axis, Axis::opaque(blocks));
    let layer = Totals {
        sums: sums.clone(),
        axis,
        group,
        axes: array.axes().into(),
    };
    Array::from_layer(layer, &[array], array.dtype(), axes)
}

/// The carries of the blocks of an array along an axis.
pub(crate) struct Carries {
    /// Each block of this is made by a task with several outputs.
    groups: Array,
}

impl Carries {
    /// Of the [`totals`] of blocks. `first` is the carry of all of them together, in one block along
    /// the axis: what comes before them all, or behind them all.
    pub(crate) fn new<S: Sums>(
        totals: &Array,
        axis: usize,
        sums: &S,
        first: Option<&Array>,
    ) -> Self {
        let blocks = totals.axes()[axis].blocks();
        let groups = blocks.div_ceil(GROUP);
        let above = (groups > 1).then(|| {
            let totals = brought_together(totals, axis, sums, GROUP);
            Self::new(&totals, axis, sums, first)
        });
        let layer = OfGroup {
            sums: sums.clone(),
            axis,
            outputs: blocks.clamp(2, GROUP) as u32,
            axes: totals.axes().into(),
            above: match (&above, first) {
                (Some(above), _) => Above::Carries(above.finder(axis)),
                (None, Some(first)) => Above::First(first.axes().into()),
                (None, None) => Above::Nothing,
            },
        };
        let mut inputs = vec![totals];
        inputs.extend(above.as_ref().map(Self::array).or(first));
        let axes = replaced(totals.axes(), axis, Axis::opaque(groups));
        Self {
            groups: Array::from_layer(layer, &inputs, totals.dtype(), axes),
        }
    }

    /// The array that makes them: an input of whoever takes them.
    pub(crate) fn array(&self) -> &Array {
        &self.groups
    }

    /// How the carry of a block is found.
    pub(crate) fn finder(&self, axis: usize) -> Finder {
        Finder {
            axis,
            groups: self.groups.axes().into(),
        }
    }
}

/// Finds the carries of blocks.
pub(crate) struct Finder {
    axis: usize,
    groups: Axes,
}

impl Finder {
    /// The carry of the block at a place, where the carries are this input.
    pub(crate) fn carry(&self, input: usize, at: &[usize]) -> BlockRef {
        let mut place: SmallVec<[usize; 4]> = at.into();
        place[self.axis] = at[self.axis] / GROUP;
        BlockRef {
            input,
            block: number(&self.groups, &place),
            output: (at[self.axis] % GROUP) as u32,
        }
    }
}

/// The axes with another one in the place of one of them.
pub(crate) fn replaced(axes: &[Axis], axis: usize, by: Axis) -> Vec<Axis> {
    let mut axes = axes.to_vec();
    axes[axis] = by;
    axes
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

/// What blocks, or groups of totals, add up to along the axis.
struct Totals<S> {
    sums: S,
    axis: usize,
    /// How many totals become one; 1 for blocks.
    group: usize,
    axes: Axes,
}

impl<S: Sums> Layer for Totals<S> {
    fn name(&self) -> &'static str {
        "totals"
    }

    fn identity(&self, identity: &mut Identity) {
        self.sums.identity(identity);
        identity.numbers([self.axis, self.group]);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let members = members(&self.axes, self.axis, at, self.group);
        let kernel = match self.group {
            1 => self.sums.of_block(),
            _ => self.sums.of_totals(members.len()),
        };
        BlockTask::kernel(kernel, members)
    }
}

/// Where the carry of all of a group is.
enum Above {
    /// Nothing comes before the one group that there is.
    Nothing,
    /// In an array of one block along the axis.
    First(Axes),
    /// Among the carries of the groups.
    Carries(Finder),
}

/// The carries of the blocks of a group.
struct OfGroup<S> {
    sums: S,
    axis: usize,
    outputs: u32,
    axes: Axes,
    above: Above,
}

impl<S: Sums> Layer for OfGroup<S> {
    fn name(&self) -> &'static str {
        "carries"
    }

    fn identity(&self, identity: &mut Identity) {
        self.sums.identity(identity);
        identity.number(self.axis as u64);
    }

    fn outputs(&self) -> u32 {
        self.outputs
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let above = match &self.above {
            Above::Nothing => None,
            Above::First(axes) => Some(BlockRef::new(1, number(axes, at))),
            Above::Carries(finder) => Some(finder.carry(1, at)),
        };
        let kernel = self.sums.carries(above.is_some(), self.outputs);
        let members = members(&self.axes, self.axis, at, GROUP);
        BlockTask::kernel(kernel, above.into_iter().chain(members))
    }
}
