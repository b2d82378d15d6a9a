//! From one dtype to another.

use super::Work;
use crate::dtype::DType;
use crate::elementwise::typed::{Slice, Typed};
use crate::error::KernelError;
use num_complex::Complex;

/// Casts to a dtype. Fractions are cut off, integers and what is left of floats wrap around, and of
/// complex numbers the real part is taken. NaN and infinity as integers are counted in `faults`.
pub(super) fn cast(
    work: Work<'_, '_>,
    target: DType,
    faults: &mut usize,
) -> Result<(), KernelError> {
    let Some(&source) = work.args.first() else {
        return Err(KernelError::Program("a cast of nothing".to_owned()));
    };
    if target.is_integer() {
        *faults += not_finite(source);
    }
    crate::dispatch!(source.dtype(), T => {
        crate::dispatch!(target, U => work.fast(<T as Convert<U>>::convert))
    })
}

fn not_finite(slice: Slice<'_>) -> usize {
    match slice {
        Slice::F32(elements) => elements.iter().filter(|one| !one.is_finite()).count(),
        Slice::F64(elements) => elements.iter().filter(|one| !one.is_finite()).count(),
        Slice::C64(elements) => elements.iter().filter(|one| !one.re.is_finite()).count(),
        Slice::C128(elements) => elements.iter().filter(|one| !one.re.is_finite()).count(),
        _ => 0,
    }
}

/// A conversion of one number.
trait Convert<U>: Typed {
    fn convert(self) -> U;
}

/// A finite number without its fraction, modulo 2 to the power of 64.
#[inline]
fn whole(value: f64) -> i64 {
    if value.abs() < 9_223_372_036_854_775_808.0 {
        value as i64
    } else {
        // Of such numbers each is whole, and the remainder is exact.
        (value % 18_446_744_073_709_551_616.0) as i128 as i64
    }
}

/// To truth values and complex numbers.
macro_rules! to_others {
    ($from:ty, |$value:ident| $number:expr, |$truth:ident| $is:expr) => {
        impl Convert<bool> for $from {
            #[inline]
            fn convert(self) -> bool {
                let $truth = self;
                $is
            }
        }
        impl Convert<Complex<f32>> for $from {
            #[inline]
            fn convert(self) -> Complex<f32> {
                let $value = self;
                Complex::new($number as f32, 0.0)
            }
        }
        impl Convert<Complex<f64>> for $from {
            #[inline]
            fn convert(self) -> Complex<f64> {
                let $value = self;
                Complex::new($number as f64, 0.0)
            }
        }
    };
}

/// To the other numbers, by an expression for each kind.
macro_rules! to_numbers {
    ($from:ty, |$value:ident| $whole:expr, $real:expr) => {
        to_numbers!(@each $from, $value, $whole; i8, i16, i32, i64, u8, u16, u32, u64);
        to_numbers!(@each $from, $value, $real; f32, f64);
    };
    (@each $from:ty, $value:ident, $as:expr; $($to:ty),+) => {
        $(impl Convert<$to> for $from {
            #[inline]
            fn convert(self) -> $to {
                let $value = self;
                $as as $to
            }
        })+
    };
}

macro_rules! integers {
    ($($from:ty),+) => {
        $(
            to_numbers!($from, |value| value, value);
            to_others!($from, |value| value, |value| value != 0);
        )+
    };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

to_numbers!(bool, |value| u8::from(value), u8::from(value));
to_others!(bool, |value| u8::from(value), |value| value);

to_numbers!(f32, |value| whole(f64::from(value)), value);
to_others!(f32, |value| value, |value| value != 0.0);
to_numbers!(f64, |value| whole(value), value);
to_others!(f64, |value| value, |value| value != 0.0);

macro_rules! complex {
    ($($part:ty),+) => {
        $(
            to_numbers!(Complex<$part>, |value| whole(f64::from(value.re)), value.re);

            impl Convert<bool> for Complex<$part> {
                #[inline]
                fn convert(self) -> bool {
                    self.re != 0.0 || self.im != 0.0
                }
            }
            impl Convert<Complex<f32>> for Complex<$part> {
                #[inline]
                fn convert(self) -> Complex<f32> {
                    Complex::new(self.re as f32, self.im as f32)
                }
            }
            impl Convert<Complex<f64>> for Complex<$part> {
                #[inline]
                fn convert(self) -> Complex<f64> {
                    Complex::new(self.re as f64, self.im as f64)
                }
            }
        )+
    };
}
complex!(f32, f64);
