//! Floating point numbers.

use super::Work;
use crate::elementwise::binary::Binary;
use crate::elementwise::typed::Typed;
use crate::elementwise::unary::Unary;
use crate::error::KernelError;
use num_traits::Float;

/// What the loops ask of a floating point type beyond [`Float`].
pub(super) trait Real: Typed + Float {
    /// As near to it as the type has.
    fn of(value: f64) -> Self;
    /// To the nearest whole number, halves to the even one.
    fn to_even(self) -> Self;
    /// The next number towards another.
    fn towards(self, other: Self) -> Self;
}

macro_rules! real {
    ($($rust:ty),+) => {
        $(impl Real for $rust {
            #[inline]
            fn of(value: f64) -> Self {
                value as Self
            }

            #[inline]
            fn to_even(self) -> Self {
                self.round_ties_even()
            }

            fn towards(self, other: Self) -> Self {
                if self.is_nan() || other.is_nan() {
                    Self::NAN
                } else if self == other {
                    other
                } else if self < other {
                    self.next_up()
                } else {
                    self.next_down()
                }
            }
        })+
    };
}
real!(f32, f64);

/// Functions of one number.
pub(super) fn unary<T: Real>(op: Unary, work: Work<'_, '_>) -> Result<(), KernelError> {
    let (zero, one) = (T::ZERO, T::ONE);
    match op {
        Unary::Negative => work.fast(|a: T| -a),
        Unary::Positive | Unary::Conjugate | Unary::Real => work.fast(|a: T| a),
        Unary::Imag => work.fast(move |_: T| zero),
        Unary::Absolute => work.fast(|a: T| a.abs()),
        Unary::Sign => work.fast(move |a: T| {
            if a > zero {
                one
            } else if a < zero {
                -one
            } else {
                // Zero, or NaN.
                a + zero
            }
        }),
        Unary::Sqrt => work.fast(|a: T| a.sqrt()),
        Unary::Cbrt => work.map(T::cbrt),
        Unary::Square => work.fast(|a: T| a * a),
        Unary::Reciprocal => work.fast(move |a: T| one / a),
        Unary::Exp => work.map(T::exp),
        Unary::Exp2 => work.map(T::exp2),
        Unary::Expm1 => work.map(T::exp_m1),
        Unary::Log => work.map(T::ln),
        Unary::Log2 => work.map(T::log2),
        Unary::Log10 => work.map(T::log10),
        Unary::Log1p => work.map(T::ln_1p),
        Unary::Sin => work.map(T::sin),
        Unary::Cos => work.map(T::cos),
        Unary::Tan => work.map(T::tan),
        Unary::Arcsin => work.map(T::asin),
        Unary::Arccos => work.map(T::acos),
        Unary::Arctan => work.map(T::atan),
        Unary::Sinh => work.map(T::sinh),
        Unary::Cosh => work.map(T::cosh),
        Unary::Tanh => work.map(T::tanh),
        Unary::Arcsinh => work.map(T::asinh),
        Unary::Arccosh => work.map(T::acosh),
        Unary::Arctanh => work.map(T::atanh),
        Unary::Floor => work.fast(|a: T| a.floor()),
        Unary::Ceil => work.fast(|a: T| a.ceil()),
        Unary::Trunc => work.fast(|a: T| a.trunc()),
        Unary::Rint => work.fast(T::to_even),
        Unary::Round(decimals) => {
            let rounding = Rounding::new(decimals);
            work.fast(move |a: T| rounding.of(a))
        }
        Unary::IsNan => work.fast(|a: T| Float::is_nan(a)),
        Unary::IsFinite => work.fast(|a: T| a.is_finite()),
        Unary::IsInf => work.fast(|a: T| a.is_infinite()),
        Unary::Signbit => work.fast(|a: T| a.is_sign_negative()),
        Unary::LogicalNot => work.fast(move |a: T| a == zero),
        Unary::Angle => work.map(move |a: T| zero.atan2(a)),
        Unary::Deg2rad => {
            let factor = T::of(std::f64::consts::PI / 180.0);
            work.fast(move |a: T| a * factor)
        }
        Unary::Rad2deg => {
            let factor = T::of(180.0 / std::f64::consts::PI);
            work.fast(move |a: T| a * factor)
        }
        Unary::NanToNum {
            nan,
            posinf,
            neginf,
        } => {
            let instead = Instead::new(nan, posinf, neginf);
            work.fast(move |a: T| instead.of(a))
        }
        Unary::Invert => work.refused(T::DTYPE),
    }
}

/// Rounding at a decimal place, as numpy does it: by a power of ten and back.
#[derive(Clone, Copy)]
pub(super) struct Rounding<T> {
    power: T,
    /// Whether places before the point are rounded.
    before: bool,
}

impl<T: Real> Rounding<T> {
    pub(super) fn new(decimals: i32) -> Self {
        Self {
            power: T::of(10_f64.powi(decimals.saturating_abs())),
            before: decimals < 0,
        }
    }

    #[inline]
    pub(super) fn of(self, value: T) -> T {
        if self.before {
            (value / self.power).to_even() * self.power
        } else {
            (value * self.power).to_even() / self.power
        }
    }
}

/// What stands in for numbers that are not finite.
#[derive(Clone, Copy)]
pub(super) struct Instead<T> {
    nan: T,
    posinf: T,
    neginf: T,
}

impl<T: Real> Instead<T> {
    pub(super) fn new(nan: f64, posinf: Option<f64>, neginf: Option<f64>) -> Self {
        Self {
            nan: T::of(nan),
            posinf: posinf.map_or_else(T::max_value, T::of),
            neginf: neginf.map_or_else(T::min_value, T::of),
        }
    }

    #[inline]
    pub(super) fn of(self, value: T) -> T {
        if Float::is_nan(value) {
            self.nan
        } else if value == T::infinity() {
            self.posinf
        } else if value == T::neg_infinity() {
            self.neginf
        } else {
            value
        }
    }
}

/// Functions of two numbers.
pub(super) fn binary<T: Real>(op: Binary, work: Work<'_, '_>) -> Result<(), KernelError> {
    match op {
        Binary::Add => work.fast_zip(|a: T, b: T| a + b),
        Binary::Subtract => work.fast_zip(|a: T, b: T| a - b),
        Binary::Multiply => work.fast_zip(|a: T, b: T| a * b),
        Binary::Divide => work.fast_zip(|a: T, b: T| a / b),
        Binary::FloorDivide => work.zip(|a: T, b: T| divide(a, b).0),
        Binary::Remainder => work.zip(|a: T, b: T| divide(a, b).1),
        Binary::Fmod => work.zip(|a: T, b: T| a % b),
        Binary::Power | Binary::FloatPower => power::<T>(work),
        Binary::Minimum => {
            work.fast_zip(|a: T, b: T| if a < b || Float::is_nan(a) { a } else { b })
        }
        Binary::Maximum => {
            work.fast_zip(|a: T, b: T| if a > b || Float::is_nan(a) { a } else { b })
        }
        Binary::Fmin => work.fast_zip(|a: T, b: T| if a <= b || Float::is_nan(b) { a } else { b }),
        Binary::Fmax => work.fast_zip(|a: T, b: T| if a >= b || Float::is_nan(b) { a } else { b }),
        Binary::Arctan2 => work.zip(T::atan2),
        Binary::Hypot => work.zip(T::hypot),
        Binary::Logaddexp => {
            let two = T::of(std::f64::consts::LN_2);
            work.zip(move |a: T, b: T| add_logarithms(a, b, two, T::exp, T::ln_1p))
        }
        Binary::Logaddexp2 => {
            let base = T::of(std::f64::consts::LOG2_E);
            let log = move |a: T| a.ln_1p() * base;
            work.zip(move |a: T, b: T| add_logarithms(a, b, T::ONE, T::exp2, log))
        }
        Binary::Copysign => work.fast_zip(|a: T, b: T| a.copysign(b)),
        Binary::Nextafter => work.zip(T::towards),
        Binary::IsClose {
            rtol,
            atol,
            equal_nan,
        } => {
            let (rtol, atol) = (T::of(rtol), T::of(atol));
            work.fast_zip(move |a: T, b: T| {
                let near = (a - b).abs() <= atol + rtol * b.abs();
                (near & b.is_finite())
                    | (a == b)
                    | (equal_nan & Float::is_nan(a) & Float::is_nan(b))
            })
        }
        _ => work.refused(T::DTYPE),
    }
}

/// Powers; where all exponents of a tile are one of the common ones, without the general function, as
/// numpy does for single numbers.
fn power<T: Real>(work: Work<'_, '_>) -> Result<(), KernelError> {
    let exponents = work.arg::<T>(1)?;
    let first = exponents.first().copied().unwrap_or(T::ONE);
    let all_equal = exponents.iter().all(|&one| one == first);
    let two = T::ONE + T::ONE;
    if all_equal && first == two {
        work.fast_zip(|a: T, _: T| a * a)
    } else if all_equal && first == T::ONE {
        work.fast_zip(|a: T, _: T| a)
    } else if all_equal && first == -T::ONE {
        work.fast_zip(|a: T, _: T| T::ONE / a)
    } else {
        work.zip(T::powf)
    }
}

/// The quotient rounded down and the remainder with the sign of the divisor, as Python's and numpy's
/// `divmod`.
fn divide<T: Real>(a: T, b: T) -> (T, T) {
    let remainder = a % b;
    if b == T::ZERO {
        return (a / b, remainder);
    }
    let mut quotient = (a - remainder) / b;
    let signed = if remainder == T::ZERO {
        T::ZERO.copysign(b)
    } else if (b < T::ZERO) != (remainder < T::ZERO) {
        quotient = quotient - T::ONE;
        remainder + b
    } else {
        remainder
    };
    let whole = if quotient == T::ZERO {
        T::ZERO.copysign(a / b)
    } else {
        let floor = quotient.floor();
        if quotient - floor > T::of(0.5) {
            floor + T::ONE
        } else {
            floor
        }
    };
    (whole, signed)
}

/// The logarithm of the sum of two numbers that are given as logarithms.
fn add_logarithms<T: Real>(a: T, b: T, two: T, exp: fn(T) -> T, log1p: impl Fn(T) -> T) -> T {
    if a == b {
        // Equal infinities as well.
        return a + two;
    }
    let difference = a - b;
    if difference > T::ZERO {
        a + log1p(exp(-difference))
    } else if difference <= T::ZERO {
        b + log1p(exp(difference))
    } else {
        difference
    }
}
