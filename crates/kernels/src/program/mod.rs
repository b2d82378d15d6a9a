//! A few kernels in a row, which one task runs.
//!
//! Here: what a program is, and how it travels. Which of its steps are computed together is in `plan`,
//! the computation in `run`.

mod plan;
mod run;

use crate::block::{Block, Extent};
use crate::error::{KernelError, Shape};
use crate::kernel::{Kernel, Outputs};
use run::Run;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Where a step takes an input from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// An input of the program, by place.
    Input(u32),
    /// What an earlier step made, by place, and which of its outputs.
    Step(u32, u32),
}

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

/// One kernel with the places of its inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    pub kernel: Kernel,
    /// What it does it with.
    pub inputs: SmallVec<[Source; 3]>,
    /// For inputs with axes of unknown length: what is checked when their lengths are there.
    pub align: Option<Box<Align>>,
}

/// Kernels in a row, each after those whose results it takes; the last one's outputs are the result.
/// Without steps, the inputs are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Program {
    /// The program as bytes, as it travels.
    ///
    /// # Errors
    /// Never for programs that were built from kernels.
    pub fn encode(&self) -> Result<Vec<u8>, KernelError> {
        postcard::to_stdvec(self).map_err(|error| KernelError::Program(error.to_string()))
    }

    /// A program of its bytes.
    ///
    /// # Errors
    /// If they are none.
    pub fn decode(bytes: &[u8]) -> Result<Self, KernelError> {
        postcard::from_bytes(bytes).map_err(|error| KernelError::Program(error.to_string()))
    }

    /// Runs the steps on these inputs. A block is given away to the last step that takes it, so one
    /// that nobody else has can be reused.
    ///
    /// # Errors
    /// If a step fails, or the program is none.
    pub fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        if self.steps.is_empty() {
            return Ok(inputs.into());
        }
        Run::new(self, inputs)?.all()
    }
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

#[cfg(test)]
mod tests;
