//! Functions of one array, and numpy's rules for their dtypes.

use crate::dtype::{DType, Kind};
use serde::{Deserialize, Serialize};

/// A function of one array, by numpy's names.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // Each is numpy's function of this name.
pub enum Unary {
    Negative,
    Positive,
    Absolute,
    Sign,
    Sqrt,
    Cbrt,
    Square,
    Reciprocal,
    Exp,
    Exp2,
    Expm1,
    Log,
    Log2,
    Log10,
    Log1p,
    Sin,
    Cos,
    Tan,
    Arcsin,
    Arccos,
    Arctan,
    Sinh,
    Cosh,
    Tanh,
    Arcsinh,
    Arccosh,
    Arctanh,
    Floor,
    Ceil,
    Trunc,
    Rint,
    /// Rounds half to even at a number of decimal places, which may be negative.
    Round(i32),
    IsNan,
    IsFinite,
    IsInf,
    Signbit,
    LogicalNot,
    Invert,
    Conjugate,
    Real,
    Imag,
    /// The phase in radians.
    Angle,
    Deg2rad,
    Rad2deg,
    /// Replaces what is not finite: NaN, infinity, minus infinity by these; the infinities by the
    /// largest and smallest number of the dtype where none is given.
    NanToNum {
        nan: f64,
        posinf: Option<f64>,
        neginf: Option<f64>,
    },
}

/// The dtype a function is computed in and the one of its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Types {
    /// What the inputs are cast to before.
    pub compute: DType,
    /// What comes out.
    pub result: DType,
}

impl Types {
    pub(crate) const fn same(dtype: DType) -> Self {
        Self {
            compute: dtype,
            result: dtype,
        }
    }

    pub(crate) const fn truth(compute: DType) -> Self {
        Self {
            compute,
            result: DType::Bool,
        }
    }
}

impl Unary {
    /// numpy's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Positive => "positive",
            Self::Absolute => "absolute",
            Self::Sign => "sign",
            Self::Sqrt => "sqrt",
            Self::Cbrt => "cbrt",
            Self::Square => "square",
            Self::Reciprocal => "reciprocal",
            Self::Exp => "exp",
            Self::Exp2 => "exp2",
            Self::Expm1 => "expm1",
            Self::Log => "log",
            Self::Log2 => "log2",
            Self::Log10 => "log10",
            Self::Log1p => "log1p",
            Self::Sin => "sin",
            Self::Cos => "cos",
            Self::Tan => "tan",
            Self::Arcsin => "arcsin",
            Self::Arccos => "arccos",
            Self::Arctan => "arctan",
            Self::Sinh => "sinh",
            Self::Cosh => "cosh",
            Self::Tanh => "tanh",
            Self::Arcsinh => "arcsinh",
            Self::Arccosh => "arccosh",
            Self::Arctanh => "arctanh",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Trunc => "trunc",
            Self::Rint => "rint",
            Self::Round(_) => "round",
            Self::IsNan => "isnan",
            Self::IsFinite => "isfinite",
            Self::IsInf => "isinf",
            Self::Signbit => "signbit",
            Self::LogicalNot => "logical_not",
            Self::Invert => "invert",
            Self::Conjugate => "conjugate",
            Self::Real => "real",
            Self::Imag => "imag",
            Self::Angle => "angle",
            Self::Deg2rad => "deg2rad",
            Self::Rad2deg => "rad2deg",
            Self::NanToNum { .. } => "nan_to_num",
        }
    }

    /// The dtypes for an input of this dtype, by numpy's rules; `None` if it is not for such.
    ///
    /// Where numpy computes in `float16`, for truth values and integers of 8 bits, this is `float32`.
    ///
    /// ```
    /// use taskloom_kernels::{DType, elementwise::Unary};
    /// assert_eq!(Unary::Sqrt.types(DType::I64).map(|types| types.result), Some(DType::F64));
    /// assert_eq!(Unary::Negative.types(DType::Bool), None);
    /// ```
    pub const fn types(self, dtype: DType) -> Option<Types> {
        let kind = dtype.kind();
        let boolean = matches!(kind, Kind::Bool);
        let complex = matches!(kind, Kind::Complex);
        // Where numpy has no loop for truth values, it takes the one for the smallest integers.
        let number = if boolean { DType::I8 } else { dtype };
        Some(match self {
            Self::Negative | Self::Positive | Self::Sign => {
                if boolean {
                    return None;
                }
                Types::same(dtype)
            }
            Self::Absolute | Self::Real | Self::Imag => Types {
                compute: dtype,
                result: dtype.real(),
            },
            Self::Square | Self::Reciprocal | Self::Conjugate => Types::same(number),
            Self::Sqrt
            | Self::Exp
            | Self::Exp2
            | Self::Expm1
            | Self::Log
            | Self::Log2
            | Self::Log10
            | Self::Log1p
            | Self::Sin
            | Self::Cos
            | Self::Tan
            | Self::Arcsin
            | Self::Arccos
            | Self::Arctan
            | Self::Sinh
            | Self::Cosh
            | Self::Tanh
            | Self::Arcsinh
            | Self::Arccosh
            | Self::Arctanh
            | Self::Rint => Types::same(dtype.inexact()),
            Self::Cbrt | Self::Deg2rad | Self::Rad2deg => {
                if complex {
                    return None;
                }
                Types::same(dtype.inexact())
            }
            Self::Floor | Self::Ceil | Self::Trunc => {
                if complex {
                    return None;
                }
                Types::same(dtype)
            }
            Self::Round(_) => Types::same(if boolean { DType::F32 } else { dtype }),
            Self::IsNan | Self::IsFinite | Self::IsInf | Self::LogicalNot => Types::truth(dtype),
            Self::Signbit => {
                if complex {
                    return None;
                }
                Types::truth(dtype.inexact())
            }
            Self::Invert => {
                if dtype.is_inexact() {
                    return None;
                }
                Types::same(dtype)
            }
            Self::Angle => {
                // numpy takes the larger float for truth values here, of which it makes a sum first.
                let compute = if boolean { DType::F64 } else { dtype.inexact() };
                Types {
                    compute,
                    result: compute.real(),
                }
            }
            Self::NanToNum { .. } => Types::same(dtype),
        })
    }
}
