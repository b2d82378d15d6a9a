//! Numbers of a file of expressions as blocks, and how far they may be from numpy's.

use num_complex::Complex;
use serde::Deserialize;
use serde_json::Value;
use taskloom_kernels::{Block, DType, Element, dispatch};

/// Against the sum of the absolute values that stood in the expression.
const TOLERANCE: f64 = 1e-12;
const TOLERANCE_SINGLE: f64 = 1e-5;

/// An array as it is written: dtype, shape, numbers in C order.
#[derive(Clone, Debug, Deserialize)]
pub struct Written {
    pub d: String,
    pub s: Vec<usize>,
    pub x: Vec<Value>,
}

/// An element as JSON has it.
trait Number: Element {
    fn read(value: &Value) -> Self;
    /// `None` for exact dtypes.
    fn inexact(self) -> Option<Complex<f64>>;
}

macro_rules! exact {
    ($($rust:ty, $read:ident;)+) => {
        $(impl Number for $rust {
            fn read(value: &Value) -> Self {
                Self::try_from(value.$read().expect("an integer")).expect("in range")
            }
            fn inexact(self) -> Option<Complex<f64>> {
                None
            }
        })+
    };
}
exact! { i8, as_i64; i16, as_i64; i32, as_i64; i64, as_i64; u8, as_u64; u16, as_u64; u32, as_u64; u64, as_u64; }

impl Number for bool {
    fn read(value: &Value) -> Self {
        value.as_u64() == Some(1)
    }
    fn inexact(self) -> Option<Complex<f64>> {
        None
    }
}

/// A float as JSON has it.
pub fn float(value: &Value) -> f64 {
    match value.as_str() {
        Some(text) => text.parse().expect("nan or inf"),
        None => value.as_f64().expect("a number"),
    }
}

macro_rules! inexact {
    ($($rust:ty),+) => {
        $(impl Number for $rust {
            fn read(value: &Value) -> Self {
                float(value) as $rust
            }
            fn inexact(self) -> Option<Complex<f64>> {
                Some(Complex::new(f64::from(self), 0.0))
            }
        }
        impl Number for Complex<$rust> {
            fn read(value: &Value) -> Self {
                Self::new(float(&value[0]) as $rust, float(&value[1]) as $rust)
            }
            fn inexact(self) -> Option<Complex<f64>> {
                Some(Complex::new(f64::from(self.re), f64::from(self.im)))
            }
        })+
    };
}
inexact!(f32, f64);

impl Written {
    pub fn dtype(&self) -> DType {
        self.d.parse().expect("a dtype")
    }

    /// The numbers as a block.
    pub fn block(&self) -> Block {
        dispatch!(self.dtype(), T => {
            let elements: Vec<T> = self.x.iter().map(<T as Number>::read).collect();
            Block::new(elements, &self.s).expect("as many numbers as the shape has")
        })
    }

    /// What is wrong with `ours`, if anything.
    pub fn differs(&self, ours: &Block, scale: f64, single: bool) -> Option<String> {
        if ours.dtype() != self.dtype() {
            return Some(format!("dtype {} instead of {}", ours.dtype(), self.d));
        }
        if ours.shape() != self.s {
            return Some(format!("shape {:?} instead of {:?}", ours.shape(), self.s));
        }
        let tolerance = if single { TOLERANCE_SINGLE } else { TOLERANCE };
        let theirs = self.block();
        dispatch!(self.dtype(), T => {
            let ours = ours.clone().into_vec::<T>().expect("the dtype was compared");
            let theirs = theirs.into_vec::<T>().expect("the dtype is its own");
            let mut pairs = ours.iter().zip(&theirs).enumerate();
            pairs.find(|&(_, (&a, &b))| !close(a, b, scale, tolerance)).map(|(at, (a, b))| {
                format!("{a} instead of {b} at place {at} (scale {scale})")
            })
        })
    }
}

fn close<T: Number>(ours: T, theirs: T, scale: f64, tolerance: f64) -> bool {
    let (Some(a), Some(b)) = (ours.inexact(), theirs.inexact()) else {
        return ours == theirs;
    };
    let part = |a: f64, b: f64| {
        if a.is_nan() || b.is_nan() {
            return a.is_nan() && b.is_nan();
        }
        a == b || (a - b).abs() <= tolerance * (scale + b.abs())
    };
    // How NaN and infinity share out among the parts of a complex number is not promised.
    if b.im != 0.0 && !(b.re.is_finite() && b.im.is_finite()) {
        return !(a.re.is_finite() && a.im.is_finite());
    }
    part(a.re, b.re) && part(a.im, b.im)
}
