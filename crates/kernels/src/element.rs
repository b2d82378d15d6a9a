//! The Rust types of elements, and the way from a dtype to code for its type.

use crate::dtype::DType;
use bytemuck::{CheckedBitPattern, NoUninit, Zeroable};
use num_complex::Complex;
use std::fmt::{Debug, Display};

/// A Rust type that is one of the dtypes.
pub trait Element:
    Copy
    + Debug
    + Default
    + Display
    + PartialEq
    + NoUninit
    + CheckedBitPattern
    + Zeroable
    + Send
    + Sync
    + 'static
{
    /// Its dtype.
    const DTYPE: DType;
    /// Zero, or false.
    const ZERO: Self;
    /// One, or true.
    const ONE: Self;

    /// Whether it is NaN in any part; never for what cannot be.
    fn is_nan(self) -> bool {
        false
    }
}

macro_rules! elements {
    ($($rust:ty, $dtype:ident, $zero:expr, $one:expr, $nan:expr;)+) => {
        $(impl Element for $rust {
            const DTYPE: DType = DType::$dtype;
            const ZERO: Self = $zero;
            const ONE: Self = $one;

            fn is_nan(self) -> bool {
                let nan: fn(Self) -> bool = $nan;
                nan(self)
            }
        })+
    };
}

elements! {
    bool, Bool, false, true, |_| false;
    i8, I8, 0, 1, |_| false;
    i16, I16, 0, 1, |_| false;
    i32, I32, 0, 1, |_| false;
    i64, I64, 0, 1, |_| false;
    u8, U8, 0, 1, |_| false;
    u16, U16, 0, 1, |_| false;
    u32, U32, 0, 1, |_| false;
    u64, U64, 0, 1, |_| false;
    f32, F32, 0.0, 1.0, f32::is_nan;
    f64, F64, 0.0, 1.0, f64::is_nan;
    Complex<f32>, C64, Complex::new(0.0, 0.0), Complex::new(1.0, 0.0), |z| z.re.is_nan() || z.im.is_nan();
    Complex<f64>, C128, Complex::new(0.0, 0.0), Complex::new(1.0, 0.0), |z| z.re.is_nan() || z.im.is_nan();
}

/// Runs an expression with a type's name standing for the Rust type of a dtype.
///
/// ```
/// use taskloom_kernels::{DType, dispatch};
/// let size = dispatch!(DType::F32, T => std::mem::size_of::<T>());
/// assert_eq!(size, 4);
/// ```
#[macro_export]
macro_rules! dispatch {
    ($dtype:expr, $T:ident => $body:expr) => {
        $crate::dispatch!(@arms $dtype, $T => $body,
            Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64,
            F32 f32, F64 f64,
            C64 ::num_complex::Complex<f32>, C128 ::num_complex::Complex<f64>)
    };
    (@arms $dtype:expr, $T:ident => $body:expr, $($arm:ident $rust:ty),+) => {
        match $dtype {
            $($crate::DType::$arm => {
                #[allow(dead_code)] // Not every body names its type.
                type $T = $rust;
                $body
            })+
        }
    };
}

/// As [`dispatch!`](crate::dispatch), for dtypes that have an order (all but complex ones); `else`
/// is the value for the others.
#[macro_export]
macro_rules! dispatch_ordered {
    ($dtype:expr, $T:ident => $body:expr, else $other:expr) => {
        match $dtype {
            $crate::DType::C64 | $crate::DType::C128 => $other,
            dtype => $crate::dispatch_ordered!(@arms dtype, $T => $body, $other,
                Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64,
                F32 f32, F64 f64),
        }
    };
    (@arms $dtype:expr, $T:ident => $body:expr, $other:expr, $($arm:ident $rust:ty),+) => {
        match $dtype {
            $($crate::DType::$arm => {
                #[allow(dead_code)] // Not every body names its type.
                type $T = $rust;
                $body
            })+
            _ => $other,
        }
    };
}

/// As [`dispatch!`](crate::dispatch), for the four inexact dtypes; `else` is the value for the others.
#[macro_export]
macro_rules! dispatch_inexact {
    ($dtype:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::dispatch_ordered!(@arms $dtype, $T => $body, $other,
            F32 f32, F64 f64,
            C64 ::num_complex::Complex<f32>, C128 ::num_complex::Complex<f64>)
    };
}
