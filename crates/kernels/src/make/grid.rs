//! Blocks of a grid of coordinates.

use crate::block::{Block, Extent};
use crate::element::Element;
use crate::error::KernelError;
use crate::room::room;
use serde::{Deserialize, Serialize};

/// A block of numpy's `meshgrid`: one of the inputs, which have one axis each, along one axis, and
/// repeated along all others, which are as long as the other inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// For each axis of the block, which input is as long.
    pub lengths: Extent,
    /// The axis along which the block varies; its input holds the values.
    pub axis: usize,
}

impl Grid {
    pub(super) fn run(&self, inputs: Vec<Block>) -> Result<Block, KernelError> {
        let refused = || KernelError::Program(format!("{self:?} does not fit its inputs"));
        let lengths = self
            .lengths
            .iter()
            .map(|&input| inputs.get(input).map(|b| b.len()));
        let shape: Extent = lengths.collect::<Option<_>>().ok_or_else(refused)?;
        let values = self
            .lengths
            .get(self.axis)
            .and_then(|&input| inputs.get(input));
        let values = values.ok_or_else(refused)?;
        if inputs.iter().any(|input| input.ndim() != 1) {
            return Err(KernelError::value("meshgrid", "is of arrays of one axis"));
        }
        crate::dispatch!(values.dtype(), T => {
            spread(&values.clone().into_vec::<T>()?, &shape, self.axis)
        })
    }
}

fn spread<T: Element>(values: &[T], shape: &[usize], axis: usize) -> Result<Block, KernelError> {
    let (mut elements, size) = room("meshgrid", shape)?;
    if size > 0 {
        let inner = shape[axis + 1..].iter().product::<usize>();
        for &value in values {
            elements.resize(elements.len() + inner, value);
        }
        let once = elements.len();
        while elements.len() < size {
            elements.extend_from_within(..once);
        }
    }
    Block::new(elements, shape)
}
