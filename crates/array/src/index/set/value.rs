//! Numbers as they are assigned.

use crate::error::{ArrayError, Result};
use taskloom_kernels::{DType, Kind, Number, Scalar};

/// The values of the integers of a dtype.
fn integers(dtype: DType) -> Option<(i128, i128)> {
    let bits = dtype.itemsize() as u32 * 8;
    match dtype.kind() {
        Kind::Signed => Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1)),
        Kind::Unsigned => Some((0, (1 << bits) - 1)),
        _ => None,
    }
}

/// A number as it is assigned to an array of a dtype. Fractions are cut off where the array holds
/// integers; typed integers wrap around, as elements of arrays do.
///
/// # Errors
/// If a literal is outside of what the dtype holds, if NaN or infinity is to be an integer, or if a
/// complex number is to be a real one.
pub(super) fn fitting(operation: &str, scalar: Scalar, dtype: DType) -> Result<Number> {
    let number = scalar.number();
    if dtype.kind() == Kind::Complex || dtype.kind() == Kind::Bool {
        return Ok(number);
    }
    let outside = || {
        ArrayError::value(
            operation,
            format!("{scalar} is out of bounds for {dtype}: cast the array first"),
        )
    };
    let bounds = integers(dtype);
    let within = |value: i128| match bounds {
        Some((low, high)) => (low..=high).contains(&value),
        None => true,
    };
    match number {
        Number::Complex(value) => Err(ArrayError::DType {
            operation: operation.to_owned(),
            dtype,
            reason: format!(": the value {value} is complex, take its real part"),
        }),
        Number::Int(value) if scalar.dtype().is_none() && !within(value) => Err(outside()),
        Number::Float(value) if bounds.is_some() && !value.is_finite() => Err(ArrayError::value(
            operation,
            format!("{value} cannot be {dtype}"),
        )),
        // What is finite and too large for 128 bits saturates, which is outside as well.
        Number::Float(value) if !within(value as i128) => Err(outside()),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::fitting;
    use taskloom_kernels::{DType, Number, Scalar};

    #[test]
    fn literals_fit_or_are_errors() {
        let fit = |value: Scalar, dtype| fitting("set", value, dtype);
        assert!(fit(300.into(), DType::U8).is_err());
        assert!(fit((-1).into(), DType::U64).is_err());
        assert!(fit(255.into(), DType::U8).is_ok());
        assert!(fit(Scalar::typed(300_i64), DType::U8).is_ok());
        assert_eq!(fit(2.7.into(), DType::I32).unwrap(), Number::Float(2.7));
        assert!(fit(f64::NAN.into(), DType::I64).is_err());
        assert!(fit(f64::INFINITY.into(), DType::U8).is_err());
        assert!(fit(1e10.into(), DType::I32).is_err());
        assert!(fit(1e300.into(), DType::I64).is_err());
        assert!(fit(f64::NAN.into(), DType::F32).is_ok());
        assert!(fit(u64::MAX.into(), DType::U64).is_ok());
        assert!(fit(num_complex::Complex::new(1.0, 1.0).into(), DType::F64).is_err());
        assert!(fit(5.into(), DType::Bool).is_ok());
    }
}
