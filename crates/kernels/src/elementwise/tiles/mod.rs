//! Element-wise operations in a row, computed together: a tile of all of them that fits the cache
//! beside the processor, then the next tile. What lies between two operations is never as large as a
//! block.
//!
//! Here: what is to be computed ([`Code`]). How a block is cut into tiles is in `walk`, how a tile of
//! an input is laid out for the loops in `gather`, the computation in `evaluate`.

mod evaluate;
mod gather;
mod walk;

use super::Op;
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::error::{KernelError, Shape};
use crate::scalar::Scalar;
use smallvec::SmallVec;

/// Something that an instruction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// An input, by place.
    Block(usize),
    /// A single number, by place.
    Number(usize),
    /// What an earlier instruction made, by place.
    Made(usize),
}

/// One operation on whole tiles.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    pub op: Op,
    /// The dtype that it is computed in.
    pub compute: DType,
    pub args: SmallVec<[Value; 3]>,
}

/// Operations in the order in which they are computed, and their inputs. The last makes the result.
#[derive(Default)]
pub(crate) struct Code {
    inputs: Vec<Block>,
    numbers: Vec<(Scalar, DType)>,
    instructions: Vec<Instruction>,
}

impl Code {
    pub(crate) fn new(inputs: Vec<Block>) -> Self {
        Self {
            inputs,
            ..Self::default()
        }
    }

    /// Adds a number.
    pub(crate) fn number(&mut self, number: Scalar, dtype: DType) -> Value {
        self.numbers.push((number, dtype));
        Value::Number(self.numbers.len() - 1)
    }

    /// Adds an operation, and casts of its operands before it.
    pub(crate) fn push(&mut self, mut instruction: Instruction) -> Result<Value, KernelError> {
        for place in 0..instruction.args.len() {
            let wanted = match (instruction.op, place) {
                (Op::Cast, _) => continue,
                (Op::Where, 0) => DType::Bool,
                _ => instruction.compute,
            };
            let from = self.dtype(instruction.args[place])?;
            let exact = matches!(instruction.op, Op::Binary(op) if op.is_comparison())
                && (from, wanted) == (DType::U64, DType::I64);
            if from != wanted && !exact {
                let cast = Instruction {
                    op: Op::Cast,
                    compute: wanted,
                    args: SmallVec::from_slice(&[instruction.args[place]]),
                };
                let known = self.instructions.iter().position(|one| {
                    (one.op, one.compute) == (Op::Cast, wanted) && one.args == cast.args
                });
                instruction.args[place] = Value::Made(match known {
                    Some(known) => known,
                    None => {
                        self.instructions.push(cast);
                        self.instructions.len() - 1
                    }
                });
            }
        }
        self.instructions.push(instruction);
        Ok(Value::Made(self.instructions.len() - 1))
    }

    /// The dtype of a value.
    fn dtype(&self, value: Value) -> Result<DType, KernelError> {
        let dtype = match value {
            Value::Block(at) => self.inputs.get(at).map(Block::dtype),
            Value::Number(at) => self.numbers.get(at).map(|(_, dtype)| *dtype),
            Value::Made(at) => {
                let made = self.instructions.get(at);
                made.map(|made| made.op.result(made.compute))
            }
        };
        dtype.ok_or_else(|| KernelError::Program(format!("{value:?} is not there")))
    }

    /// The name of the last operation, for errors.
    fn name(&self) -> &'static str {
        self.instructions
            .last()
            .map_or("pass", |last| last.op.name())
    }
}

/// The shape in which shapes meet by numpy's rules: axes are counted from the last, and a length of 1
/// stretches.
///
/// # Errors
/// If two lengths differ and neither is 1.
pub(crate) fn broadcast<'a>(
    operation: &str,
    shapes: impl IntoIterator<Item = &'a [usize]>,
) -> Result<Extent, KernelError> {
    let mut common = Extent::new();
    for shape in shapes {
        let more = shape.len().saturating_sub(common.len());
        common.insert_many(0, std::iter::repeat_n(1, more));
        let skipped = common.len() - shape.len();
        for (axis, &len) in shape.iter().enumerate() {
            let known = &mut common[skipped + axis];
            if *known == 1 {
                *known = len;
            } else if len != 1 && len != *known {
                return Err(KernelError::Shapes {
                    operation: operation.to_owned(),
                    left: Shape(common),
                    right: Shape(shape.into()),
                });
            }
        }
    }
    Ok(common)
}
