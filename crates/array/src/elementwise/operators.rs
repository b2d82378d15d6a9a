//! `+ - * / %`, `& | ^ << >>`, `-x` and `!x`, with arrays and numbers on both sides.

use super::binary::{binary, try_binary};
use super::operand::{Operand, for_numbers};
use super::unary::unary;
use crate::array::Array;
use crate::error::Result;
use num_complex::Complex;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Shl, Shr, Sub};
use taskloom_kernels::Scalar;
use taskloom_kernels::elementwise::{Binary, Unary};

macro_rules! operator {
    ($($trait:ident $method:ident $try_method:ident $op:ident $sign:literal)+) => {
        $(
            impl<R: Into<Operand>> $trait<R> for &Array {
                type Output = Array;

                #[track_caller]
                fn $method(self, other: R) -> Array {
                    binary(Binary::$op, &self.into(), &other.into())
                }
            }

            impl<R: Into<Operand>> $trait<R> for Array {
                type Output = Array;

                #[track_caller]
                fn $method(self, other: R) -> Array {
                    binary(Binary::$op, &self.into(), &other.into())
                }
            }
        )+

        impl Array {
            $(
                #[doc = concat!("`self ", $sign, " other`, with its error at once.")]
                ///
                /// # Errors
                /// If an array is in the failed state, or the operands do not go together: their
                /// shapes, cuts, dtypes or clients.
                #[track_caller]
                pub fn $try_method(&self, other: impl Into<Operand>) -> Result<Self> {
                    try_binary(Binary::$op, &self.into(), &other.into())
                }
            )+
        }
    };
}

operator! {
    Add add try_add Add "+"
    Sub sub try_sub Subtract "-"
    Mul mul try_mul Multiply "*"
    Div div try_div Divide "/"
    Rem rem try_rem Remainder "%"
    BitAnd bitand try_bitand BitwiseAnd "&"
    BitOr bitor try_bitor BitwiseOr "|"
    BitXor bitxor try_bitxor BitwiseXor "^"
    Shl shl try_shl LeftShift "<<"
    Shr shr try_shr RightShift ">>"
}

macro_rules! number_first {
    ($($rust:ty),+) => {
        $(number_first!(@each $rust; Add add Add, Sub sub Subtract, Mul mul Multiply, Div div Divide,
            Rem rem Remainder);)+
    };
    (@each $rust:ty; $($trait:ident $method:ident $op:ident),+) => {
        $(
            impl $trait<&Array> for $rust {
                type Output = Array;

                #[track_caller]
                fn $method(self, array: &Array) -> Array {
                    binary(Binary::$op, &self.into(), &array.into())
                }
            }

            impl $trait<Array> for $rust {
                type Output = Array;

                #[track_caller]
                fn $method(self, array: Array) -> Array {
                    binary(Binary::$op, &self.into(), &array.into())
                }
            }
        )+
    };
}
for_numbers!(number_first);

impl Neg for &Array {
    type Output = Array;

    #[track_caller]
    fn neg(self) -> Array {
        unary(Unary::Negative, self)
    }
}

impl Neg for Array {
    type Output = Self;

    #[track_caller]
    fn neg(self) -> Self {
        unary(Unary::Negative, &self)
    }
}

impl Not for &Array {
    type Output = Array;

    #[track_caller]
    fn not(self) -> Array {
        unary(Unary::Invert, self)
    }
}

impl Not for Array {
    type Output = Self;

    #[track_caller]
    fn not(self) -> Self {
        unary(Unary::Invert, &self)
    }
}
