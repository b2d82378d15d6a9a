//! Functions of one array.

use super::layer::apply;
use crate::array::Array;
use crate::error::{ArrayError, Result};
use taskloom_kernels::elementwise::{Elementwise, Unary};

#[track_caller]
pub(super) fn unary(op: Unary, array: &Array) -> Array {
    Array::or_failed(try_unary(op, array), Some(array))
}

#[track_caller]
fn try_unary(op: Unary, array: &Array) -> Result<Array> {
    array.check()?;
    match op.types(array.dtype()) {
        Some(types) => apply(Elementwise::unary(op, types.compute), &[array]),
        None => Err(ArrayError::DType {
            operation: op.name().to_owned(),
            dtype: array.dtype(),
            reason: String::new(),
        }),
    }
}

macro_rules! functions {
    ($($(#[$doc:meta])+ $name:ident $op:ident)+) => {
        impl Array {
            $(
                $(#[$doc])+
                ///
                /// A dtype that it is not for gives an array in the failed state.
                #[must_use]
                #[track_caller]
                pub fn $name(&self) -> Self {
                    unary(Unary::$op, self)
                }
            )+
        }
    };
}

functions! {
    /// The negative, as `-x`.
    negative Negative
    /// The same numbers.
    positive Positive
    /// Without the sign; of complex numbers the length.
    absolute Absolute
    /// [`absolute`](Self::absolute).
    abs Absolute
    /// -1, 0 or 1; of complex numbers the direction.
    sign Sign
    /// The square root; of negative numbers NaN.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, DType};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 4, 9], Chunks::of([2]))?;
    /// let root = x.sqrt();
    /// assert_eq!(root.dtype(), DType::F64);
    /// assert_eq!(root.to_local_here::<f64>()?, ndarray::array![1.0, 2.0, 3.0].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    sqrt Sqrt
    /// The cube root.
    cbrt Cbrt
    /// The number times itself.
    square Square
    /// One divided by it; of integers the whole part.
    reciprocal Reciprocal
    /// e to its power.
    exp Exp
    /// 2 to its power.
    exp2 Exp2
    /// `exp(x) - 1`, exact near zero.
    expm1 Expm1
    /// The natural logarithm.
    log Log
    /// The logarithm to the base 2.
    log2 Log2
    /// The logarithm to the base 10.
    log10 Log10
    /// `log(1 + x)`, exact near zero.
    log1p Log1p
    /// The sine of radians.
    sin Sin
    /// The cosine of radians.
    cos Cos
    /// The tangent of radians.
    tan Tan
    /// The inverse sine in radians.
    arcsin Arcsin
    /// The inverse cosine in radians.
    arccos Arccos
    /// The inverse tangent in radians.
    arctan Arctan
    /// The hyperbolic sine.
    sinh Sinh
    /// The hyperbolic cosine.
    cosh Cosh
    /// The hyperbolic tangent.
    tanh Tanh
    /// The inverse hyperbolic sine.
    arcsinh Arcsinh
    /// The inverse hyperbolic cosine.
    arccosh Arccosh
    /// The inverse hyperbolic tangent.
    arctanh Arctanh
    /// The next whole number below; integers stay integers.
    floor Floor
    /// The next whole number above.
    ceil Ceil
    /// Without the fraction.
    trunc Trunc
    /// The nearest whole number, halves to the even one.
    rint Rint
    /// Whether it is NaN, in any part.
    isnan IsNan
    /// Whether it is neither NaN nor infinite.
    isfinite IsFinite
    /// Whether it is infinite, in any part.
    isinf IsInf
    /// Whether the sign is set, that of zero as well.
    signbit Signbit
    /// Whether it is zero.
    logical_not LogicalNot
    /// All bits the other way, as `!x`.
    invert Invert
    /// The complex conjugate.
    conjugate Conjugate
    /// [`conjugate`](Self::conjugate).
    conj Conjugate
    /// The real part.
    real Real
    /// The imaginary part; of real numbers zero.
    imag Imag
    /// The phase in radians.
    angle Angle
    /// Radians of degrees.
    deg2rad Deg2rad
    /// Degrees of radians.
    rad2deg Rad2deg
}

impl Array {
    /// Rounds at a number of decimal places, halves to the even digit; a negative number rounds before
    /// the point.
    #[must_use]
    #[track_caller]
    pub fn round(&self, decimals: i32) -> Self {
        unary(Unary::Round(decimals), self)
    }

    /// NaN as zero, infinities as the largest and the smallest number of the dtype.
    #[must_use]
    #[track_caller]
    pub fn nan_to_num(&self) -> Self {
        self.nan_to(0.0, None, None)
    }

    /// NaN as a number, and infinities as others; `None` stands for the largest and the smallest number
    /// of the dtype.
    #[must_use]
    #[track_caller]
    pub fn nan_to(&self, nan: f64, posinf: Option<f64>, neginf: Option<f64>) -> Self {
        let op = Unary::NanToNum {
            nan,
            posinf,
            neginf,
        };
        unary(op, self)
    }
}
