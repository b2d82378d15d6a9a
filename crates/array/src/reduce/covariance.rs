//! Covariances and correlations of variables.

use super::over::Over;
use crate::array::Array;
use crate::error::{ArrayError, Result};
use taskloom_kernels::{DType, promote};

/// What the variables of a matrix are, and how many degrees of freedom their covariances have.
///
/// ```
/// use taskloom_array::Covariance;
///
/// let features = Covariance::of_columns().ddof(0);
/// # let _ = features;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covariance {
    columns: bool,
    ddof: u32,
}

impl Covariance {
    /// Each row is a variable and each column an observation, as numpy's default.
    pub fn of_rows() -> Self {
        Self {
            columns: false,
            ddof: 1,
        }
    }

    /// Each column is a variable and each row an observation: numpy's `rowvar=False`.
    pub fn of_columns() -> Self {
        Self {
            columns: true,
            ddof: 1,
        }
    }

    /// The number of observations is lessened by this. Without it by 1; numpy's `bias=True` is 0.
    /// Correlations do not depend on it.
    #[must_use]
    pub fn ddof(mut self, ddof: u32) -> Self {
        self.ddof = ddof;
        self
    }
}

/// Variables in rows, with their means taken away.
struct Centred {
    values: Array,
    /// The sums of products of all pairs of rows.
    products: Array,
}

impl Array {
    /// The covariances of all pairs of variables, in at least double precision. An array of one axis
    /// is one variable; of one variable the result has no axes, as in numpy. For variables in two
    /// arrays, [`concatenate`](crate::concatenate) them.
    ///
    /// Both axes can be unknown: covariances of columns work on rows that a mask has left.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, Covariance};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[0.0, 2.0], [5.0, 1.0]], Chunks::of([1, 2]))?;
    /// let expected = ndarray::array![[2.0, -4.0], [-4.0, 8.0]].into_dyn();
    /// assert_eq!(x.cov(Covariance::of_rows())?.to_local_here::<f64>()?, expected);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state or has more than two axes.
    pub fn cov(&self, how: Covariance) -> Result<Self> {
        let Centred { values, products } = self.centred("cov", how)?;
        let ddof = f64::from(how.ddof);
        let result = match values.axes()[1].len() {
            Some(observations) => products.try_div((observations as f64 - ddof).max(0.0))?,
            None => {
                let counts = values.real().ones_like().sum_over(Over::axis(1).keepdims());
                products.try_div(counts.try_sub(ddof)?.maximum(0.0))?
            }
        };
        result.of_pairs()
    }

    /// The correlations of all pairs of variables: their covariances, divided by the deviations of
    /// both. Of real numbers, rounding brings none beyond 1.
    ///
    /// # Errors
    /// As [`Array::cov`].
    pub fn corrcoef(&self, how: Covariance) -> Result<Self> {
        let Centred { values, products } = self.centred("corrcoef", how)?;
        let sizes = values.abs().square().sum_over(Over::axis(1).keepdims());
        let sizes = sizes.sqrt();
        let result = products.try_div(&sizes)?.try_div(sizes.t())?;
        let result = match result.dtype().is_complex() {
            true => result,
            false => result.clip(-1.0, 1.0),
        };
        result.of_pairs()
    }

    fn centred(&self, operation: &str, how: Covariance) -> Result<Centred> {
        self.check()?;
        if self.ndim() > 2 {
            let reason = format!("it takes a matrix, not an array of {} axes", self.ndim());
            return Err(ArrayError::value(operation, reason));
        }
        let rows = match how.columns && self.ndim() == 2 {
            true => self.t(),
            false => self.atleast_2d()?,
        };
        let numbers = rows.astype(promote(rows.dtype(), DType::F64));
        let values = numbers.try_sub(numbers.mean_over(Over::axis(1).keepdims()))?;
        let turned = match values.dtype().is_complex() {
            true => values.conj().t(),
            false => values.t(),
        };
        let products = values.matmul(&turned)?;
        Ok(Centred { values, products })
    }

    /// Of one variable there is one number.
    fn of_pairs(&self) -> Result<Self> {
        match self.axes().iter().all(|axis| axis.len() == Some(1)) {
            true => self.squeeze(),
            false => self.good().cloned(),
        }
    }
}
