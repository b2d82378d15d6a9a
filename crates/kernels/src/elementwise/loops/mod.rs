//! The loops: an operation on slices of one dtype.
//!
//! Loops of a few instructions per element are compiled for the vector registers that processors of
//! the day have, beside the plain form; which one runs is found out by [`pulp`].

mod cast;
mod compare;
mod complex;
mod float;
mod integer;
mod logic;

use super::Op;
use super::binary::Binary;
use super::typed::{Slice, Tile, Typed, mismatch};
use crate::dtype::DType;
use crate::error::KernelError;
use std::ops::Range;

/// Runs an expression with the Rust type of an integer dtype.
macro_rules! integers {
    ($dtype:expr, $T:ident => $body:expr, else $other:expr) => {
        crate::dispatch_ordered!(@arms $dtype, $T => $body, $other,
            I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64)
    };
}

/// What a loop reads and writes: slices of the same length.
pub(super) struct Work<'a, 'b> {
    /// What the operation is called.
    pub name: &'static str,
    pub args: &'a [Slice<'b>],
    pub out: &'a mut Tile,
    /// Where in `out` the results go.
    pub range: Range<usize>,
}

/// Runs an operation. Numbers that cannot be cast are counted in `faults`.
///
/// # Errors
/// If the operation is not for the dtype, or for some of the values.
pub(super) fn apply(
    op: Op,
    compute: DType,
    work: Work<'_, '_>,
    faults: &mut usize,
) -> Result<(), KernelError> {
    match op {
        Op::Cast => cast::cast(work, compute, faults),
        Op::Where => crate::dispatch!(compute, T => choose::<T>(work)),
        Op::Unary(op) => match compute {
            DType::Bool => logic::unary(op, work),
            DType::F32 => float::unary::<f32>(op, work),
            DType::F64 => float::unary::<f64>(op, work),
            DType::C64 => complex::unary::<f32>(op, work),
            DType::C128 => complex::unary::<f64>(op, work),
            dtype => integers!(dtype, T => integer::unary::<T>(op, work), else work.refused(dtype)),
        },
        Op::Binary(op) if op.is_comparison() => compare::compare(op, compute, work),
        Op::Binary(op @ (Binary::LogicalAnd | Binary::LogicalOr | Binary::LogicalXor)) => {
            crate::dispatch!(compute, T => logic::logical::<T>(op, work))
        }
        Op::Binary(op) => match compute {
            DType::Bool => logic::binary(op, work),
            DType::F32 => float::binary::<f32>(op, work),
            DType::F64 => float::binary::<f64>(op, work),
            DType::C64 => complex::binary::<f32>(op, work),
            DType::C128 => complex::binary::<f64>(op, work),
            dtype => {
                integers!(dtype, T => integer::binary::<T>(op, work), else work.refused(dtype))
            }
        },
    }
}

impl<'b> Work<'_, 'b> {
    /// The error for a dtype that the operation is not for.
    pub(super) fn refused(&self, dtype: DType) -> Result<(), KernelError> {
        Err(KernelError::DType {
            operation: self.name.to_owned(),
            dtype,
        })
    }

    fn arg<T: Typed>(&self, at: usize) -> Result<&'b [T], KernelError> {
        let slice = self.args.get(at).copied().and_then(T::of_slice);
        slice.ok_or_else(|| mismatch(self.name, T::DTYPE))
    }

    fn out<U: Typed>(&mut self) -> Result<&mut [U], KernelError> {
        let elements = U::of_tile_mut(self.out);
        let part = elements.and_then(|elements| elements.get_mut(self.range.clone()));
        part.ok_or_else(|| mismatch(self.name, U::DTYPE))
    }

    /// A function of one slice that takes long for each element.
    fn map<T: Typed, U: Typed>(mut self, f: impl Fn(T) -> U) -> Result<(), KernelError> {
        let a = self.arg::<T>(0)?;
        for (out, &a) in self.out::<U>()?.iter_mut().zip(a) {
            *out = f(a);
        }
        Ok(())
    }

    /// A function of two slices that takes long for each element.
    fn zip<T: Typed, U: Typed>(mut self, f: impl Fn(T, T) -> U) -> Result<(), KernelError> {
        let (a, b) = (self.arg::<T>(0)?, self.arg::<T>(1)?);
        for ((out, &a), &b) in self.out::<U>()?.iter_mut().zip(a).zip(b) {
            *out = f(a, b);
        }
        Ok(())
    }

    /// A function of one slice of a few instructions, compiled for vector registers.
    fn fast<T: Typed, U: Typed>(mut self, f: impl Fn(T) -> U) -> Result<(), KernelError> {
        let a = self.arg::<T>(0)?;
        let out = self.out::<U>()?;
        pulp::Arch::new().dispatch(|| {
            for (out, &a) in out.iter_mut().zip(a) {
                *out = f(a);
            }
        });
        Ok(())
    }

    /// A function of two slices of a few instructions, compiled for vector registers.
    fn fast_zip<T: Typed, U: Typed>(mut self, f: impl Fn(T, T) -> U) -> Result<(), KernelError> {
        let (a, b) = (self.arg::<T>(0)?, self.arg::<T>(1)?);
        let out = self.out::<U>()?;
        pulp::Arch::new().dispatch(|| {
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *out = f(a, b);
            }
        });
        Ok(())
    }
}

/// The second slice where the first is true, else the third.
fn choose<T: Typed>(mut work: Work<'_, '_>) -> Result<(), KernelError> {
    let (condition, a, b) = (work.arg::<bool>(0)?, work.arg::<T>(1)?, work.arg::<T>(2)?);
    let out = work.out::<T>()?;
    pulp::Arch::new().dispatch(|| {
        for (((out, &condition), &a), &b) in out.iter_mut().zip(condition).zip(a).zip(b) {
            *out = if condition { a } else { b };
        }
    });
    Ok(())
}
