//! Matrices with diagonals of ones.

use super::pattern::{Made, Pattern};
use crate::array::Array;
use crate::chunks::Chunks;
use taskloom_kernels::DType;

impl Array {
    /// A matrix of `n` rows and `m` columns with ones where the column is the row plus `k`, and zeros
    /// elsewhere.
    ///
    /// ```
    /// use taskloom_array::{Array, DType};
    ///
    /// let x = Array::eye(2, 3, 1, DType::I64, [2, 2]);
    /// assert_eq!(x.to_local_here::<i64>()?, ndarray::array![[0, 1, 0], [0, 0, 1]].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn eye(n: usize, m: usize, k: i64, dtype: DType, chunks: impl Into<Chunks>) -> Self {
        let pattern = Pattern::Diagonal {
            offset: k,
            below: false,
        };
        Self::or_failed(Made::cut("eye", pattern, dtype, [n, m], chunks), None)
    }

    /// The identity matrix of `n` rows.
    #[track_caller]
    pub fn identity(n: usize, dtype: DType, chunks: impl Into<Chunks>) -> Self {
        let pattern = Pattern::Diagonal {
            offset: 0,
            below: false,
        };
        Self::or_failed(Made::cut("identity", pattern, dtype, [n, n], chunks), None)
    }

    /// A matrix of `n` rows and `m` columns with ones where the column is at most the row plus `k`,
    /// and zeros elsewhere.
    #[track_caller]
    pub fn tri(n: usize, m: usize, k: i64, dtype: DType, chunks: impl Into<Chunks>) -> Self {
        let pattern = Pattern::Diagonal {
            offset: k,
            below: true,
        };
        Self::or_failed(Made::cut("tri", pattern, dtype, [n, m], chunks), None)
    }
}
