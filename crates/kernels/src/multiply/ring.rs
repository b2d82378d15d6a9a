//! How elements of each type are added and multiplied, and how matrices of them are.

use super::matrix::Matrix;
use crate::element::Element;
use faer::{MatMut, MatRef};
use num_complex::Complex;
use taskloom_numerics::Product;

/// Up to this many multiplications a plain loop is quicker than setting up anything better.
const SMALL: usize = 64;

/// Elements with a sum and a product: numbers, wrapping where they are integers, and truth values
/// with "or" and "and".
pub(crate) trait Ring: Element {
    /// Whether [`Ring::multiply`] reads matrices of either order where they lie.
    const READS_COLUMNS: bool;

    /// The sum.
    fn plus(self, other: Self) -> Self;

    /// The product.
    fn times(self, other: Self) -> Self;

    /// Adds the product of two matrices to one in rows. Their sizes fit: `into` has as many rows as
    /// `left` and as many columns as `right`, and so on.
    fn multiply(into: &mut [Self], left: Matrix<'_, Self>, right: Matrix<'_, Self>);
}

/// Row by row: the innermost loop goes along rows of the right matrix and of the result, which the
/// compiler turns into vector instructions.
fn by_rows<T: Ring>(into: &mut [T], left: Matrix<'_, T>, right: Matrix<'_, T>) {
    if right.columns == 0 {
        return;
    }
    for (at, row) in into.chunks_exact_mut(right.columns).enumerate() {
        for inner in 0..left.columns {
            let factor = left.at(at, inner);
            if right.by_columns {
                for (column, sum) in row.iter_mut().enumerate() {
                    *sum = sum.plus(factor.times(right.at(inner, column)));
                }
            } else {
                let others = &right.elements[inner * right.columns..][..right.columns];
                for (sum, &other) in row.iter_mut().zip(others) {
                    *sum = sum.plus(factor.times(other));
                }
            }
        }
    }
}

macro_rules! integers {
    ($($rust:ty),+) => {
        $(impl Ring for $rust {
            const READS_COLUMNS: bool = false;

            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }

            fn multiply(into: &mut [Self], left: Matrix<'_, Self>, right: Matrix<'_, Self>) {
                by_rows(into, left, right);
            }
        })+
    };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Ring for bool {
    const READS_COLUMNS: bool = false;

    fn plus(self, other: Self) -> Self {
        self | other
    }

    fn times(self, other: Self) -> Self {
        self & other
    }

    fn multiply(into: &mut [Self], left: Matrix<'_, Self>, right: Matrix<'_, Self>) {
        by_rows(into, left, right);
    }
}

macro_rules! inexact {
    ($($rust:ty),+) => {
        $(impl Ring for $rust {
            const READS_COLUMNS: bool = true;

            fn plus(self, other: Self) -> Self {
                self + other
            }

            fn times(self, other: Self) -> Self {
                self * other
            }

            fn multiply(into: &mut [Self], left: Matrix<'_, Self>, right: Matrix<'_, Self>) {
                let (rows, inner, columns) = (left.rows, left.columns, right.columns);
                if rows.saturating_mul(inner).saturating_mul(columns) <= SMALL {
                    return by_rows(into, left, right);
                }
                Self::add_product(
                    MatMut::from_row_major_slice_mut(into, rows, columns),
                    view(left),
                    view(right),
                    <$rust as Element>::ONE,
                );
            }
        })+
    };
}
inexact!(f32, f64, Complex<f32>, Complex<f64>);

fn view<T>(matrix: Matrix<'_, T>) -> MatRef<'_, T> {
    let Matrix {
        elements,
        rows,
        columns,
        by_columns,
    } = matrix;
    if by_columns {
        MatRef::from_column_major_slice(elements, rows, columns)
    } else {
        MatRef::from_row_major_slice(elements, rows, columns)
    }
}
