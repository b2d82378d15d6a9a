//! The types of elements.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The type of an array's elements, by numpy's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DType {
    /// Truth values, one byte each.
    Bool,
    /// Integers of 8 bits with a sign.
    I8,
    /// Integers of 16 bits with a sign.
    I16,
    /// Integers of 32 bits with a sign.
    I32,
    /// Integers of 64 bits with a sign.
    I64,
    /// Integers of 8 bits without a sign.
    U8,
    /// Integers of 16 bits without a sign.
    U16,
    /// Integers of 32 bits without a sign.
    U32,
    /// Integers of 64 bits without a sign.
    U64,
    /// Floating point numbers of 32 bits.
    F32,
    /// Floating point numbers of 64 bits.
    F64,
    /// Complex numbers of two `F32`.
    C64,
    /// Complex numbers of two `F64`.
    C128,
}

/// The kinds of numbers, in the order in which they include each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Truth values.
    Bool,
    /// Integers without a sign.
    Unsigned,
    /// Integers with a sign.
    Signed,
    /// Floating point numbers.
    Float,
    /// Complex numbers.
    Complex,
}

impl DType {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Bool,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::F32,
        Self::F64,
        Self::C64,
        Self::C128,
    ];

    /// Bytes of one element.
    pub const fn itemsize(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 | Self::C64 => 8,
            Self::C128 => 16,
        }
    }

    /// Its kind.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Bool => Kind::Bool,
            Self::U8 | Self::U16 | Self::U32 | Self::U64 => Kind::Unsigned,
            Self::I8 | Self::I16 | Self::I32 | Self::I64 => Kind::Signed,
            Self::F32 | Self::F64 => Kind::Float,
            Self::C64 | Self::C128 => Kind::Complex,
        }
    }

    /// numpy's name: `float64`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::C64 => "complex64",
            Self::C128 => "complex128",
        }
    }

    /// Whether it is an integer of either kind (not a truth value).
    pub const fn is_integer(self) -> bool {
        matches!(self.kind(), Kind::Signed | Kind::Unsigned)
    }

    /// Whether it is a real floating point number.
    pub const fn is_float(self) -> bool {
        matches!(self.kind(), Kind::Float)
    }

    /// Whether it is a complex number.
    pub const fn is_complex(self) -> bool {
        matches!(self.kind(), Kind::Complex)
    }

    /// Whether it can hold a NaN.
    pub const fn is_inexact(self) -> bool {
        self.is_float() || self.is_complex()
    }

    /// The type of the real part: itself unless it is complex.
    pub const fn real(self) -> Self {
        match self {
            Self::C64 => Self::F32,
            Self::C128 => Self::F64,
            other => other,
        }
    }

    /// The inexact type that numpy computes functions such as `sqrt` in: `float64` for what is not
    /// inexact.
    ///
    /// numpy takes `float16` and `float32` for the smallest integers; there is no `float16` here, and
    /// small integers take `float32` where numpy does: 8 bits give `float32` here (numpy: `float16`),
    /// 16 bits `float32`, all others `float64`.
    pub const fn inexact(self) -> Self {
        match self {
            Self::Bool | Self::I8 | Self::U8 | Self::I16 | Self::U16 => Self::F32,
            Self::I32 | Self::I64 | Self::U32 | Self::U64 => Self::F64,
            other => other,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is no name of a dtype.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no dtype; there are bool, int8 to int64, uint8 to uint64, float32, float64, complex64, complex128"
)]
pub struct UnknownDType(String);

impl FromStr for DType {
    type Err = UnknownDType;

    fn from_str(name: &str) -> Result<Self, UnknownDType> {
        let known = Self::ALL.into_iter().find(|dtype| dtype.name() == name);
        known.ok_or_else(|| UnknownDType(name.to_owned()))
    }
}
