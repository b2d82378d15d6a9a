//! Reductions by tasks of the user.

use super::over::Over;
use super::tree::{Stages, Tree, result_axes};
use crate::array::Array;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Work};
use std::sync::Arc;
use taskloom_core::Key;
use taskloom_kernels::{Block, DType, Extent};
use taskloom_task::{Node, TaskCall};

type OfOne = dyn Fn(&Node<Block>) -> TaskCall<Block> + Send + Sync;
type OfSeveral = dyn Fn(&Vec<Node<Block>>) -> TaskCall<Block> + Send + Sync;

/// The calls of tasks of the user.
#[derive(Clone)]
struct Tasks {
    chunk: Arc<OfOne>,
    combine: Arc<OfSeveral>,
    finish: Arc<OfSeveral>,
    /// The keys of calls are hashes of all that they are.
    digest: [u8; 16],
}

impl Array {
    /// A reduction by tasks: `chunk` makes a state of a block, `combine` one state of several, which
    /// come in C order of their blocks, and `finish` makes a block of the result, of this dtype, of
    /// several states. States are blocks of any form. Blocks without elements come too.
    ///
    /// The blocks of the result have the shape that [`Over`] says: without the reduced axes, or, with
    /// `keepdims`, with length 1 there.
    ///
    /// ```
    /// use taskloom_array::{Array, Block, Chunks, DType, Over};
    /// use taskloom_task::task;
    ///
    /// /// The longest distance from zero.
    /// #[task(crate = taskloom_task)]
    /// fn longest(blocks: Vec<Block>) -> Result<Block, String> {
    ///     let mut longest = 0.0_f64;
    ///     for block in &blocks {
    ///         let block = block.view::<f64>().map_err(|error| error.to_string())?;
    ///         longest = block.iter().fold(longest, |longest, x| longest.max(x.abs()));
    ///     }
    ///     Ok(Block::scalar(longest))
    /// }
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1.0, -7.0, 3.0], Chunks::of([2]))?;
    /// let y = x.reduction(
    ///     Over::all(),
    ///     DType::F64,
    ///     |block| longest::task(&vec![block.clone()]),
    ///     |states| longest::task(states),
    ///     |states| longest::task(states),
    /// )?;
    /// assert_eq!(y.to_local_here::<f64>()?[[]], 7.0);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the axes are not those of the array, or a call cannot be made.
    pub fn reduction(
        &self,
        over: impl Into<Over>,
        dtype: DType,
        chunk: impl Fn(&Node<Block>) -> TaskCall<Block> + Send + Sync + 'static,
        combine: impl Fn(&Vec<Node<Block>>) -> TaskCall<Block> + Send + Sync + 'static,
        finish: impl Fn(&Vec<Node<Block>>) -> TaskCall<Block> + Send + Sync + 'static,
    ) -> Result<Self> {
        const OPERATION: &str = "reduction";
        let over = over.into();
        over.only(OPERATION, false, false)?;
        let how = over.of(OPERATION, self)?;
        let node = |at: u32| -> Result<Node<Block>> {
            let key = Key::new(format!("state-{at}"));
            let key = key.map_err(|error| ArrayError::value(OPERATION, error.to_string()))?;
            Ok(Node::new(u64::MAX, at, key))
        };
        let several = vec![node(0)?, node(1)?];
        let mut identity = Identity::new("calls");
        for call in [chunk(&several[0]), combine(&several), finish(&several)] {
            identity.bytes(call.into_parts()?.key.as_bytes());
        }
        let tasks = Tasks {
            chunk: Arc::new(chunk),
            combine: Arc::new(combine),
            finish: Arc::new(finish),
            digest: identity.digest(),
        };
        let tree = Tree {
            axes: how.axes,
            keepdims: how.keepdims,
            split_every: how.split_every,
        };
        let result = result_axes(self.axes(), how.axes, how.keepdims);
        self.in_a_tree(tasks, tree, dtype, result)
    }
}

impl Tasks {
    fn several(call: &Arc<OfSeveral>, states: Vec<BlockRef>) -> BlockTask {
        let call = call.clone();
        BlockTask {
            work: Work::task(move |nodes| call(&nodes.to_vec())),
            inputs: states.into_iter().collect(),
            align: None,
        }
    }
}

impl Stages for Tasks {
    fn name(&self) -> &'static str {
        "reduction"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.bytes(&self.digest);
    }

    fn parts(&self) -> u32 {
        1
    }

    fn whole(&self, _block: BlockRef) -> Option<BlockTask> {
        None
    }

    fn partial(&self, block: BlockRef) -> BlockTask {
        let call = self.chunk.clone();
        BlockTask {
            work: Work::task(move |nodes| call(&nodes[0])),
            inputs: [block].into_iter().collect(),
            align: None,
        }
    }

    fn merge(&self, _grid: Extent, states: Vec<BlockRef>) -> BlockTask {
        Self::several(&self.combine, states)
    }

    fn finish(&self, _grid: Extent, states: Vec<BlockRef>) -> BlockTask {
        Self::several(&self.finish, states)
    }
}
