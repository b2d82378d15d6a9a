//! Counting over all blocks, in whatever order they come: a state per block, merged in groups.

use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::index::any_order;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::reduce::SPLIT_EVERY;
use taskloom_kernels::order::{Order, Tally};
use taskloom_kernels::{DType, Kernel};

/// The state of all blocks: one place, whose outputs are the parts of the state. The first input is
/// taken with each block if it is `shared`; the others are cut alike.
pub(super) fn tallied(tally: Tally, inputs: &[&Array], shared: bool) -> Result<Array> {
    // Nothing here asks for an order, unless weights have the same one.
    let elements = inputs
        .get(usize::from(shared))
        .map(|input| any_order(input));
    let mut inputs = inputs.to_vec();
    if let (Some(elements), true) = (&elements, inputs.len() == 1 + usize::from(shared)) {
        inputs[usize::from(shared)] = elements;
    }
    let inputs = inputs.as_slice();
    let blocks = inputs.last().map_or(0, |input| input.npartitions());
    if blocks == 0 {
        let reason = "an array without blocks; one without elements has one of length 0";
        return Err(ArrayError::value(tally.name(), reason));
    }
    let layer = OfBlocks {
        tally,
        inputs: inputs.len(),
        shared,
    };
    // The dtype of a state is that of its blocks; nobody asks for it.
    let dtype = DType::I64;
    let mut states = Array::from_layer(layer, inputs, dtype, [Axis::opaque(blocks)]);
    while states.npartitions() > 1 {
        let blocks = states.npartitions();
        let layer = OfStates { tally, blocks };
        let axes = [Axis::opaque(blocks.div_ceil(SPLIT_EVERY))];
        states = Array::from_layer(layer, &[&states], dtype, axes);
    }
    states.check()?;
    Ok(states)
}

struct OfBlocks {
    tally: Tally,
    inputs: usize,
    shared: bool,
}

impl Layer for OfBlocks {
    fn name(&self) -> &'static str {
        self.tally.name()
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.tally);
    }

    fn outputs(&self) -> u32 {
        self.tally.parts() as u32
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let inputs = (0..self.inputs).map(|input| match input == 0 && self.shared {
            true => BlockRef::new(0, 0),
            false => BlockRef::new(input, at[0]),
        });
        BlockTask::kernel(Kernel::Order(Order::Tally(self.tally)), inputs)
    }
}

struct OfStates {
    tally: Tally,
    blocks: usize,
}

impl Layer for OfStates {
    fn name(&self) -> &'static str {
        self.tally.name()
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.tally).number(SPLIT_EVERY as u64);
    }

    fn outputs(&self) -> u32 {
        self.tally.parts() as u32
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let start = at[0] * SPLIT_EVERY;
        let end = (start + SPLIT_EVERY).min(self.blocks);
        let states = (start..end).flat_map(|block| {
            let part = move |output| BlockRef {
                input: 0,
                block,
                output,
            };
            (0..self.tally.parts() as u32).map(part)
        });
        BlockTask::kernel(Kernel::Order(Order::MergeTally(self.tally)), states)
    }
}

/// A part of the state as an array of one block.
pub(super) fn part(state: &Array, output: u32, dtype: DType, axis: Axis) -> Array {
    Array::from_layer(Part { output }, &[state], dtype, [axis])
}

struct Part {
    output: u32,
}

impl Layer for Part {
    fn name(&self) -> &'static str {
        "part"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(u64::from(self.output));
    }

    fn block(&self, _at: &[usize]) -> BlockTask {
        BlockTask::alias(BlockRef {
            input: 0,
            block: 0,
            output: self.output,
        })
    }
}

/// A kernel on the first parts of single blocks, which makes a single block.
pub(super) struct OfOne {
    pub(super) kernel: Order,
    /// Which block each input is: an input, and which of its outputs.
    pub(super) inputs: Vec<(usize, u32)>,
}

impl Layer for OfOne {
    fn name(&self) -> &'static str {
        match self.kernel {
            Order::Edges { .. } => "edges",
            Order::Density => "density",
            _ => "quantile",
        }
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel).value(&self.inputs);
    }

    fn block(&self, _at: &[usize]) -> BlockTask {
        let inputs = self.inputs.iter().map(|&(input, output)| BlockRef {
            input,
            block: 0,
            output,
        });
        BlockTask::kernel(Kernel::Order(self.kernel.clone()), inputs)
    }
}

/// Weights as they are needed beside an array: cut alike.
pub(super) fn weights_of(operation: &str, array: &Array, weights: &Array) -> Result<Array> {
    let weights = weights.good()?;
    if weights.dtype().is_complex() {
        return Err(ArrayError::DType {
            operation: operation.to_owned(),
            dtype: weights.dtype(),
            reason: ": weights are real".to_owned(),
        });
    }
    let axes = || array.axes().iter().zip(weights.axes()).enumerate();
    if array.ndim() == weights.ndim() && axes().all(|(_, (a, b))| a.is_aligned(b)) {
        return Ok(weights.clone());
    }
    let same = array.ndim() == weights.ndim()
        && axes().all(|(_, (a, b))| a.len() == b.len() || a.len().is_none() || b.len().is_none());
    if !same {
        return Err(ArrayError::Shapes {
            operation: operation.to_owned(),
            left: format!("{:?}", array.shape()),
            right: format!("{:?}", weights.shape()),
            reason: ": each element needs its weight".to_owned(),
        });
    }
    if let Some((axis, (a, b))) =
        axes().find(|(_, (a, b))| !(a.is_known() && b.is_known() || a.is_aligned(b)))
    {
        return Err(ArrayError::NotAligned {
            operation: operation.to_owned(),
            axis,
            left: array.name(),
            right: weights.name(),
            left_cut: a.reason().to_owned(),
            right_cut: b.reason().to_owned(),
        });
    }
    let chunks = array.axes().iter().map(|axis| match axis.known_lengths() {
        Some(lengths) => crate::Chunk::Exact(lengths),
        None => crate::Chunk::Keep,
    });
    weights.rechunk(crate::Chunks::each(chunks))
}
