//! Functions of two arrays, or of an array and a number.

use super::layer::apply;
use super::operand::Operand;
use crate::array::Array;
use crate::error::{ArrayError, Result};
use std::cmp::Ordering;
use taskloom_kernels::elementwise::{Binary, Elementwise, Operand as Place, result_type};
use taskloom_kernels::{DType, Number, Scalar, promote};

/// The operation; an array in the failed state if it cannot be.
#[track_caller]
pub(super) fn binary(op: Binary, left: &Operand, right: &Operand) -> Array {
    let like = left.array().or(right.array());
    Array::or_failed(try_binary(op, left, right), like)
}

/// The operation.
///
/// # Errors
/// If the operands do not go together.
#[track_caller]
pub(super) fn try_binary(op: Binary, left: &Operand, right: &Operand) -> Result<Array> {
    let dtypes = match (left, right) {
        (Operand::Array(left), Operand::Array(right)) => (left.dtype(), right.dtype()),
        (Operand::Array(array), number) => (array.dtype(), number.dtype_beside(array.dtype())),
        (number, Operand::Array(array)) => (number.dtype_beside(array.dtype()), array.dtype()),
        (Operand::Number(left), Operand::Number(right)) => {
            (left.counts_as(), result_type([left.counts_as()], [*right]))
        }
    };
    let arrays: Vec<&Array> = [left, right]
        .into_iter()
        .filter_map(Operand::array)
        .collect();
    for array in &arrays {
        array.check()?;
    }
    let Some(types) = op.types(dtypes.0, dtypes.1) else {
        return Err(refused(op, promote(dtypes.0, dtypes.1)));
    };
    let mut op = op;
    let mut place = |operand: &Operand, first: bool| -> Result<Place> {
        Ok(match operand {
            Operand::Array(_) => Place::Block,
            Operand::Number(number) => {
                Place::Number(fitting(&mut op, *number, types.compute, first)?)
            }
        })
    };
    let places = [place(left, true)?, place(right, false)?];
    apply(Elementwise::binary_of(op, types.compute, places), &arrays)
}

/// The number as the operation can take it in this dtype. A comparison with an integer that the dtype
/// does not have becomes one with the end of its range that has the same answer.
fn fitting(op: &mut Binary, number: Scalar, compute: DType, first: bool) -> Result<Scalar> {
    if matches!(
        op,
        Binary::LogicalAnd | Binary::LogicalOr | Binary::LogicalXor
    ) {
        let truth = number.to_block(DType::Bool)?.item::<bool>()?;
        return Ok(Scalar::from(truth));
    }
    if op.is_comparison()
        && let (Number::Int(value), Some((least, most))) = (number.number(), range(compute))
        && number.dtype().is_none()
    {
        let (end, beyond) = if value < least {
            (least, Ordering::Less)
        } else if value > most {
            (most, Ordering::Greater)
        } else {
            return Ok(number);
        };
        // What holds of (x, number) for all x.
        let holds = match (*op, beyond, first) {
            (Binary::Equal, ..) => false,
            (Binary::NotEqual, ..) => true,
            (Binary::Less | Binary::LessEqual, Ordering::Greater, false)
            | (Binary::Less | Binary::LessEqual, Ordering::Less, true)
            | (Binary::Greater | Binary::GreaterEqual, Ordering::Less, false)
            | (Binary::Greater | Binary::GreaterEqual, Ordering::Greater, true) => true,
            _ => false,
        };
        // Never beyond the end, always up to it.
        *op = match ((beyond == Ordering::Less) != first, holds) {
            (true, true) => Binary::GreaterEqual,
            (true, false) => Binary::Less,
            (false, true) => Binary::LessEqual,
            (false, false) => Binary::Greater,
        };
        return integer(end);
    }
    if compute.is_integer() {
        number.to_block(compute).map_err(|_| {
            let reason = format!("{number} is out of the range of {compute}");
            ArrayError::value(op.name(), reason)
        })?;
    }
    Ok(number)
}

fn integer(value: i128) -> Result<Scalar> {
    let signed = i64::try_from(value).map(Scalar::from);
    let number = signed.or_else(|_| u64::try_from(value).map(Scalar::from));
    number.map_err(|error| ArrayError::value("comparison", error.to_string()))
}

/// The least and the greatest number of an integer dtype.
pub(super) fn range(dtype: DType) -> Option<(i128, i128)> {
    let bits = 8 * dtype.itemsize() as u32;
    match dtype.kind() {
        taskloom_kernels::Kind::Unsigned => Some((0, (1 << bits) - 1)),
        taskloom_kernels::Kind::Signed => Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1)),
        _ => None,
    }
}

fn refused(op: Binary, dtype: DType) -> ArrayError {
    let reason = match (op, dtype) {
        (Binary::Subtract, DType::Bool) => ": use `^` or `logical_xor`",
        _ => "",
    };
    ArrayError::DType {
        operation: op.name().to_owned(),
        dtype,
        reason: reason.to_owned(),
    }
}

macro_rules! functions {
    ($($(#[$doc:meta])+ $name:ident $op:ident)+) => {
        impl Array {
            $(
                $(#[$doc])+
                ///
                /// Operands that do not go together give an array in the failed state.
                #[must_use]
                #[track_caller]
                pub fn $name(&self, other: impl Into<Operand>) -> Self {
                    binary(Binary::$op, &self.into(), &other.into())
                }
            )+
        }
    };
}

functions! {
    /// True division, as `/`: of integers a `float64`.
    divide Divide
    /// Division rounded down. Division of integers by zero is zero, as in numpy.
    floor_divide FloorDivide
    /// The remainder with the sign of the divisor, as `%`.
    remainder Remainder
    /// The remainder with the sign of the dividend.
    fmod Fmod
    /// This to the power of the other. Negative powers of integers are an error when they are met.
    power Power
    /// This to the power of the other, in `float64` or `complex128`.
    float_power FloatPower
    /// The lesser of two numbers; NaN if one of them is.
    minimum Minimum
    /// The greater of two numbers; NaN if one of them is.
    maximum Maximum
    /// The lesser of two numbers; the other one if one of them is NaN.
    fmin Fmin
    /// The greater of two numbers; the other one if one of them is NaN.
    fmax Fmax
    /// The angle of the point (other, this) in radians.
    arctan2 Arctan2
    /// The length of the hypotenuse.
    hypot Hypot
    /// The logarithm of the sum of two numbers that are given by their logarithms.
    logaddexp Logaddexp
    /// The same with logarithms to the base 2.
    logaddexp2 Logaddexp2
    /// This with the sign of the other.
    copysign Copysign
    /// The next number of the dtype towards the other.
    nextafter Nextafter
    /// Whether they are equal.
    equal Equal
    /// Whether they are not equal.
    not_equal NotEqual
    /// Whether this is less than the other.
    less Less
    /// Whether this is less than the other or equal to it.
    less_equal LessEqual
    /// Whether this is greater than the other.
    greater Greater
    /// Whether this is greater than the other or equal to it.
    greater_equal GreaterEqual
    /// [`equal`](Self::equal).
    eq Equal
    /// [`not_equal`](Self::not_equal).
    ne NotEqual
    /// [`less`](Self::less).
    lt Less
    /// [`less_equal`](Self::less_equal).
    le LessEqual
    /// [`greater`](Self::greater).
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 5, 3], Chunks::of([2]))?;
    /// assert_eq!(x.gt(2).to_local_here::<bool>()?, ndarray::array![false, true, true].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    gt Greater
    /// [`greater_equal`](Self::greater_equal).
    ge GreaterEqual
    /// Whether both are true; what is not zero is, NaN as well.
    logical_and LogicalAnd
    /// Whether one is true.
    logical_or LogicalOr
    /// Whether just one is true.
    logical_xor LogicalXor
    /// The greatest common divisor.
    gcd Gcd
    /// The least common multiple.
    lcm Lcm
}

impl Array {
    /// Whether `|this - other| <= atol + rtol * |other|`, and of infinities whether they are equal.
    /// NaN is close to NaN if `equal_nan` says so. numpy takes 1e-5 and 1e-8.
    #[must_use]
    #[track_caller]
    pub fn isclose(
        &self,
        other: impl Into<Operand>,
        rtol: f64,
        atol: f64,
        equal_nan: bool,
    ) -> Self {
        let op = Binary::IsClose {
            rtol,
            atol,
            equal_nan,
        };
        binary(op, &self.into(), &other.into())
    }

    /// Quotient rounded down, and remainder.
    #[must_use]
    #[track_caller]
    pub fn divmod(&self, other: impl Into<Operand>) -> (Self, Self) {
        let other = other.into();
        let quotient = binary(Binary::FloorDivide, &self.into(), &other);
        (quotient, binary(Binary::Remainder, &self.into(), &other))
    }
}
