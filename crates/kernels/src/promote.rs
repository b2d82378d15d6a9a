//! numpy's promotion: the dtype in which two dtypes meet.

use crate::dtype::{DType, Kind};

/// The dtype of an element-wise operation on two dtypes, by numpy's table: the smaller dtype that
/// holds all values of both; for 64-bit integers with and without sign, and for large integers with
/// `float32`, `float64`.
///
/// ```
/// use taskloom_kernels::{DType, promote};
/// assert_eq!(promote(DType::I32, DType::F32), DType::F64);
/// assert_eq!(promote(DType::I64, DType::U64), DType::F64);
/// assert_eq!(promote(DType::I8, DType::U8), DType::I16);
/// ```
pub const fn promote(a: DType, b: DType) -> DType {
    use DType::{C64, C128, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    match (a.kind(), b.kind()) {
        (Kind::Bool, _) => b,
        (_, Kind::Bool) => a,
        (Kind::Signed, Kind::Signed)
        | (Kind::Unsigned, Kind::Unsigned)
        | (Kind::Float, Kind::Float)
        | (Kind::Complex, Kind::Complex) => {
            if a.itemsize() >= b.itemsize() {
                a
            } else {
                b
            }
        }
        (Kind::Unsigned, Kind::Signed) => promote(b, a),
        (Kind::Signed, Kind::Unsigned) => match (a, b) {
            (I8, U8) => I16,
            (I8 | I16, U16) => I32,
            (I8 | I16 | I32, U32) => I64,
            (_, U64) => F64,
            _ => a,
        },
        (Kind::Float | Kind::Complex, Kind::Signed | Kind::Unsigned) => {
            let small = b.itemsize() <= 2;
            match (a, small) {
                (F32, false) => F64,
                (C64, false) => C128,
                _ => a,
            }
        }
        (Kind::Signed | Kind::Unsigned, Kind::Float | Kind::Complex) => promote(b, a),
        (Kind::Float, Kind::Complex) => match a {
            F64 => C128,
            _ => b,
        },
        (Kind::Complex, Kind::Float) => match b {
            F64 => C128,
            _ => a,
        },
    }
}

/// The dtype in which all of these meet; `None` if there are none.
pub fn common(dtypes: impl IntoIterator<Item = DType>) -> Option<DType> {
    dtypes.into_iter().reduce(promote)
}
