//! Norms of vectors and matrices, and the trace.

use super::blocks::each;
use super::shapes::{inexact, matrix};
use crate::array::Array;
use crate::error::{ArrayError, Result};
use crate::reduce::Over;
use taskloom_kernels::elementwise::{Binary, Elementwise, Operand, Unary};
use taskloom_kernels::{DType, Kernel, Scalar};

/// A norm of a matrix; numpy's name for each is behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatrixNorm {
    /// The square root of the sum of all squares (`"fro"`).
    #[default]
    Frobenius,
    /// The sum of the singular values (`"nuc"`).
    Nuclear,
    /// The largest singular value (`2`).
    Spectral,
    /// The smallest singular value (`-2`).
    LeastSingular,
    /// The largest sum of absolute values in a column (`1`).
    Columns,
    /// The smallest such sum (`-1`).
    LeastColumn,
    /// The largest sum of absolute values in a row (`inf`).
    Rows,
    /// The smallest such sum (`-inf`).
    LeastRow,
}

impl Array {
    /// The square root of the sum of the squares of all elements: the Euclidean norm of a vector, the
    /// Frobenius norm of a matrix. It works on unknown axes.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![3.0, 4.0], Chunks::of([1]))?;
    /// assert_eq!(x.norm()?.to_local_here::<f64>()?.sum(), 5.0);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state.
    pub fn norm(&self) -> Result<Self> {
        self.vector_norm(2.0, Over::all())
    }

    /// numpy's `linalg.vector_norm`: `(sum of |x|^ord)^(1/ord)` over some axes. `ord` infinity is the
    /// largest absolute value, minus infinity the smallest, 0 the number of elements that are not 0.
    /// It works on unknown axes.
    ///
    /// # Errors
    /// If the array is in the failed state, an axis does not exist, or `ord` is NaN. When it is
    /// computed: if there are no elements and `ord` is infinite.
    pub fn vector_norm(&self, ord: f64, over: impl Into<Over>) -> Result<Self> {
        const NAME: &str = "vector_norm";
        self.check()?;
        if ord.is_nan() {
            return Err(ArrayError::value(NAME, "the order is NaN"));
        }
        let over = over.into();
        let moduli = modulus(self);
        let real = moduli.dtype();
        let norm = if ord == f64::INFINITY {
            moduli.max_over(over)
        } else if ord == f64::NEG_INFINITY {
            moduli.min_over(over)
        } else if ord == 0.0 {
            let count = moduli.count_nonzero_over(over);
            super::blocks::cast(count.good()?, real)
        } else if ord == 1.0 {
            moduli.sum_over(over)
        } else if ord == 2.0 {
            let sum = of_elements(&moduli, Unary::Square).sum_over(over);
            of_elements(sum.good()?, Unary::Sqrt)
        } else {
            let sum = power(&moduli, ord).sum_over(over);
            power(sum.good()?, 1.0 / ord)
        };
        norm.check()?;
        Ok(norm)
    }

    /// The sum of the elements at `(i, i + offset)` of the first two axes, in the dtype of a sum.
    ///
    /// # Errors
    /// If there are fewer than two axes, or their chunk sizes are unknown.
    pub fn trace(&self, offset: i64) -> Result<Self> {
        let sum = self.diagonal(offset, [0, 1])?.sum_over(-1);
        sum.check()?;
        Ok(sum)
    }

    /// A norm of a matrix: numpy's `linalg.matrix_norm`.
    ///
    /// # Errors
    /// If it is no matrix; for those by singular values as [`Array::svd`].
    pub fn matrix_norm(&self, norm: MatrixNorm) -> Result<Self> {
        let array = matrix("matrix_norm", self)?;
        let sums = |axis: usize| modulus(&array).sum_over(axis);
        let norm = match norm {
            MatrixNorm::Frobenius => array.norm()?,
            MatrixNorm::Nuclear => array.svdvals()?.sum(),
            MatrixNorm::Spectral => array.svdvals()?.max(),
            MatrixNorm::LeastSingular => array.svdvals()?.min(),
            MatrixNorm::Columns => sums(0).max(),
            MatrixNorm::LeastColumn => sums(0).min(),
            MatrixNorm::Rows => sums(1).max(),
            MatrixNorm::LeastRow => sums(1).min(),
        };
        norm.check()?;
        Ok(norm)
    }
}

/// The absolute values, in an inexact dtype.
fn modulus(array: &Array) -> Array {
    let dtype = inexact(array.dtype());
    let array = super::blocks::cast(array, dtype);
    let kernel = Elementwise::unary(Unary::Absolute, dtype);
    each(
        &array,
        "absolute",
        Kernel::Elementwise(kernel),
        dtype.real(),
    )
}

fn of_elements(array: &Array, op: Unary) -> Array {
    let kernel = Kernel::Elementwise(Elementwise::unary(op, array.dtype()));
    each(array, "norm", kernel, array.dtype())
}

fn power(array: &Array, exponent: f64) -> Array {
    let dtype: DType = array.dtype();
    let operands = [Operand::Block, Operand::Number(Scalar::from(exponent))];
    let kernel = Elementwise::binary_of(Binary::Power, dtype, operands);
    each(array, "norm", Kernel::Elementwise(kernel), dtype)
}
