//! Blocks of one value.

use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::element::Element;
use crate::error::KernelError;
use crate::kernel::one;
use crate::room::filled;
use crate::scalar::{Number, Scalar};
use num_complex::Complex;
use serde::{Deserialize, Serialize};

/// A block of one value of a dtype.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// The shape of the block.
    pub shape: Extent,
    /// The dtype of the elements.
    pub dtype: DType,
    /// The value; checked against the dtype by [`Constant::fits`].
    pub value: Number,
}

impl Constant {
    /// Whether a number can be an element of a dtype, as numpy's `full` has it: floats are cut off
    /// towards zero for integers, and what does not fit is an error.
    ///
    /// # Errors
    /// If the number is beyond the dtype, not a number for an integer, or complex for a real dtype.
    pub fn fits(value: Number, dtype: DType) -> Result<(), KernelError> {
        crate::dispatch!(dtype, T => <T as Fill>::of(value).map(|_| ()))
            .ok_or_else(|| unfit(value, dtype))
    }

    pub(super) fn run(&self) -> Result<Block, KernelError> {
        crate::dispatch!(self.dtype, T => self.fill::<T>())
    }

    fn fill<T: Fill>(&self) -> Result<Block, KernelError> {
        let value = T::of(self.value).ok_or_else(|| unfit(self.value, self.dtype))?;
        Block::new(filled("full", &self.shape, value)?, &self.shape)
    }
}

/// A block of one value of a dtype, with the shape of another block: of arrays whose lengths are not
/// known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Like {
    /// The dtype of the elements.
    pub dtype: DType,
    /// The value.
    pub value: Number,
}

impl Like {
    pub(super) fn run(&self, inputs: Vec<Block>) -> Result<Block, KernelError> {
        let like = one("full", inputs)?;
        let constant = Constant {
            shape: like.shape().into(),
            dtype: self.dtype,
            value: self.value,
        };
        constant.run()
    }
}

fn unfit(value: Number, dtype: DType) -> KernelError {
    let value = match value {
        Number::Bool(value) => Scalar::from(value).to_string(),
        Number::Int(value) => value.to_string(),
        Number::Float(value) => Scalar::from(value).to_string(),
        Number::Complex(value) => Scalar::from(value).to_string(),
    };
    KernelError::value("full", format!("{value} cannot be an element of {dtype}"))
}

/// An element that numbers of expressions can become.
pub(super) trait Fill: Element {
    /// The number as an element; `None` if it cannot be one.
    fn of(value: Number) -> Option<Self>;
}

macro_rules! integers {
    ($($rust:ty),+) => {
        $(impl Fill for $rust {
            fn of(value: Number) -> Option<Self> {
                match value {
                    Number::Bool(value) => Some(Self::from(value)),
                    Number::Int(value) => Self::try_from(value).ok(),
                    // The cast saturates, and 128 bits hold the values of every dtype.
                    Number::Float(value) if value.is_finite() => Self::try_from(value as i128).ok(),
                    Number::Float(_) | Number::Complex(_) => None,
                }
            }
        })+
    };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Fill for bool {
    fn of(value: Number) -> Option<Self> {
        Some(match value {
            Number::Bool(value) => value,
            Number::Int(value) => value != 0,
            Number::Float(value) => value != 0.0,
            Number::Complex(value) => value != Complex::new(0.0, 0.0),
        })
    }
}

macro_rules! floats {
    ($($rust:ty),+) => {
        $(impl Fill for $rust {
            fn of(value: Number) -> Option<Self> {
                match value {
                    Number::Bool(value) => Some(if value { 1.0 } else { 0.0 }),
                    Number::Int(value) => Some(value as $rust),
                    Number::Float(value) => Some(value as $rust),
                    Number::Complex(_) => None,
                }
            }
        }

        impl Fill for Complex<$rust> {
            fn of(value: Number) -> Option<Self> {
                match value {
                    Number::Complex(value) => {
                        Some(Complex::new(value.re as $rust, value.im as $rust))
                    }
                    real => <$rust>::of(real).map(|real| Complex::new(real, 0.0)),
                }
            }
        })+
    };
}
floats!(f32, f64);
