//! What stands beside an array in an operation: another array, or a number.

use crate::array::Array;
use crate::typed::TypedArray;
use num_complex::Complex;
use taskloom_kernels::{DType, Element, Scalar};

/// An operand: an array, or a single number. Numbers are *weak* as Python's are in NumPy 2: they take
/// the dtype of the array if that is of their kind or a wider one. [`Scalar::typed`] makes one that
/// insists on its own.
#[derive(Clone)]
pub enum Operand {
    /// An array.
    Array(Array),
    /// A number.
    Number(Scalar),
}

impl Operand {
    pub(super) fn array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            Self::Number(_) => None,
        }
    }

    pub(super) fn number(&self) -> Option<Scalar> {
        match self {
            Self::Array(_) => None,
            Self::Number(number) => Some(*number),
        }
    }

    /// The dtype that it counts as beside an array of this dtype.
    pub(super) fn dtype_beside(&self, other: DType) -> DType {
        match self {
            Self::Array(array) => array.dtype(),
            Self::Number(number) => match number.dtype() {
                Some(dtype) => dtype,
                None => taskloom_kernels::elementwise::result_type([other], [*number]),
            },
        }
    }
}

impl From<Array> for Operand {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<&Array> for Operand {
    fn from(array: &Array) -> Self {
        Self::Array(array.clone())
    }
}

impl<T: Element> From<&TypedArray<T>> for Operand {
    fn from(array: &TypedArray<T>) -> Self {
        Self::Array(Array::clone(array))
    }
}

impl<T: Element> From<TypedArray<T>> for Operand {
    fn from(array: TypedArray<T>) -> Self {
        Self::Array(array.into_array())
    }
}

/// Calls a macro with the types that are numbers.
macro_rules! for_numbers {
    ($macro:ident) => {
        $macro!(
            bool,
            i8,
            i16,
            i32,
            i64,
            u8,
            u16,
            u32,
            u64,
            usize,
            f32,
            f64,
            Complex<f32>,
            Complex<f64>,
            Scalar
        );
    };
}
pub(super) use for_numbers;

macro_rules! numbers {
    ($($rust:ty),+) => {
        $(impl From<$rust> for Operand {
            fn from(number: $rust) -> Self {
                Self::Number(Scalar::from(number))
            }
        })+
    };
}
for_numbers!(numbers);
