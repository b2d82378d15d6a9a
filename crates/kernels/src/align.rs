//! What inputs of unknown lengths must hold to when they are there.

use crate::block::Extent;
use crate::error::{KernelError, Shape};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// What inputs along axes of unknown length must hold to, beyond what the kernel itself asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Align {
    /// The names of the arrays that the inputs are blocks of.
    pub names: SmallVec<[String; 2]>,
    /// Which block of the result is made.
    pub block: Extent,
    /// Per input one bit per axis of the result: set where the array was declared to have length 1
    /// there and may be stretched. Any other length of 1 is a length like others.
    pub stretch: SmallVec<[u64; 2]>,
}

impl Align {
    /// That the inputs have equal lengths along each axis, axes counted from the last as numpy does,
    /// except where one was declared to have length 1.
    pub(crate) fn check(&self, operation: &str, inputs: &[&[usize]]) -> Result<(), KernelError> {
        let ndim = inputs.iter().map(|shape| shape.len()).max().unwrap_or(0);
        for axis in 0..ndim {
            let mut first: Option<(usize, usize)> = None;
            for (at, input) in inputs.iter().enumerate() {
                let skipped = ndim - input.len();
                let stretches = self
                    .stretch
                    .get(at)
                    .is_some_and(|bits| axis < 64 && bits >> axis & 1 == 1);
                if axis < skipped || stretches {
                    continue;
                }
                let len = input[axis - skipped];
                match first {
                    None => first = Some((at, len)),
                    Some((_, known)) if known == len => {}
                    Some((left, left_len)) => {
                        let name = |at: usize| self.names.get(at).cloned().unwrap_or_default();
                        return Err(KernelError::Misaligned {
                            operation: operation.to_owned(),
                            left: name(left),
                            right: name(at),
                            block: Shape(self.block.clone()),
                            axis,
                            left_len,
                            right_len: len,
                        });
                    }
                }
            }
        }
        Ok(())
    }
}
