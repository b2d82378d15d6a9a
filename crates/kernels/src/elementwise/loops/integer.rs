//! Integers: they wrap around as numpy's do, and division by zero is zero.

use super::Work;
use crate::elementwise::binary::Binary;
use crate::elementwise::typed::Typed;
use crate::elementwise::unary::Unary;
use crate::error::KernelError;
use num_traits::{CheckedRem, PrimInt, WrappingAdd, WrappingMul, WrappingNeg, WrappingSub};

/// What the loops ask of an integer type.
pub(super) trait Integer:
    Typed + PrimInt + CheckedRem + WrappingAdd + WrappingMul + WrappingNeg + WrappingSub
{
    /// Its bits.
    const BITS: u32;

    /// Rounds half to even at a power of ten, in `float64` as numpy does.
    fn rounded(self, power: f64) -> Self;

    /// Without its sign; the least one stays.
    fn magnitude(self) -> Self {
        if self < <Self as num_traits::Zero>::zero() {
            self.wrapping_neg()
        } else {
            self
        }
    }

    /// Where to shift by: `None` for what is negative or as many bits as there are or more.
    fn shift(self) -> Option<usize> {
        let by = self.to_usize()?;
        (by < Self::BITS as usize).then_some(by)
    }

    /// -1; all ones.
    fn ones() -> Self {
        !<Self as num_traits::Zero>::zero()
    }
}

macro_rules! integer {
    ($($rust:ty),+) => {
        $(impl Integer for $rust {
            const BITS: u32 = <$rust>::BITS;

            fn rounded(self, power: f64) -> Self {
                ((self as f64 / power).round_ties_even() * power) as i128 as Self
            }
        })+
    };
}
integer!(i8, i16, i32, i64, u8, u16, u32, u64);

/// Functions of integers; what is not for them is computed as floats instead.
pub(super) fn unary<T: Integer>(op: Unary, work: Work<'_, '_>) -> Result<(), KernelError> {
    let (zero, one) = (T::ZERO, T::ONE);
    match op {
        Unary::Negative => work.fast(|a: T| a.wrapping_neg()),
        Unary::Round(decimals) if decimals < 0 => {
            let power = 10_f64.powi(decimals.saturating_neg());
            work.map(|a: T| a.rounded(power))
        }
        Unary::Positive
        | Unary::Conjugate
        | Unary::Real
        | Unary::Floor
        | Unary::Ceil
        | Unary::Trunc
        | Unary::Round(_)
        | Unary::NanToNum { .. } => work.fast(|a: T| a),
        Unary::Absolute => work.fast(T::magnitude),
        Unary::Sign => work.fast(move |a: T| match a.cmp(&zero) {
            std::cmp::Ordering::Less => T::ones(),
            std::cmp::Ordering::Equal => zero,
            std::cmp::Ordering::Greater => one,
        }),
        Unary::Square => work.fast(|a: T| a.wrapping_mul(&a)),
        // Of zero numpy gives, with a warning that it means nothing, what a cast of infinity leaves.
        Unary::Reciprocal => work.map(move |a: T| {
            if a == zero {
                let wide = T::BITS >= 32 && T::min_value() < zero;
                if wide { T::min_value() } else { zero }
            } else if a == one || (a < zero && a.wrapping_neg() == one) {
                a
            } else {
                zero
            }
        }),
        Unary::Imag => work.fast(move |_: T| zero),
        Unary::IsFinite => work.fast(|_: T| true),
        Unary::IsNan | Unary::IsInf => work.fast(|_: T| false),
        Unary::LogicalNot => work.fast(move |a: T| a == zero),
        Unary::Invert => work.fast(|a: T| !a),
        _ => work.refused(T::DTYPE),
    }
}

/// Functions of two integers.
pub(super) fn binary<T: Integer>(op: Binary, work: Work<'_, '_>) -> Result<(), KernelError> {
    let zero = T::ZERO;
    match op {
        Binary::Add => work.fast_zip(|a: T, b: T| a.wrapping_add(&b)),
        Binary::Subtract => work.fast_zip(|a: T, b: T| a.wrapping_sub(&b)),
        Binary::Multiply => work.fast_zip(|a: T, b: T| a.wrapping_mul(&b)),
        Binary::FloorDivide => work.zip(|a: T, b: T| divide(a, b).0),
        Binary::Remainder => work.zip(|a: T, b: T| divide(a, b).1),
        Binary::Fmod => work.zip(move |a: T, b: T| a.checked_rem(&b).unwrap_or(zero)),
        Binary::Power => {
            if work.arg::<T>(1)?.iter().any(|&exponent| exponent < zero) {
                return Err(KernelError::value(
                    "power",
                    "integers to negative integer powers are not integers; cast one side to float64",
                ));
            }
            work.zip(power::<T>)
        }
        Binary::Minimum | Binary::Fmin => work.fast_zip(|a: T, b: T| if a < b { a } else { b }),
        Binary::Maximum | Binary::Fmax => work.fast_zip(|a: T, b: T| if a > b { a } else { b }),
        Binary::BitwiseAnd => work.fast_zip(|a: T, b: T| a & b),
        Binary::BitwiseOr => work.fast_zip(|a: T, b: T| a | b),
        Binary::BitwiseXor => work.fast_zip(|a: T, b: T| a ^ b),
        Binary::LeftShift => work.zip(move |a: T, b: T| b.shift().map_or(zero, |by| a << by)),
        Binary::RightShift => work.zip(move |a: T, b: T| match b.shift() {
            Some(by) => a >> by,
            None if a < zero => T::ones(),
            None => zero,
        }),
        Binary::Gcd => work.zip(gcd::<T>),
        Binary::Lcm => work.zip(|a: T, b: T| {
            let divisor = gcd(a, b);
            let quotient = a.magnitude().checked_div(&divisor).unwrap_or(T::ZERO);
            // What is too large wraps around, to a negative number too, as in numpy.
            quotient.wrapping_mul(&b.magnitude())
        }),
        _ => work.refused(T::DTYPE),
    }
}

/// The quotient rounded down, and the remainder with the sign of the divisor; zeros for division by
/// zero, and the least one stays if it is divided by -1.
fn divide<T: Integer>(a: T, b: T) -> (T, T) {
    let zero = T::ZERO;
    if b == zero {
        return (zero, zero);
    }
    let Some(quotient) = a.checked_div(&b) else {
        return (a, zero);
    };
    let remainder = a.wrapping_sub(&quotient.wrapping_mul(&b));
    if remainder != zero && (remainder < zero) != (b < zero) {
        (quotient.wrapping_sub(&T::ONE), remainder.wrapping_add(&b))
    } else {
        (quotient, remainder)
    }
}

/// By squaring, modulo the range of the type.
fn power<T: Integer>(base: T, exponent: T) -> T {
    let (mut base, mut exponent, mut result) = (base, exponent, T::ONE);
    while exponent != T::ZERO {
        if exponent & T::ONE == T::ONE {
            result = result.wrapping_mul(&base);
        }
        base = base.wrapping_mul(&base);
        exponent = exponent.unsigned_shr(1);
    }
    result
}

/// Euclid's.
fn gcd<T: Integer>(a: T, b: T) -> T {
    let (mut a, mut b) = (a, b);
    while b != T::ZERO {
        // The least number by -1 has no quotient in its type, and no remainder.
        (a, b) = (b, a.checked_rem(&b).unwrap_or(T::ZERO));
    }
    a.magnitude()
}
