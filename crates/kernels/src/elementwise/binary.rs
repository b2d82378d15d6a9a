//! Functions of two arrays, and numpy's rules for their dtypes.

use super::unary::Types;
use crate::dtype::DType;
use crate::promote::promote;
use serde::{Deserialize, Serialize};

/// A function of two arrays, by numpy's names.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // Each is numpy's function of this name.
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    /// True division.
    Divide,
    FloorDivide,
    /// With the sign of the divisor.
    Remainder,
    /// With the sign of the dividend.
    Fmod,
    Power,
    FloatPower,
    Minimum,
    Maximum,
    Fmin,
    Fmax,
    Arctan2,
    Hypot,
    Logaddexp,
    Logaddexp2,
    Copysign,
    Nextafter,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    LogicalAnd,
    LogicalOr,
    LogicalXor,
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
    LeftShift,
    RightShift,
    Gcd,
    Lcm,
    /// `|a - b| <= atol + rtol * |b|`, and equal infinities; also two NaN if so asked.
    IsClose {
        rtol: f64,
        atol: f64,
        equal_nan: bool,
    },
}

impl Binary {
    /// numpy's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
            Self::FloorDivide => "floor_divide",
            Self::Remainder => "remainder",
            Self::Fmod => "fmod",
            Self::Power => "power",
            Self::FloatPower => "float_power",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::Fmin => "fmin",
            Self::Fmax => "fmax",
            Self::Arctan2 => "arctan2",
            Self::Hypot => "hypot",
            Self::Logaddexp => "logaddexp",
            Self::Logaddexp2 => "logaddexp2",
            Self::Copysign => "copysign",
            Self::Nextafter => "nextafter",
            Self::Equal => "equal",
            Self::NotEqual => "not_equal",
            Self::Less => "less",
            Self::LessEqual => "less_equal",
            Self::Greater => "greater",
            Self::GreaterEqual => "greater_equal",
            Self::LogicalAnd => "logical_and",
            Self::LogicalOr => "logical_or",
            Self::LogicalXor => "logical_xor",
            Self::BitwiseAnd => "bitwise_and",
            Self::BitwiseOr => "bitwise_or",
            Self::BitwiseXor => "bitwise_xor",
            Self::LeftShift => "left_shift",
            Self::RightShift => "right_shift",
            Self::Gcd => "gcd",
            Self::Lcm => "lcm",
            Self::IsClose { .. } => "isclose",
        }
    }

    /// Whether it compares by size or equality.
    pub const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessEqual
                | Self::Greater
                | Self::GreaterEqual
        )
    }

    /// The dtypes for inputs of these dtypes, by numpy's rules; `None` if it is not for such.
    ///
    /// Where numpy computes in `float16`, for truth values and integers of 8 bits, this is `float32`.
    /// Comparisons of `int64` with `uint64` are computed as `int64`, which stands for an exact
    /// comparison of the two.
    ///
    /// ```
    /// use taskloom_kernels::{DType, elementwise::Binary};
    /// let types = Binary::Divide.types(DType::I8, DType::I8);
    /// assert_eq!(types.map(|types| types.result), Some(DType::F64));
    /// assert_eq!(Binary::Subtract.types(DType::Bool, DType::Bool), None);
    /// ```
    pub const fn types(self, left: DType, right: DType) -> Option<Types> {
        let common = promote(left, right);
        let boolean = matches!(common, DType::Bool);
        let number = if boolean { DType::I8 } else { common };
        Some(match self {
            Self::Add
            | Self::Multiply
            | Self::Minimum
            | Self::Maximum
            | Self::Fmin
            | Self::Fmax => Types::same(common),
            Self::Subtract => {
                if boolean {
                    return None;
                }
                Types::same(common)
            }
            Self::Divide => Types::same(if common.is_inexact() {
                common
            } else {
                DType::F64
            }),
            Self::FloorDivide | Self::Remainder | Self::Fmod => {
                if common.is_complex() {
                    return None;
                }
                Types::same(number)
            }
            Self::Power => Types::same(number),
            Self::FloatPower => Types::same(if common.is_complex() {
                DType::C128
            } else {
                DType::F64
            }),
            Self::Arctan2
            | Self::Hypot
            | Self::Logaddexp
            | Self::Logaddexp2
            | Self::Copysign
            | Self::Nextafter => {
                if common.is_complex() {
                    return None;
                }
                Types::same(promote(left.inexact(), right.inexact()))
            }
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessEqual
            | Self::Greater
            | Self::GreaterEqual => Types::truth(match (left, right) {
                (DType::I64, DType::U64) | (DType::U64, DType::I64) => DType::I64,
                _ => common,
            }),
            Self::LogicalAnd | Self::LogicalOr | Self::LogicalXor => Types::truth(common),
            Self::BitwiseAnd | Self::BitwiseOr | Self::BitwiseXor => {
                if common.is_inexact() {
                    return None;
                }
                Types::same(common)
            }
            Self::LeftShift | Self::RightShift => {
                if common.is_inexact() {
                    return None;
                }
                Types::same(number)
            }
            Self::Gcd | Self::Lcm => {
                if common.is_inexact() || boolean {
                    return None;
                }
                Types::same(common)
            }
            Self::IsClose { .. } => Types::truth(if common.is_inexact() {
                common
            } else {
                DType::F64
            }),
        })
    }
}
