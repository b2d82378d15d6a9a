//! Single numbers beside arrays: the dtype that they take, and whether they fit it.

use super::typed::{Tile, Typed};
use crate::block::Block;
use crate::dtype::{DType, Kind};
use crate::error::KernelError;
use crate::promote::promote;
use crate::scalar::{Number, Scalar};
use num_complex::Complex;

/// The dtype in which arrays and single numbers meet, as NumPy 2 has it: weak numbers take the dtype
/// of the arrays if that is of their kind or a wider one, else the default of their kind that holds
/// the arrays' numbers; strong ones count as arrays.
///
/// ```
/// use taskloom_kernels::{DType, Scalar, elementwise::result_type};
/// assert_eq!(result_type([DType::F32], [Scalar::from(1.0)]), DType::F32);
/// assert_eq!(result_type([DType::I32], [Scalar::from(1.0)]), DType::F64);
/// assert_eq!(result_type([DType::F32], [Scalar::typed(1.0)]), DType::F64);
/// ```
pub fn result_type(
    arrays: impl IntoIterator<Item = DType>,
    scalars: impl IntoIterator<Item = Scalar>,
) -> DType {
    let mut strong: Option<DType> = None;
    let mut weak: Option<Kind> = None;
    let mut add = |dtype: DType| {
        strong = Some(strong.map_or(dtype, |known| promote(known, dtype)));
    };
    arrays.into_iter().for_each(&mut add);
    for scalar in scalars {
        match scalar.dtype() {
            Some(dtype) => add(dtype),
            None => weak = weak.max(Some(kind(scalar))),
        }
    }
    match (strong, weak) {
        (Some(strong), None) => strong,
        (Some(strong), Some(weak)) => beside(strong, weak),
        (None, weak) => default(weak.unwrap_or(Kind::Float)),
    }
}

/// The dtype of a single number where there is nothing else.
fn default(kind: Kind) -> DType {
    match kind {
        Kind::Bool => DType::Bool,
        Kind::Unsigned | Kind::Signed => DType::I64,
        Kind::Float => DType::F64,
        Kind::Complex => DType::C128,
    }
}

/// The dtype of an array's dtype and a weak number of a kind.
fn beside(array: DType, weak: Kind) -> DType {
    let wider = match weak {
        Kind::Bool => false,
        Kind::Unsigned | Kind::Signed => array.kind() == Kind::Bool,
        Kind::Float | Kind::Complex => array.kind() < weak,
    };
    match (wider, array) {
        (false, _) => array,
        (true, DType::F32) => DType::C64,
        (true, _) => default(weak),
    }
}

fn kind(scalar: Scalar) -> Kind {
    match scalar.number() {
        Number::Bool(_) => Kind::Bool,
        Number::Int(_) => Kind::Signed,
        Number::Float(_) => Kind::Float,
        Number::Complex(_) => Kind::Complex,
    }
}

impl Scalar {
    /// The dtype that it counts as: its own if it insists on one, else the default of its kind.
    pub fn counts_as(self) -> DType {
        self.dtype().unwrap_or_else(|| default(kind(self)))
    }

    /// It as a block without axes.
    ///
    /// Floating point numbers lose their fraction where integers are asked for.
    ///
    /// # Errors
    /// If the dtype cannot hold it: an integer out of range, NaN or infinity for an integer, a complex
    /// number for what is not.
    ///
    /// ```
    /// use taskloom_kernels::{DType, Scalar};
    /// assert_eq!(Scalar::from(2.7).to_block(DType::I8)?.item::<i8>()?, 2);
    /// assert!(Scalar::from(300).to_block(DType::U8).is_err());
    /// # Ok::<(), taskloom_kernels::KernelError>(())
    /// ```
    pub fn to_block(self, dtype: DType) -> Result<Block, KernelError> {
        self.tile(dtype, 1)?.into_block(&[])
    }

    /// It many times.
    pub(crate) fn tile(self, dtype: DType, len: usize) -> Result<Tile, KernelError> {
        crate::dispatch!(dtype, T => {
            let value: Option<T> = Held::held(self.number());
            let value = value.ok_or_else(|| self.does_not_fit(dtype))?;
            Ok(T::into_tile(vec![value; len]))
        })
    }

    fn does_not_fit(self, dtype: DType) -> KernelError {
        match self.number() {
            Number::Float(value) if !value.is_finite() && dtype.is_integer() => {
                KernelError::NotFinite {
                    operation: "a single number".to_owned(),
                    count: 1,
                    dtype,
                }
            }
            _ => KernelError::value(
                "a single number",
                format!("{self} cannot be {dtype}: it is out of its range"),
            ),
        }
    }
}

/// A type that holds some numbers.
trait Held: Sized {
    /// The number as this type; `None` if it cannot be.
    fn held(number: Number) -> Option<Self>;
}

impl Held for bool {
    fn held(number: Number) -> Option<Self> {
        Some(match number {
            Number::Bool(value) => value,
            Number::Int(value) => value != 0,
            Number::Float(value) => value != 0.0,
            Number::Complex(value) => value != Complex::new(0.0, 0.0),
        })
    }
}

macro_rules! integers {
    ($($rust:ty),+) => {
        $(impl Held for $rust {
            fn held(number: Number) -> Option<Self> {
                match number {
                    Number::Bool(value) => Some(value.into()),
                    Number::Int(value) => value.try_into().ok(),
                    // Of a finite number beyond 128 bits this is an end of their range, which is not
                    // within any of these types.
                    Number::Float(value) if value.is_finite() => (value as i128).try_into().ok(),
                    Number::Float(_) | Number::Complex(_) => None,
                }
            }
        })+
    };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! floats {
    ($($rust:ty),+) => {
        $(impl Held for $rust {
            fn held(number: Number) -> Option<Self> {
                match number {
                    Number::Bool(value) => Some(u8::from(value).into()),
                    Number::Int(value) => Some(value as $rust),
                    Number::Float(value) => Some(value as $rust),
                    Number::Complex(_) => None,
                }
            }
        }

        impl Held for Complex<$rust> {
            fn held(number: Number) -> Option<Self> {
                match number {
                    Number::Complex(value) => {
                        Some(Complex::new(value.re as $rust, value.im as $rust))
                    }
                    other => <$rust>::held(other).map(|re| Complex::new(re, 0.0)),
                }
            }
        })+
    };
}
floats!(f32, f64);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn single_numbers_are_weak_as_in_numpy() {
        let cases = [
            (DType::Bool, Scalar::from(1), DType::I64),
            (DType::Bool, Scalar::from(true), DType::Bool),
            (DType::I8, Scalar::from(1), DType::I8),
            (DType::I8, Scalar::from(true), DType::I8),
            (DType::I8, Scalar::from(1.5), DType::F64),
            (DType::F32, Scalar::from(7), DType::F32),
            (DType::F32, Scalar::from(Complex::new(0.0, 1.0)), DType::C64),
            (DType::I8, Scalar::from(Complex::new(0.0, 1.0)), DType::C128),
            (DType::C64, Scalar::from(1.5), DType::C64),
            (DType::I8, Scalar::typed(1_i64), DType::I64),
            (DType::F32, Scalar::typed(1.0_f64), DType::F64),
        ];
        for (array, scalar, expected) in cases {
            assert_eq!(result_type([array], [scalar]), expected, "{array} {scalar}");
        }
        assert_eq!(
            result_type([], [Scalar::from(1), Scalar::from(0.5)]),
            DType::F64
        );
    }

    #[test]
    fn numbers_out_of_range_are_errors() {
        assert!(Scalar::from(300).to_block(DType::U8).is_err());
        assert!(Scalar::from(-1).to_block(DType::U64).is_err());
        assert!(Scalar::from(f64::NAN).to_block(DType::I32).is_err());
        assert!(Scalar::from(1e300).to_block(DType::I64).is_err());
        assert!(
            Scalar::from(Complex::new(0.0, 1.0))
                .to_block(DType::F64)
                .is_err()
        );
        let infinite = Scalar::from(1e300).to_block(DType::F32).unwrap();
        assert_eq!(infinite.item::<f32>().unwrap(), f32::INFINITY);
        let truncated = Scalar::from(-2.7).to_block(DType::I8).unwrap();
        assert_eq!(truncated.item::<i8>().unwrap(), -2);
    }
}
