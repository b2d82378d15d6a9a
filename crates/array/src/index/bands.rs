//! Bands: the blocks at one place of axis 0, whose selected elements are merged into one block.

use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, Node, number};
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_kernels::index::Index;
use taskloom_kernels::{Extent, Kernel};

/// How the blocks of a band lie.
#[derive(Clone, Debug)]
pub(super) struct Bands {
    /// How many blocks there are along the axes from 1 on, to the last that is cut.
    pub grid: Extent,
}

/// Most blocks of a band: more would make one task of too many inputs.
const BLOCKS_MAX: usize = 1 << 20;

impl Bands {
    /// Those of an array; `None` if each band is one block.
    ///
    /// # Errors
    /// If a band has more than a million blocks.
    pub(super) fn of(array: &Array) -> Result<Option<Self>> {
        let blocks: Extent = array.axes().iter().skip(1).map(Axis::blocks).collect();
        let Some(last) = blocks.iter().rposition(|&blocks| blocks > 1) else {
            return Ok(None);
        };
        let grid: Extent = blocks[..=last].into();
        if grid.iter().product::<usize>() > BLOCKS_MAX {
            return Err(ArrayError::value(
                "mask",
                format!(
                    "the blocks of {} are too small: rechunk it first",
                    array.name()
                ),
            ));
        }
        Ok(Some(Self { grid }))
    }

    /// How many axes the counts have.
    pub(super) fn lead(&self) -> usize {
        self.grid.len()
    }

    /// The number of blocks of a band.
    pub(super) fn len(&self) -> usize {
        self.grid.iter().product()
    }
}

/// Makes what the node that is merged selects, without counts and order.
pub(super) type Unordered = fn(&Arc<Node>) -> Option<Array>;

/// What was selected of the blocks of each band, as one block. The input's tasks make values and
/// counts; its first axis has all blocks, band after band.
pub(super) struct Merge {
    pub bands: Bands,
    /// Of the input.
    pub parts: Axes,
    pub name: &'static str,
    /// How the input is made without counts, where that is the same but for the order.
    pub unordered: Option<Unordered>,
}

impl Layer for Merge {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.numbers(self.bands.grid.iter().copied());
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let (band, after) = at
            .split_first()
            .map_or((0, at), |(band, after)| (*band, after));
        let blocks = self.bands.len();
        let mut inputs: SmallVec<[BlockRef; 3]> = SmallVec::with_capacity(2 * blocks);
        for block in band * blocks..(band + 1) * blocks {
            let mut from: SmallVec<[usize; 4]> = [block].into_iter().collect();
            from.extend_from_slice(after);
            let values = BlockRef::new(0, number(&self.parts, &from));
            inputs.push(values);
            inputs.push(BlockRef {
                output: 1,
                ..values
            });
        }
        let grid = self.bands.grid.clone();
        let kernel = Kernel::Index(Index::Merge { grid });
        BlockTask::kernel(kernel, inputs)
    }

    fn unordered(&self, inputs: &[Arc<Node>]) -> Option<Array> {
        (self.unordered?)(inputs.first()?)
    }
}

/// The array with its elements in any order along its first axis, where that spares a merge: for
/// reductions of all elements that do not ask for an order. Arrays that need none are returned as
/// they are.
///
/// It goes through element-wise operations on such arrays.
pub(crate) fn any_order(array: &Array) -> Array {
    let found = through(array, &mut rustc_hash::FxHashMap::default(), DEPTH_MAX);
    match (found, array.client()) {
        (Some(found), Some(client)) => found.on(client),
        (Some(found), None) => found,
        (None, _) => array.clone(),
    }
}

/// Through how many operations a merge is looked for.
const DEPTH_MAX: usize = 64;

type Done = rustc_hash::FxHashMap<crate::identity::NodeId, Option<Array>>;

fn through(array: &Array, done: &mut Done, depth: usize) -> Option<Array> {
    let node = array.node();
    if let Some(done) = done.get(&node.id()) {
        return done.clone();
    }
    let mut found = node.layer().unordered(node.inputs());
    if found.is_none() && depth > 0 && array.ndim() == 1 && !array.axes()[0].is_known() {
        found = operands(array, done, depth);
    }
    done.insert(node.id(), found.clone());
    found
}

/// The operation on operands in any order: each is one of the same merge, or has no axes.
fn operands(array: &Array, done: &mut Done, depth: usize) -> Option<Array> {
    let mut inputs = Vec::with_capacity(array.node().inputs().len());
    for input in array.node().inputs() {
        let input = Array::of_node(input.clone(), array.client().cloned());
        let alike = input.ndim() == 1 && input.axes()[0].is_aligned(&array.axes()[0]);
        inputs.push(match (alike, input.ndim()) {
            (true, _) => through(&input, done, depth - 1)?,
            (false, 0) => input,
            (false, _) => return None,
        });
    }
    if inputs.is_empty() {
        return None;
    }
    array.node().layer().again(&inputs)
}
