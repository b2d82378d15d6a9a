//! A few kernels in a row, which one task runs.
//!
//! Here: what a program is, and how it travels. Which of its steps are computed together is in `plan`,
//! the computation in `run`.

mod plan;
mod run;

use crate::align::Align;
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Kernel, Outputs};
use run::Run;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::sync::Arc;

/// Where a step takes an input from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// An input of the program, by place.
    Input(u32),
    /// What an earlier step made, by place, and which of its outputs.
    Step(u32, u32),
}

/// One kernel with the places of its inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it does. Shared: the blocks of an array mostly have the same work done to them.
    pub kernel: Arc<Kernel>,
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
    /// The program as bytes, as it travels, in place of what is in `buffer`: those who encode many
    /// programs use one buffer for all.
    ///
    /// # Errors
    /// Never for programs that were built from kernels. The buffer is then empty.
    pub fn encode_into(&self, buffer: &mut Vec<u8>) -> Result<(), KernelError> {
        buffer.clear();
        let encoded = postcard::to_extend(self, std::mem::take(buffer));
        *buffer = encoded.map_err(|error| KernelError::Program(error.to_string()))?;
        Ok(())
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

#[cfg(test)]
mod tests;
