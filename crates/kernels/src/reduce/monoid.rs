//! How two results become one: sums, products, least and greatest.

use crate::element::Element;
use num_complex::Complex;
use std::marker::PhantomData;

/// A way to put elements together in any order, with a neutral beginning.
pub(crate) trait Monoid<T: Element> {
    /// What is accumulated: wider than the elements where that keeps precision.
    type Acc: Element;
    /// Changes nothing when joined.
    const NEUTRAL: Self::Acc;

    fn lift(x: T) -> Self::Acc;
    fn join(a: Self::Acc, b: Self::Acc) -> Self::Acc;
}

/// What sums and products accumulate in. Integers wrap as numpy's do.
pub(crate) trait Accumulator: Element {
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! accumulators {
    ($($rust:ty: $plus:expr, $times:expr;)+) => {
        $(impl Accumulator for $rust {
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                let plus: fn(Self, Self) -> Self = $plus;
                plus(self, other)
            }

            #[inline(always)]
            fn times(self, other: Self) -> Self {
                let times: fn(Self, Self) -> Self = $times;
                times(self, other)
            }
        })+
    };
}

accumulators! {
    i64: i64::wrapping_add, i64::wrapping_mul;
    u64: u64::wrapping_add, u64::wrapping_mul;
    f64: |a, b| a + b, |a, b| a * b;
    Complex<f64>: |a, b| a + b, |a, b| a * b;
}

/// An element that can be summed: in 64 bits, as numpy sums integers; `float32` in `float64`, which
/// is more exact than numpy.
pub(crate) trait Summand: Element {
    type Sum: Accumulator;

    fn widen(self) -> Self::Sum;
}

macro_rules! summands {
    ($($rust:ty => $sum:ty, $widen:expr;)+) => {
        $(impl Summand for $rust {
            type Sum = $sum;

            #[inline(always)]
            fn widen(self) -> $sum {
                let widen: fn(Self) -> $sum = $widen;
                widen(self)
            }
        })+
    };
}

summands! {
    bool => i64, i64::from;
    i8 => i64, i64::from;
    i16 => i64, i64::from;
    i32 => i64, i64::from;
    i64 => i64, |x| x;
    u8 => u64, u64::from;
    u16 => u64, u64::from;
    u32 => u64, u64::from;
    u64 => u64, |x| x;
    f32 => f64, f64::from;
    f64 => f64, |x| x;
    Complex<f32> => Complex<f64>, |z| Complex::new(f64::from(z.re), f64::from(z.im));
    Complex<f64> => Complex<f64>, |z| z;
}

/// Elements in an order: complex ones first by their real, then by their imaginary part, as numpy
/// orders them.
pub(crate) trait Ordered: Element {
    /// No element is above it.
    const TOP: Self;
    /// No element is below it.
    const BOTTOM: Self;

    fn less(self, other: Self) -> bool;
    /// The lesser; NaN if one is.
    fn least(self, other: Self) -> Self;
    /// The greater; NaN if one is.
    fn greatest(self, other: Self) -> Self;
}

macro_rules! ordered {
    ($($rust:ty: $bottom:expr, $top:expr;)+) => {
        $(impl Ordered for $rust {
            const TOP: Self = $top;
            const BOTTOM: Self = $bottom;

            #[inline(always)]
            fn less(self, other: Self) -> bool {
                self < other
            }

            // Without branches, so that the loops become vector instructions; the second condition
            // is gone for all that cannot be NaN.
            #[inline(always)]
            #[allow(clippy::eq_op)] // It is how a NaN shows.
            fn least(self, other: Self) -> Self {
                if (self <= other) | (self != self) { self } else { other }
            }

            #[inline(always)]
            #[allow(clippy::eq_op)] // It is how a NaN shows.
            fn greatest(self, other: Self) -> Self {
                if (self >= other) | (self != self) { self } else { other }
            }
        })+
    };
}

ordered! {
    bool: false, true;
    i8: i8::MIN, i8::MAX;
    i16: i16::MIN, i16::MAX;
    i32: i32::MIN, i32::MAX;
    i64: i64::MIN, i64::MAX;
    u8: u8::MIN, u8::MAX;
    u16: u16::MIN, u16::MAX;
    u32: u32::MIN, u32::MAX;
    u64: u64::MIN, u64::MAX;
    f32: f32::NEG_INFINITY, f32::INFINITY;
    f64: f64::NEG_INFINITY, f64::INFINITY;
}

macro_rules! ordered_complex {
    ($($part:ident)+) => {
        $(impl Ordered for Complex<$part> {
            const TOP: Self = Complex::new($part::INFINITY, $part::INFINITY);
            const BOTTOM: Self = Complex::new($part::NEG_INFINITY, $part::NEG_INFINITY);

            fn less(self, other: Self) -> bool {
                self.re < other.re || (self.re == other.re && self.im < other.im)
            }

            fn least(self, other: Self) -> Self {
                let take = other.less(self) || other.is_nan();
                if take && !Element::is_nan(self) { other } else { self }
            }

            fn greatest(self, other: Self) -> Self {
                let take = self.less(other) || other.is_nan();
                if take && !Element::is_nan(self) { other } else { self }
            }
        })+
    };
}
ordered_complex!(f32 f64);

/// The sum.
pub(crate) struct Sum;

impl<T: Summand> Monoid<T> for Sum {
    type Acc = T::Sum;
    const NEUTRAL: T::Sum = T::Sum::ZERO;

    #[inline(always)]
    fn lift(x: T) -> T::Sum {
        x.widen()
    }

    #[inline(always)]
    fn join(a: T::Sum, b: T::Sum) -> T::Sum {
        a.plus(b)
    }
}

/// The product.
pub(crate) struct Prod;

impl<T: Summand> Monoid<T> for Prod {
    type Acc = T::Sum;
    const NEUTRAL: T::Sum = T::Sum::ONE;

    #[inline(always)]
    fn lift(x: T) -> T::Sum {
        x.widen()
    }

    #[inline(always)]
    fn join(a: T::Sum, b: T::Sum) -> T::Sum {
        a.times(b)
    }
}

/// The same of what is not NaN: the others count as the neutral beginning.
pub(crate) struct SkipNan<M>(PhantomData<M>);

impl<T: Element, M: Monoid<T>> Monoid<T> for SkipNan<M> {
    type Acc = M::Acc;
    const NEUTRAL: M::Acc = M::NEUTRAL;

    #[inline(always)]
    fn lift(x: T) -> M::Acc {
        if x.is_nan() { M::NEUTRAL } else { M::lift(x) }
    }

    #[inline(always)]
    fn join(a: M::Acc, b: M::Acc) -> M::Acc {
        M::join(a, b)
    }
}

/// The sum of what is not NaN.
pub(crate) type NanSum = SkipNan<Sum>;

/// The product of what is not NaN.
pub(crate) type NanProd = SkipNan<Prod>;

/// How many are not zero (NaN is not).
pub(crate) struct Nonzero;

impl<T: Element> Monoid<T> for Nonzero {
    type Acc = i64;
    const NEUTRAL: i64 = 0;

    #[inline(always)]
    fn lift(x: T) -> i64 {
        i64::from(x != T::ZERO)
    }

    #[inline(always)]
    fn join(a: i64, b: i64) -> i64 {
        a + b
    }
}

/// How many are not NaN.
pub(crate) struct Numbers;

impl<T: Element> Monoid<T> for Numbers {
    type Acc = i64;
    const NEUTRAL: i64 = 0;

    #[inline(always)]
    fn lift(x: T) -> i64 {
        i64::from(!x.is_nan())
    }

    #[inline(always)]
    fn join(a: i64, b: i64) -> i64 {
        a + b
    }
}

/// The least; NaN if there is one.
pub(crate) struct Min;

impl<T: Ordered> Monoid<T> for Min {
    type Acc = T;
    const NEUTRAL: T = T::TOP;

    #[inline(always)]
    fn lift(x: T) -> T {
        x
    }

    #[inline(always)]
    fn join(a: T, b: T) -> T {
        a.least(b)
    }
}

/// The greatest; NaN if there is one.
pub(crate) struct Max;

impl<T: Ordered> Monoid<T> for Max {
    type Acc = T;
    const NEUTRAL: T = T::BOTTOM;

    #[inline(always)]
    fn lift(x: T) -> T {
        x
    }

    #[inline(always)]
    fn join(a: T, b: T) -> T {
        a.greatest(b)
    }
}

/// An element with a NaN, from which reductions that skip NaN begin.
pub(crate) trait Missing: Ordered {
    const NAN: Self;
}

impl Missing for f32 {
    const NAN: Self = Self::NAN;
}

impl Missing for f64 {
    const NAN: Self = Self::NAN;
}

impl Missing for Complex<f32> {
    const NAN: Self = Self::new(f32::NAN, f32::NAN);
}

impl Missing for Complex<f64> {
    const NAN: Self = Self::new(f64::NAN, f64::NAN);
}

/// The least that is not NaN; NaN if all are.
pub(crate) struct NanMin;

impl<T: Missing> Monoid<T> for NanMin {
    type Acc = T;
    const NEUTRAL: T = T::NAN;

    #[inline(always)]
    fn lift(x: T) -> T {
        x
    }

    #[inline(always)]
    fn join(a: T, b: T) -> T {
        if b.less(a) | a.is_nan() { b } else { a }
    }
}

/// The greatest that is not NaN; NaN if all are.
pub(crate) struct NanMax;

impl<T: Missing> Monoid<T> for NanMax {
    type Acc = T;
    const NEUTRAL: T = T::NAN;

    #[inline(always)]
    fn lift(x: T) -> T {
        x
    }

    #[inline(always)]
    fn join(a: T, b: T) -> T {
        if a.less(b) | a.is_nan() { b } else { a }
    }
}
