//! Running results along an axis: cumulative sums and products.
//!
//! Blocks along an axis are scanned beside each other: each gets what all before it sum up to as its
//! *carry*, and the carries are made of the sums of whole blocks ([`Scan::Carries`]).

use crate::block::{Block, Extent};
use crate::dtype::{DType, Kind};
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::kernel::{Class, Outputs, single};
use crate::reduce::{Monoid, NanProd, NanSum, Prod, Sum, narrowed};
use num_complex::Complex;
use serde::{Deserialize, Serialize};

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Running {
    /// The sum.
    Sum,
    /// The product.
    Prod,
}

/// Running results along an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Scan {
    /// A block, and a carry of length 1 along the axis unless the block is the first.
    Along {
        /// What runs.
        what: Running,
        /// Along which axis.
        axis: usize,
        /// Whether NaN counts as 0 in sums and as 1 in products.
        skip_nan: bool,
    },
    /// The totals of blocks in a row become so many carries: what comes before each block. The
    /// first input is what comes before all of them, if `carried`.
    Carries {
        /// What runs.
        what: Running,
        /// Whether the first input comes before the totals.
        carried: bool,
        /// How many carries are made; if there are fewer totals, the last is repeated.
        outputs: u32,
    },
}

impl Scan {
    /// The dtype of running sums and products, by numpy's rules: integers and truth values run in 64
    /// bits.
    pub const fn result_dtype(dtype: DType) -> DType {
        match dtype.kind() {
            Kind::Bool | Kind::Signed => DType::I64,
            Kind::Unsigned => DType::U64,
            Kind::Float | Kind::Complex => dtype,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match *self {
            Self::Along { what, skip_nan, .. } => match (what, skip_nan) {
                (Running::Sum, false) => "cumsum",
                (Running::Sum, true) => "nancumsum",
                (Running::Prod, false) => "cumprod",
                (Running::Prod, true) => "nancumprod",
            },
            Self::Carries { .. } => "carries",
        }
    }

    pub(crate) fn class(&self) -> Class {
        Class::Task
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        match *self {
            Self::Along {
                what,
                axis,
                skip_nan,
            } => self.along(what, axis, skip_nan, &inputs).map(single),
            Self::Carries {
                what,
                carried,
                outputs,
            } => carries(what, carried, outputs, &inputs),
        }
    }

    fn along(
        &self,
        what: Running,
        axis: usize,
        skip_nan: bool,
        inputs: &[Block],
    ) -> Result<Block, KernelError> {
        let (block, carry) = match inputs {
            [block] => (block, None),
            [block, carry] => (block, Some(carry)),
            _ => {
                let given = format!(
                    "{} takes a block and a carry, not {}",
                    self.name(),
                    inputs.len()
                );
                return Err(KernelError::Program(given));
            }
        };
        if axis >= block.ndim() {
            let reason = format!("a block of {} axes has no axis {axis}", block.ndim());
            return Err(KernelError::value(self.name(), reason));
        }
        if let Some(carry) = carry {
            let mut shape: Extent = block.shape().into();
            shape[axis] = 1;
            if carry.shape() != shape.as_slice() {
                return Err(KernelError::Shapes {
                    operation: self.name().to_owned(),
                    left: Shape(block.shape().into()),
                    right: Shape(carry.shape().into()),
                });
            }
        }
        let dtype = block.dtype();
        let skipped = match skip_nan {
            true => crate::dispatch_inexact!(dtype, T => Some(match what {
                Running::Sum => scanned::<T, NanSum>(block, carry, axis)?,
                Running::Prod => scanned::<T, NanProd>(block, carry, axis)?,
            }), else None),
            false => None,
        };
        let result = match skipped {
            Some(result) => result,
            None => crate::dispatch!(dtype, T => match what {
                Running::Sum => scanned::<T, Sum>(block, carry, axis)?,
                Running::Prod => scanned::<T, Prod>(block, carry, axis)?,
            }),
        };
        narrowed(result, dtype)
    }
}

fn scanned<T: Element, M: Monoid<T>>(
    block: &Block,
    carry: Option<&Block>,
    axis: usize,
) -> Result<Block, KernelError> {
    let row = block.contiguous();
    let elements = row.as_slice::<T>()?.unwrap_or_default();
    let len = block.shape()[axis];
    let width: usize = block.shape()[axis + 1..].iter().product();
    let mut results: Vec<M::Acc> = elements.iter().map(|&x| M::lift(x)).collect();
    let carry = match carry {
        Some(carry) => Some(carry.clone().into_vec::<M::Acc>()?),
        None => None,
    };
    if results.is_empty() {
        return Block::new(results, block.shape());
    }
    for (at, results) in results.chunks_exact_mut(len * width).enumerate() {
        if let Some(carry) = &carry {
            let carry = &carry[at * width..(at + 1) * width];
            for (result, &carry) in results.iter_mut().zip(carry) {
                *result = M::join(carry, *result);
            }
        }
        match width {
            1 => {
                let mut running = results[0];
                for result in &mut results[1..] {
                    running = M::join(running, *result);
                    *result = running;
                }
            }
            _ => {
                for at in 1..len {
                    let (before, row) = results.split_at_mut(at * width);
                    let before = &before[(at - 1) * width..];
                    for (result, &before) in row[..width].iter_mut().zip(before) {
                        *result = M::join(before, *result);
                    }
                }
            }
        }
    }
    Block::new(results, block.shape())
}

fn carries(
    what: Running,
    carried: bool,
    outputs: u32,
    inputs: &[Block],
) -> Result<Outputs, KernelError> {
    let Some(first) = inputs.first() else {
        return Err(KernelError::Program("carries of no totals".to_owned()));
    };
    match first.dtype() {
        DType::I64 => carries_of::<i64>(what, carried, outputs, inputs),
        DType::U64 => carries_of::<u64>(what, carried, outputs, inputs),
        DType::F64 => carries_of::<f64>(what, carried, outputs, inputs),
        DType::C128 => carries_of::<Complex<f64>>(what, carried, outputs, inputs),
        dtype => Err(KernelError::DType {
            operation: "carries".to_owned(),
            dtype,
        }),
    }
}

fn carries_of<T>(
    what: Running,
    carried: bool,
    outputs: u32,
    inputs: &[Block],
) -> Result<Outputs, KernelError>
where
    T: Element,
    Sum: Monoid<T, Acc = T>,
    Prod: Monoid<T, Acc = T>,
{
    let shape = inputs[0].shape();
    let mut totals = inputs.iter();
    let mut running = match (carried, what) {
        (true, _) => match totals.next() {
            Some(carry) => carry.clone().into_vec::<T>()?,
            None => Vec::new(),
        },
        (false, Running::Sum) => vec![T::ZERO; inputs[0].len()],
        (false, Running::Prod) => vec![T::ONE; inputs[0].len()],
    };
    let mut results = Outputs::new();
    for total in totals {
        if total.shape() != shape {
            return Err(KernelError::Shapes {
                operation: "carries".to_owned(),
                left: Shape(shape.into()),
                right: Shape(total.shape().into()),
            });
        }
        results.push(Block::new(running.clone(), shape)?);
        for (running, total) in running.iter_mut().zip(total.clone().into_vec::<T>()?) {
            *running = match what {
                Running::Sum => <Sum as Monoid<T>>::join(*running, total),
                Running::Prod => <Prod as Monoid<T>>::join(*running, total),
            };
        }
    }
    if let Some(last) = results.last().cloned() {
        while results.len() < outputs as usize {
            results.push(last.clone());
        }
    }
    Ok(results)
}

#[cfg(test)]
mod tests;
