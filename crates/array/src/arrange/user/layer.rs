//! The layer of tasks of the user.

use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer, UserCall, Work};
use crate::node::place;
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_core::Key;
use taskloom_kernels::{Block, DType};
use taskloom_task::{Node, TaskCall};

/// A block that a task of yours takes: give it where the call takes a `Block`.
pub type BlockInput = Node<Block>;

/// Makes the call for a block of the result, whose place is given, of its inputs.
type OfOne = Arc<dyn Fn(&[usize], &[BlockInput]) -> TaskCall<Block> + Send + Sync>;

/// Makes the call for a block of each of several results.
type OfSeveral = Arc<dyn Fn(&[usize], &[BlockInput]) -> TaskCall<Vec<Block>> + Send + Sync>;

/// Makes the calls of all blocks.
#[derive(Clone)]
pub(super) enum Calls {
    /// Each task makes one block.
    One(OfOne),
    /// Each makes so many.
    Several(OfSeveral, u32),
}

impl Calls {
    /// Tasks that make one block each.
    pub(super) fn one(
        call: impl Fn(&[usize], &[BlockInput]) -> TaskCall<Block> + Send + Sync + 'static,
    ) -> Self {
        Self::One(Arc::new(call))
    }

    /// Tasks that make so many blocks each.
    pub(super) fn several(
        blocks: u32,
        call: impl Fn(&[usize], &[BlockInput]) -> TaskCall<Vec<Block>> + Send + Sync + 'static,
    ) -> Self {
        Self::Several(Arc::new(call), blocks)
    }

    /// The key of a call: a hash of all that it is.
    fn key(&self, at: &[usize], nodes: &[BlockInput]) -> Result<Key> {
        let parts = match self {
            Self::One(call) => call(at, nodes).into_parts()?,
            Self::Several(call, _) => call(at, nodes).into_parts()?,
        };
        Ok(parts.key)
    }

    fn at(&self, at: &[usize]) -> UserCall {
        let place: SmallVec<[usize; 4]> = at.into();
        match self.clone() {
            Self::One(call) => UserCall::One(Arc::new(move |nodes| call(&place, nodes))),
            Self::Several(call, _) => UserCall::Several(Arc::new(move |nodes| call(&place, nodes))),
        }
    }
}

/// Which block of an input goes into a block of the result: per axis of the input its number of
/// blocks and the axis of the result that it is; an axis that is none has one block.
pub(super) type From = SmallVec<[(usize, Option<usize>); 4]>;

struct Tasks {
    name: &'static str,
    digest: [u8; 16],
    inputs: Vec<From>,
    calls: Calls,
}

impl Layer for Tasks {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.bytes(&self.digest);
        for input in &self.inputs {
            identity.numbers(
                input
                    .iter()
                    .map(|(_, axis)| axis.map_or(0, |axis| axis + 1)),
            );
        }
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let inputs = self.inputs.iter().enumerate().map(|(input, from)| {
            let number = from.iter().fold(0, |number, &(blocks, axis)| {
                let place = axis.and_then(|axis| at.get(axis)).copied().unwrap_or(0);
                number * blocks + place
            });
            BlockRef::new(input, number)
        });
        BlockTask {
            inputs: inputs.collect(),
            work: Work::User(self.calls.at(at)),
            align: None,
        }
    }

    fn outputs(&self) -> u32 {
        match self.calls {
            Calls::One(_) => 1,
            Calls::Several(_, blocks) => blocks,
        }
    }
}

/// The array whose blocks these calls make. `by_place` says that they differ from block to block in
/// more than their inputs.
///
/// # Errors
/// If a call cannot be made, an input is in the failed state, or there are too many blocks.
pub(super) fn of_calls(
    name: &'static str,
    calls: Calls,
    by_place: bool,
    inputs: &[(&Array, From)],
    dtype: DType,
    axes: Vec<Axis>,
) -> Result<Array> {
    for (array, _) in inputs {
        array.good()?;
    }
    let blocks = axes
        .iter()
        .try_fold(1_usize, |n, axis| n.checked_mul(axis.blocks()));
    let blocks = blocks.filter(|&blocks| u32::try_from(blocks).is_ok());
    let blocks = blocks.ok_or_else(|| ArrayError::value(name, "there are too many blocks"))?;
    // The inputs are taken in with the node.
    let stand_ins = (0..inputs.len()).map(|input| {
        let key = Key::new(format!("input-{input}"));
        let key = key.map_err(|error| ArrayError::value(name, error.to_string()))?;
        Ok(BlockInput::new(u64::MAX, input as u32, key))
    });
    let stand_ins = stand_ins.collect::<Result<Vec<BlockInput>>>()?;
    let mut identity = Identity::new("calls");
    let mut at = SmallVec::new();
    for block in 0..if by_place { blocks } else { blocks.min(1) } {
        place(&axes, block, &mut at);
        identity.bytes(calls.key(&at, &stand_ins)?.as_bytes());
    }
    let layer = Tasks {
        name,
        digest: identity.digest(),
        inputs: inputs.iter().map(|(_, from)| from.clone()).collect(),
        calls,
    };
    let arrays: Vec<&Array> = inputs.iter().map(|(array, _)| *array).collect();
    Ok(Array::from_layer(layer, &arrays, dtype, axes))
}

/// Each axis of the array is that of the result.
pub(super) fn as_it_is(array: &Array) -> From {
    let axes = array.axes().iter().enumerate();
    axes.map(|(at, axis)| (axis.blocks(), Some(at))).collect()
}
