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

/// The dtype in which all of these meet; `None` if there are none. As in numpy the kind that holds
/// most comes first: `uint16`, `int16` and `float32` meet in `float32`, although the first two alone
/// would meet in `int32`, and that with `float32` in `float64`.
pub fn common(dtypes: impl IntoIterator<Item = DType>) -> Option<DType> {
    let mut all: smallvec::SmallVec<[DType; 8]> = dtypes.into_iter().collect();
    all.sort_by_key(|dtype| match dtype.kind() {
        Kind::Complex => 0,
        Kind::Float => 1,
        Kind::Signed | Kind::Unsigned => 2,
        Kind::Bool => 3,
    });
    all.into_iter().reduce(promote)
}

#[cfg(test)]
mod tests {
    use super::common;
    use crate::dtype::DType::{Bool, C64, F32, F64, I16, I32, U16};

    #[test]
    fn many_meet_as_in_numpy() {
        assert_eq!(common([]), None);
        assert_eq!(common([U16, I16]), Some(I32));
        assert_eq!(common([U16, I16, F32]), Some(F32));
        assert_eq!(common([I32, Bool, F32]), Some(F64));
        assert_eq!(common([U16, F32, I16, C64]), Some(C64));
    }
}
