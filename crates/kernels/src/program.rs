//! A few kernels in a row, which one task runs.

use crate::block::{Block, Extent};
use crate::error::{KernelError, Shape};
use crate::kernel::{Kernel, Outputs};
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
        let mut run = Run::new(self, inputs)?;
        for (at, step) in self.steps.iter().enumerate() {
            let inputs = run.take(at, step)?;
            if let Some(align) = &step.align {
                align.check(step.kernel.name(), &inputs)?;
            }
            let outputs = step.kernel.run(inputs)?;
            run.made[at] = outputs.into_iter().map(Some).collect();
        }
        let last = run.made.pop().unwrap_or_default();
        let last: Option<Outputs> = last.into_iter().collect();
        last.ok_or_else(|| KernelError::Program("a result is used and given away".to_owned()))
    }
}

/// A program as it runs.
struct Run {
    inputs: Vec<Option<Block>>,
    made: Vec<SmallVec<[Option<Block>; 1]>>,
    /// Per input, and per step, the last step that takes from it.
    last_use_of_input: Vec<usize>,
    last_use_of_step: Vec<usize>,
}

impl Run {
    fn new(program: &Program, inputs: Vec<Block>) -> Result<Self, KernelError> {
        let mut last_use_of_input = vec![0; inputs.len()];
        let mut last_use_of_step = vec![0; program.steps.len()];
        for (at, step) in program.steps.iter().enumerate() {
            for source in &step.inputs {
                let seen = match *source {
                    Source::Input(input) => last_use_of_input.get_mut(input as usize),
                    Source::Step(step, _) if (step as usize) < at => {
                        last_use_of_step.get_mut(step as usize)
                    }
                    Source::Step(..) => None,
                };
                let Some(seen) = seen else {
                    return Err(KernelError::Program(format!(
                        "step {at} takes {source:?}, of {} inputs",
                        inputs.len()
                    )));
                };
                *seen = at;
            }
        }
        Ok(Self {
            inputs: inputs.into_iter().map(Some).collect(),
            made: vec![SmallVec::new(); program.steps.len()],
            last_use_of_input,
            last_use_of_step,
        })
    }

    /// The inputs of a step: given away if no later step, and no other input of this one, takes them.
    fn take(&mut self, at: usize, step: &Step) -> Result<Vec<Block>, KernelError> {
        let mut blocks = Vec::with_capacity(step.inputs.len());
        for (place, source) in step.inputs.iter().enumerate() {
            let again = step.inputs[place + 1..].contains(source);
            let (slot, last) = match *source {
                Source::Input(input) => (
                    self.inputs.get_mut(input as usize),
                    self.last_use_of_input[input as usize],
                ),
                Source::Step(step, output) => (
                    self.made[step as usize].get_mut(output as usize),
                    self.last_use_of_step[step as usize],
                ),
            };
            let block = match slot {
                Some(slot) if last == at && !again => slot.take(),
                Some(slot) => slot.clone(),
                None => None,
            };
            blocks.push(block.ok_or_else(|| {
                KernelError::Program(format!("step {at} takes {source:?}, which is not there"))
            })?);
        }
        Ok(blocks)
    }
}

impl Align {
    /// That the inputs have equal lengths along each axis, axes counted from the last as numpy does,
    /// except where one was declared to have length 1.
    pub(crate) fn check(&self, operation: &str, inputs: &[Block]) -> Result<(), KernelError> {
        let ndim = inputs.iter().map(Block::ndim).max().unwrap_or(0);
        for axis in 0..ndim {
            let mut first: Option<(usize, usize)> = None;
            for (at, input) in inputs.iter().enumerate() {
                let skipped = ndim - input.ndim();
                let stretches = self
                    .stretch
                    .get(at)
                    .is_some_and(|bits| bits >> axis & 1 == 1);
                if axis < skipped || stretches {
                    continue;
                }
                let len = input.len_of(axis - skipped);
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
