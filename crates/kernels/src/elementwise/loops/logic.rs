//! Truth values.

use super::Work;
use crate::dtype::DType;
use crate::elementwise::binary::Binary;
use crate::elementwise::typed::Typed;
use crate::elementwise::unary::Unary;
use crate::error::KernelError;

/// Functions of truth values; what numpy has no loop for is computed as integers instead.
pub(super) fn unary(op: Unary, work: Work<'_, '_>) -> Result<(), KernelError> {
    match op {
        Unary::Absolute
        | Unary::Floor
        | Unary::Ceil
        | Unary::Trunc
        | Unary::Real
        | Unary::NanToNum { .. } => work.fast(|a: bool| a),
        Unary::IsFinite => work.fast(|_: bool| true),
        Unary::IsNan | Unary::IsInf | Unary::Imag => work.fast(|_: bool| false),
        Unary::LogicalNot | Unary::Invert => work.fast(|a: bool| !a),
        _ => work.refused(DType::Bool),
    }
}

/// Functions of two truth values.
pub(super) fn binary(op: Binary, work: Work<'_, '_>) -> Result<(), KernelError> {
    match op {
        Binary::Add | Binary::Maximum | Binary::Fmax | Binary::BitwiseOr => {
            work.fast_zip(|a: bool, b: bool| a | b)
        }
        Binary::Multiply | Binary::Minimum | Binary::Fmin | Binary::BitwiseAnd => {
            work.fast_zip(|a: bool, b: bool| a & b)
        }
        Binary::BitwiseXor => work.fast_zip(|a: bool, b: bool| a ^ b),
        _ => work.refused(DType::Bool),
    }
}

/// Logic of any numbers: what is not zero is true, NaN as well.
pub(super) fn logical<T: Typed>(op: Binary, work: Work<'_, '_>) -> Result<(), KernelError> {
    match op {
        Binary::LogicalAnd => work.fast_zip(|a: T, b: T| (a != T::ZERO) & (b != T::ZERO)),
        Binary::LogicalOr => work.fast_zip(|a: T, b: T| (a != T::ZERO) | (b != T::ZERO)),
        _ => work.fast_zip(|a: T, b: T| (a != T::ZERO) ^ (b != T::ZERO)),
    }
}
