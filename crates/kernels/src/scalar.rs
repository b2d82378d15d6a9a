//! Single numbers beside arrays.

use crate::dtype::DType;
use num_complex::Complex;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A number as it stands in an expression: the widest of its kind, with the dtype that it counts as.
///
/// Rust's literals are *weak* as Python's are in NumPy 2: they take the dtype of the array that they
/// meet, if it is of their kind or a wider one. [`Scalar::typed`] is strong: it takes part in the
/// promotion with its own dtype.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scalar {
    number: Number,
    dtype: Option<DType>,
}

/// The number itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Number {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A floating point number.
    Float(f64),
    /// A complex number.
    Complex(Complex<f64>),
}

impl Scalar {
    /// A number that counts as its own Rust type in promotions: `Scalar::typed(1.0_f32)`.
    pub fn typed<T: crate::Element>(value: T) -> Self
    where
        Self: From<T>,
    {
        let Self { number, .. } = Self::from(value);
        Self {
            number,
            dtype: Some(T::DTYPE),
        }
    }

    /// The number.
    pub fn number(self) -> Number {
        self.number
    }

    /// The dtype that it insists on; `None` if it is weak.
    pub fn dtype(self) -> Option<DType> {
        self.dtype
    }
}

macro_rules! integers {
    ($($rust:ty),+) => {
        $(impl From<$rust> for Scalar {
            fn from(value: $rust) -> Self {
                Self { number: Number::Int(i128::from(value)), dtype: None }
            }
        })+
    };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl From<usize> for Scalar {
    fn from(value: usize) -> Self {
        Self {
            number: Number::Int(value as i128),
            dtype: None,
        }
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Self {
            number: Number::Bool(value),
            dtype: None,
        }
    }
}

impl From<f64> for Scalar {
    fn from(value: f64) -> Self {
        Self {
            number: Number::Float(value),
            dtype: None,
        }
    }
}

impl From<f32> for Scalar {
    fn from(value: f32) -> Self {
        Self::from(f64::from(value))
    }
}

impl From<Complex<f64>> for Scalar {
    fn from(value: Complex<f64>) -> Self {
        Self {
            number: Number::Complex(value),
            dtype: None,
        }
    }
}

impl From<Complex<f32>> for Scalar {
    fn from(value: Complex<f32>) -> Self {
        Self::from(Complex::new(f64::from(value.re), f64::from(value.im)))
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Number::Bool(value) => write!(f, "{value}"),
            Number::Int(value) => write!(f, "{value}"),
            Number::Float(value) => write!(f, "{value}"),
            Number::Complex(value) => write!(f, "{value}"),
        }
    }
}
