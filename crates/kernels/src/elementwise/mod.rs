//! Element by element: functions of one and two arrays, casts and choices, by numpy's rules.
//!
//! A kernel is an operation, the dtype that it is computed in, and where its operands come from:
//! blocks, which are cast and broadcast, or single numbers. Kernels in a row are computed together,
//! tile by tile ([`Program`](crate::Program)).

mod binary;
mod loops;
pub(crate) mod tiles;
mod typed;
mod unary;
mod weak;

pub use binary::Binary;
pub use unary::{Types, Unary};
pub use weak::result_type;

use crate::block::Block;
use crate::dtype::DType;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, single};
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use tiles::{Code, Instruction, Value};

/// What is done with each element.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// A function of one array.
    Unary(Unary),
    /// A function of two arrays.
    Binary(Binary),
    /// The first operand chooses between the second and the third.
    Where,
    /// The operand as the dtype. Fractions are cut off, what does not fit wraps around, and NaN and
    /// infinity as integers are an error.
    Cast,
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Operand {
    /// The next of the kernel's blocks.
    Block,
    /// This number.
    Number(Scalar),
}

/// An operation element by element.
///
/// ```
/// use taskloom_kernels::elementwise::{Binary, Elementwise, Operand};
/// use taskloom_kernels::{Block, DType, Kernel, Scalar};
///
/// let half = [Operand::Block, Operand::Number(Scalar::from(2.0))];
/// let half = Elementwise::binary_of(Binary::Divide, DType::F64, half);
/// let out = Kernel::Elementwise(half).run(vec![Block::vector(vec![1_i32, 3])])?;
/// assert_eq!(out[0], Block::vector(vec![0.5, 1.5]));
/// # Ok::<(), taskloom_kernels::KernelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elementwise {
    op: Op,
    /// What the operands are cast to before.
    compute: DType,
    operands: SmallVec<[Operand; 3]>,
}

impl Elementwise {
    /// A function of one block.
    pub fn unary(op: Unary, compute: DType) -> Self {
        Self {
            op: Op::Unary(op),
            compute,
            operands: SmallVec::from_slice(&[Operand::Block]),
        }
    }

    /// A function of two blocks.
    pub fn binary(op: Binary, compute: DType) -> Self {
        Self::binary_of(op, compute, [Operand::Block, Operand::Block])
    }

    /// A function of blocks and numbers.
    pub fn binary_of(op: Binary, compute: DType, operands: [Operand; 2]) -> Self {
        Self {
            op: Op::Binary(op),
            compute,
            operands: SmallVec::from_slice(&operands),
        }
    }

    /// A choice by the first operand, which counts as a truth value.
    pub fn choice(dtype: DType, operands: [Operand; 3]) -> Self {
        Self {
            op: Op::Where,
            compute: dtype,
            operands: SmallVec::from_slice(&operands),
        }
    }

    /// The block as another dtype.
    pub fn cast(dtype: DType) -> Self {
        Self {
            op: Op::Cast,
            compute: dtype,
            operands: SmallVec::from_slice(&[Operand::Block]),
        }
    }

    /// The dtype of the result.
    pub fn result(&self) -> DType {
        self.op.result(self.compute)
    }

    /// What it is called: numpy's name.
    pub fn name(&self) -> &'static str {
        self.op.name()
    }

    pub(crate) fn class(&self) -> Class {
        Class::Inline
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let values: SmallVec<[Value; 3]> = (0..inputs.len()).map(Value::Block).collect();
        let mut code = Code::new(inputs);
        self.compile(&values, &mut code)?;
        Ok(single(code.run()?))
    }

    /// How many blocks it takes.
    pub(crate) fn arity(&self) -> usize {
        let blocks = self.operands.iter().filter(|one| **one == Operand::Block);
        blocks.count()
    }

    /// Adds it to code whose values are given for its blocks. Gives the value that it makes.
    ///
    /// # Errors
    /// If there are more or fewer values than it takes, or a number does not fit the dtype.
    pub(crate) fn compile(&self, blocks: &[Value], code: &mut Code) -> Result<Value, KernelError> {
        let expected = match self.op {
            Op::Unary(_) | Op::Cast => 1,
            Op::Binary(_) => 2,
            Op::Where => 3,
        };
        if blocks.len() != self.arity() || self.operands.len() != expected {
            return Err(KernelError::Program(format!(
                "{} takes {} blocks and was given {}",
                self.name(),
                self.arity(),
                blocks.len()
            )));
        }
        let mut blocks = blocks.iter();
        let mut args = SmallVec::new();
        for (place, operand) in self.operands.iter().enumerate() {
            let dtype = match (self.op, place) {
                (Op::Where, 0) => DType::Bool,
                _ => self.compute,
            };
            args.push(match operand {
                Operand::Number(number) => code.number(*number, dtype),
                Operand::Block => match blocks.next() {
                    Some(&value) => value,
                    None => return Err(KernelError::Program("too few blocks".to_owned())),
                },
            });
        }
        code.push(Instruction {
            op: self.op,
            compute: self.compute,
            args,
        })
    }
}

impl Op {
    /// What it is called in errors and in names of tasks.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unary(op) => op.name(),
            Self::Binary(op) => op.name(),
            Self::Where => "where",
            Self::Cast => "astype",
        }
    }

    /// The dtype that comes out if it is computed in this one.
    pub(crate) fn result(self, compute: DType) -> DType {
        match self {
            Self::Unary(op) => op.types(compute).map_or(compute, |types| types.result),
            Self::Binary(op) => {
                let types = op.types(compute, compute);
                types.map_or(compute, |types| types.result)
            }
            Self::Where | Self::Cast => compute,
        }
    }
}

#[cfg(test)]
mod tests;
