//! Complex numbers.

use super::Work;
use super::compare::greater_equal;
use super::float::{Instead, Real, Rounding};
use crate::element::Element;
use crate::elementwise::binary::Binary;
use crate::elementwise::typed::Typed;
use crate::elementwise::unary::Unary;
use crate::error::KernelError;
use num_complex::Complex;
use num_traits::Float;

/// Functions of one complex number.
pub(super) fn unary<T: Real>(op: Unary, work: Work<'_, '_>) -> Result<(), KernelError>
where
    Complex<T>: Typed,
{
    type C<T> = Complex<T>;
    let factor = |value: f64| T::of(value);
    match op {
        Unary::Negative => work.fast(|a: C<T>| Complex::new(-a.re, -a.im)),
        Unary::Positive => work.fast(|a: C<T>| a),
        Unary::Conjugate => work.fast(|a: C<T>| Complex::new(a.re, -a.im)),
        Unary::Real => work.fast(|a: C<T>| a.re),
        Unary::Imag => work.fast(|a: C<T>| a.im),
        Unary::Absolute => work.map(|a: C<T>| a.re.hypot(a.im)),
        Unary::Angle => work.map(|a: C<T>| a.im.atan2(a.re)),
        Unary::Sign => work.map(sign::<T>),
        Unary::Sqrt => work.map(sqrt::<T>),
        Unary::Square => {
            work.fast(|a: C<T>| Complex::new(a.re * a.re - a.im * a.im, a.re * a.im + a.im * a.re))
        }
        Unary::Reciprocal => work.map(|a: C<T>| divide(Complex::new(T::ONE, T::ZERO), a)),
        Unary::Exp => work.map(exp::<T>),
        Unary::Exp2 => {
            let two = factor(std::f64::consts::LN_2);
            work.map(move |a: C<T>| exp(Complex::new(a.re * two, a.im * two)))
        }
        Unary::Expm1 => work.map(|a: C<T>| {
            let half = (a.im / (T::ONE + T::ONE)).sin();
            let re = a.re.exp_m1() * a.im.cos() - (half * half + half * half);
            Complex::new(re, a.re.exp() * a.im.sin())
        }),
        Unary::Log => work.map(ln::<T>),
        Unary::Log2 => {
            let base = factor(std::f64::consts::LOG2_E);
            work.map(move |a: C<T>| scaled(ln(a), base))
        }
        Unary::Log10 => {
            let base = factor(std::f64::consts::LOG10_E);
            work.map(move |a: C<T>| scaled(ln(a), base))
        }
        Unary::Log1p => work.map(|a: C<T>| {
            let re = a.re + T::ONE;
            Complex::new(re.hypot(a.im).ln(), a.im.atan2(re))
        }),
        Unary::Sin => work
            .map(|a: C<T>| Complex::new(a.re.sin() * a.im.cosh(), held(a.re.cos(), a.im.sinh()))),
        Unary::Cos => work
            .map(|a: C<T>| Complex::new(a.re.cos() * a.im.cosh(), -held(a.re.sin(), a.im.sinh()))),
        Unary::Tan => work.map(|a: C<T>| turned(a, tanh)),
        Unary::Arcsin => work.map(asin::<T>),
        Unary::Arccos => work.map(acos::<T>),
        Unary::Arctan => work.map(|a: C<T>| turned(a, atanh)),
        Unary::Sinh => work
            .map(|a: C<T>| Complex::new(a.re.sinh() * a.im.cos(), held(a.re.cosh(), a.im.sin()))),
        Unary::Cosh => work
            .map(|a: C<T>| Complex::new(a.re.cosh() * a.im.cos(), held(a.re.sinh(), a.im.sin()))),
        Unary::Tanh => work.map(tanh::<T>),
        // asinh(z) = -i asin(i z)
        Unary::Arcsinh => work.map(|a: C<T>| turned(a, asin)),
        Unary::Arccosh => work.map(acosh::<T>),
        Unary::Arctanh => work.map(atanh::<T>),
        Unary::Rint => work.fast(|a: C<T>| Complex::new(a.re.to_even(), a.im.to_even())),
        Unary::Round(decimals) => {
            let rounding = Rounding::<T>::new(decimals);
            work.fast(move |a: C<T>| Complex::new(rounding.of(a.re), rounding.of(a.im)))
        }
        Unary::IsNan => work.fast(|a: C<T>| Float::is_nan(a.re) | Float::is_nan(a.im)),
        Unary::IsFinite => work.fast(|a: C<T>| a.re.is_finite() & a.im.is_finite()),
        Unary::IsInf => work.fast(|a: C<T>| a.re.is_infinite() | a.im.is_infinite()),
        Unary::LogicalNot => work.fast(|a: C<T>| a.re == T::ZERO && a.im == T::ZERO),
        Unary::NanToNum {
            nan,
            posinf,
            neginf,
        } => {
            let instead = Instead::<T>::new(nan, posinf, neginf);
            work.fast(move |a: C<T>| Complex::new(instead.of(a.re), instead.of(a.im)))
        }
        Unary::Cbrt
        | Unary::Floor
        | Unary::Ceil
        | Unary::Trunc
        | Unary::Signbit
        | Unary::Invert
        | Unary::Deg2rad
        | Unary::Rad2deg => work.refused(<C<T> as Element>::DTYPE),
    }
}

/// Functions of two complex numbers.
pub(super) fn binary<T: Real>(op: Binary, work: Work<'_, '_>) -> Result<(), KernelError>
where
    Complex<T>: Typed,
{
    type C<T> = Complex<T>;
    let nan = |a: C<T>| Float::is_nan(a.re) || Float::is_nan(a.im);
    match op {
        Binary::Add => work.fast_zip(|a: C<T>, b: C<T>| Complex::new(a.re + b.re, a.im + b.im)),
        Binary::Subtract => {
            work.fast_zip(|a: C<T>, b: C<T>| Complex::new(a.re - b.re, a.im - b.im))
        }
        Binary::Multiply => work.fast_zip(|a: C<T>, b: C<T>| {
            Complex::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
        }),
        Binary::Divide => work.zip(divide::<T>),
        Binary::Power | Binary::FloatPower => work.zip(power::<T>),
        Binary::Maximum => {
            work.zip(|a: C<T>, b: C<T>| if nan(a) || greater_equal(a, b) { a } else { b })
        }
        Binary::Minimum => {
            work.zip(|a: C<T>, b: C<T>| if nan(a) || greater_equal(b, a) { a } else { b })
        }
        Binary::Fmax => {
            work.zip(|a: C<T>, b: C<T>| if nan(b) || greater_equal(a, b) { a } else { b })
        }
        Binary::Fmin => {
            work.zip(|a: C<T>, b: C<T>| if nan(b) || greater_equal(b, a) { a } else { b })
        }
        Binary::IsClose {
            rtol,
            atol,
            equal_nan,
        } => {
            let (rtol, atol) = (T::of(rtol), T::of(atol));
            work.zip(move |a: C<T>, b: C<T>| {
                let distance = (a.re - b.re).hypot(a.im - b.im);
                let near = distance <= atol + rtol * b.re.hypot(b.im);
                let finite = b.re.is_finite() && b.im.is_finite();
                (near && finite) || a == b || (equal_nan && nan(a) && nan(b))
            })
        }
        _ => work.refused(<C<T> as Element>::DTYPE),
    }
}

fn scaled<T: Real>(z: Complex<T>, factor: T) -> Complex<T> {
    Complex::new(z.re * factor, z.im * factor)
}

/// `-i f(i z)`: how a function of circles follows from one of hyperbolas and the other way round.
fn turned<T: Real>(z: Complex<T>, f: fn(Complex<T>) -> Complex<T>) -> Complex<T> {
    let w = f(Complex::new(-z.im, z.re));
    Complex::new(w.im, -w.re)
}

/// The number of length 1 in its direction; zero stays, as in NumPy 2.
fn sign<T: Real>(z: Complex<T>) -> Complex<T> {
    let length = z.re.hypot(z.im);
    if Float::is_nan(length) {
        return Complex::new(T::nan(), T::nan());
    }
    if length.is_infinite() {
        let one = |part: T| match part.is_infinite() {
            true => T::ONE.copysign(part),
            false => T::ZERO,
        };
        return match z.re.is_infinite() && z.im.is_infinite() {
            true => Complex::new(T::nan(), T::nan()),
            false => Complex::new(one(z.re), one(z.im)),
        };
    }
    match length == T::ZERO {
        true => Complex::new(T::ZERO, T::ZERO),
        false => Complex::new(z.re / length, z.im / length),
    }
}

/// Smith's division, which numpy uses: the larger part of the divisor is divided out first.
fn divide<T: Real>(a: Complex<T>, b: Complex<T>) -> Complex<T> {
    let (re, im) = (b.re.abs(), b.im.abs());
    if re >= im {
        if re == T::ZERO && im == T::ZERO {
            return Complex::new(a.re / re, a.im / re);
        }
        let ratio = b.im / b.re;
        let scale = T::ONE / (b.re + b.im * ratio);
        Complex::new((a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale)
    } else {
        let ratio = b.re / b.im;
        let scale = T::ONE / (b.im + b.re * ratio);
        Complex::new((a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale)
    }
}

/// A product that is 0 where `part` is, also times NaN or infinity: a number without an imaginary part
/// has none afterwards (C99, annex G).
fn held<T: Real>(factor: T, part: T) -> T {
    match part == T::ZERO && !factor.is_finite() {
        true => part,
        false => factor * part,
    }
}

fn exp<T: Real>(z: Complex<T>) -> Complex<T> {
    let length = z.re.exp();
    if z.im == T::ZERO {
        return Complex::new(length, z.im);
    }
    if length == T::ZERO {
        return Complex::new(T::ZERO, T::ZERO);
    }
    Complex::new(length * z.im.cos(), length * z.im.sin())
}

fn ln<T: Real>(z: Complex<T>) -> Complex<T> {
    let length = z.re.hypot(z.im);
    let half = T::of(0.5);
    // Near the circle of length 1 the logarithm of the length loses all its digits.
    let re = if length > half && length < T::of(2.0) {
        let (large, small) = match z.re.abs() >= z.im.abs() {
            true => (z.re.abs(), z.im.abs()),
            false => (z.im.abs(), z.re.abs()),
        };
        half * ((large - T::ONE) * (large + T::ONE) + small * small).ln_1p()
    } else {
        length.ln()
    };
    Complex::new(re, z.im.atan2(z.re))
}

fn sqrt<T: Real>(z: Complex<T>) -> Complex<T> {
    let (re, im) = (z.re, z.im);
    if re == T::ZERO && im == T::ZERO {
        return Complex::new(T::ZERO, im);
    }
    if im.is_infinite() {
        return Complex::new(T::infinity(), im);
    }
    if re.is_infinite() {
        let other = if Float::is_nan(im) { im } else { T::ZERO };
        return match re > T::ZERO {
            true => Complex::new(re, other.copysign(im)),
            false => Complex::new(other, re.abs().copysign(im)),
        };
    }
    // Scaled, so that the length of the largest numbers does not overflow.
    let quarter = T::of(0.25);
    let large = re.abs().max(im.abs()) >= T::max_value() * quarter;
    let (re, im) = if large {
        (re * quarter, im * quarter)
    } else {
        (re, im)
    };
    let half = T::of(0.5);
    let root = ((re.abs() + re.hypot(im)) * half).sqrt();
    let other = im.abs() / (root + root);
    let (a, b) = if re >= T::ZERO {
        (root, other)
    } else {
        (other, root)
    };
    let scale = if large { T::of(2.0) } else { T::ONE };
    Complex::new(a * scale, (b * scale).copysign(im))
}

fn tanh<T: Real>(z: Complex<T>) -> Complex<T> {
    let (two, twenty) = (T::of(2.0), T::of(20.0));
    if z.re.abs() > twenty {
        // The hyperbolic cosine would overflow before its square divides.
        let im = T::of(4.0) * z.im.sin() * z.im.cos() * (-two * z.re.abs()).exp();
        return Complex::new(T::ONE.copysign(z.re), im);
    }
    let below = (two * z.re).cosh() + (two * z.im).cos();
    Complex::new((two * z.re).sinh() / below, (two * z.im).sin() / below)
}

/// By Kahan, "Branch cuts for complex elementary functions" (1987), as the three after it.
fn asin<T: Real>(z: Complex<T>) -> Complex<T> {
    let minus = sqrt(Complex::new(T::ONE - z.re, -z.im));
    let plus = sqrt(Complex::new(T::ONE + z.re, z.im));
    let re = z.re.atan2(minus.re * plus.re - minus.im * plus.im);
    let im = (minus.re * plus.im - minus.im * plus.re).asinh();
    Complex::new(re, im)
}

fn acos<T: Real>(z: Complex<T>) -> Complex<T> {
    let minus = sqrt(Complex::new(T::ONE - z.re, -z.im));
    let plus = sqrt(Complex::new(T::ONE + z.re, z.im));
    let re = T::of(2.0) * minus.re.atan2(plus.re);
    let im = (plus.re * minus.im - plus.im * minus.re).asinh();
    Complex::new(re, im)
}

fn acosh<T: Real>(z: Complex<T>) -> Complex<T> {
    let minus = sqrt(Complex::new(z.re - T::ONE, z.im));
    let plus = sqrt(Complex::new(z.re + T::ONE, z.im));
    let re = (minus.re * plus.re + minus.im * plus.im).asinh();
    let im = T::of(2.0) * minus.im.atan2(plus.re);
    Complex::new(re, im)
}

fn atanh<T: Real>(z: Complex<T>) -> Complex<T> {
    let (one, quarter) = (T::ONE, T::of(0.25));
    let below = (one - z.re) * (one - z.re) + z.im * z.im;
    let re = quarter * (T::of(4.0) * z.re / below).ln_1p();
    let im = T::of(0.5) * (z.im + z.im).atan2((one - z.re) * (one + z.re) - z.im * z.im);
    Complex::new(re, im)
}

/// Powers; small whole ones by multiplication, as numpy does.
fn power<T: Real>(a: Complex<T>, b: Complex<T>) -> Complex<T> {
    let one = Complex::new(T::ONE, T::ZERO);
    let zero = Complex::new(T::ZERO, T::ZERO);
    if b == zero {
        return one;
    }
    if a == zero {
        return match b.re > T::ZERO && b.im == T::ZERO {
            true => zero,
            false => Complex::new(T::nan(), T::nan()),
        };
    }
    let small = b.im == T::ZERO && b.re.trunc() == b.re && b.re.abs() < T::of(100.0);
    if !small {
        let l = ln(a);
        return exp(Complex::new(
            b.re * l.re - b.im * l.im,
            b.re * l.im + b.im * l.re,
        ));
    }
    let mut exponent = b.re.abs().to_u32().unwrap_or(0);
    let (mut base, mut result) = (a, one);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base;
        }
        base = base * base;
        exponent >>= 1;
    }
    match b.re < T::ZERO {
        true => divide(one, result),
        false => result,
    }
}
