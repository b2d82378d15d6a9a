//! What makes the blocks of a node.

use crate::array::Array;
use crate::identity::Identity;
use crate::node::Node;
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_kernels::{Align, Block, Kernel};
use taskloom_task::{Node as TaskNode, TaskCall, TaskFuture};

/// What makes each block of a node's grid. It is a description: it holds parameters, never values.
pub(crate) trait Layer: Send + Sync {
    /// What it is called, in names and errors: "add".
    fn name(&self) -> &'static str;

    /// Takes in all parameters that the result depends on beside inputs, dtype and axes, which are
    /// taken in already.
    fn identity(&self, identity: &mut Identity);

    /// The work that makes the block at this place of the grid.
    fn block(&self, at: &[usize]) -> BlockTask;

    /// How many blocks each task makes. If more than one, they are taken by [`BlockRef::output`].
    fn outputs(&self) -> u32 {
        1
    }

    /// The same operation on other inputs, if it works element by element (so that a slice of its
    /// result is the operation on slices of its inputs).
    fn again(&self, _inputs: &[Array]) -> Option<Array> {
        None
    }

    /// How the result looks at the elements of its one input, if it does nothing else (so that a part
    /// of the result is the same look at a part of the input).
    fn look(&self) -> Option<Look> {
        None
    }

    /// The same elements with the first axis in another order, if that spares work: for reductions
    /// that ask for no order.
    fn unordered(&self, _inputs: &[Arc<Node>]) -> Option<Array> {
        None
    }

    /// The blocks themselves, if they are there already.
    fn leaf(&self) -> Option<&Leaf> {
        None
    }
}

/// How a result looks at the elements of its one input, none of which it changes.
pub(crate) enum Look {
    /// Per axis of the result the axis of the input that it is; `None` for a new one of length 1.
    /// What is not named has the length 1.
    Axes(SmallVec<[Option<usize>; 4]>),
    /// Stretched: axes are counted from the last, and those that differ have the length 1 or are not
    /// there in the input.
    Stretched,
    /// Backwards along some axes: per axis, whether it is.
    Flipped(SmallVec<[bool; 4]>),
}

/// The work that makes one block.
pub(crate) struct BlockTask {
    /// What is done.
    pub(crate) work: Work,
    /// With which blocks.
    pub(crate) inputs: SmallVec<[BlockRef; 3]>,
    /// What inputs of unknown length must hold to.
    pub(crate) align: Option<Box<Align>>,
}

impl BlockTask {
    /// A kernel on these blocks.
    pub(crate) fn kernel(
        kernel: impl Into<Arc<Kernel>>,
        inputs: impl IntoIterator<Item = BlockRef>,
    ) -> Self {
        Self {
            work: Work::Kernel(kernel.into()),
            inputs: inputs.into_iter().collect(),
            align: None,
        }
    }

    /// The block is that of an input.
    pub(crate) fn alias(input: BlockRef) -> Self {
        Self {
            work: Work::Alias,
            inputs: [input].into_iter().collect(),
            align: None,
        }
    }
}

/// Makes the call of a task of the nodes that hold its inputs.
type CallFor<T> = dyn Fn(&[TaskNode<Block>]) -> TaskCall<T> + Send + Sync;

/// Makes the call of a user's task.
#[derive(Clone)]
pub(crate) enum UserCall {
    /// The task makes one block.
    One(Arc<CallFor<Block>>),
    /// It makes several: as many as the layer has outputs.
    Several(Arc<CallFor<Vec<Block>>>),
}

/// What is done for one block.
pub(crate) enum Work {
    /// A kernel. One for all blocks, if they have the same work done to them: there can be very many.
    Kernel(Arc<Kernel>),
    /// Nothing: the one input is the block.
    Alias,
    /// A task of the user, or one that reads or writes files.
    User(UserCall),
}

impl Work {
    /// A task that makes one block.
    pub(crate) fn task(
        call: impl Fn(&[TaskNode<Block>]) -> TaskCall<Block> + Send + Sync + 'static,
    ) -> Self {
        Self::User(UserCall::One(Arc::new(call)))
    }
}

/// Which block of which input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BlockRef {
    /// Which of the node's inputs.
    pub(crate) input: usize,
    /// The place of the block in that input's grid, counted in C order.
    pub(crate) block: usize,
    /// Which output of the task that makes it.
    pub(crate) output: u32,
}

impl BlockRef {
    /// A block of an input that makes one per task.
    pub(crate) fn new(input: usize, block: usize) -> Self {
        Self {
            input,
            block,
            output: 0,
        }
    }
}

/// Blocks that are there already.
pub(crate) enum Leaf {
    /// Here.
    Local(crate::source::LocalBlocks),
    /// On the cluster.
    Futures(Vec<TaskFuture<Block>>),
}
