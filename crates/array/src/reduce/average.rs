//! Means with weights.

use super::over::Over;
use crate::array::Array;
use crate::error::{ArrayError, Result};
use taskloom_kernels::DType;

impl Array {
    /// The mean with a weight per element, or, for weights of one axis, per place along the one axis
    /// that is reduced. Weights that sum up to 0 give NaN or infinity.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1.0, 2.0, 3.0], Chunks::of([2]))?;
    /// let weights = Array::from_ndarray(&ndarray::array![1.0, 1.0, 2.0], Chunks::of([2]))?;
    /// assert_eq!(x.average(&weights, 0).to_local_here::<f64>()?[[]], 2.25);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn average(&self, weights: &Self, over: impl Into<Over>) -> Self {
        Self::or_failed(self.weighted(weights, &over.into()), Some(self))
    }

    #[track_caller]
    fn weighted(&self, weights: &Self, over: &Over) -> Result<Self> {
        const OPERATION: &str = "average";
        over.only(OPERATION, false, false)?;
        let how = over.of(OPERATION, self)?;
        let weights = weights.good()?;
        // As in numpy: integers and truth values have a mean in float64, also with float32 weights.
        let both = taskloom_kernels::promote(self.dtype(), weights.dtype());
        let dtype = match self.dtype().is_inexact() {
            true => both,
            false => taskloom_kernels::promote(both, DType::F64),
        };
        let weights = weights.astype(dtype);
        let (weights, sum) = if weights.ndim() == self.ndim() {
            let sum = weights.sum_over(over.clone());
            (weights, sum)
        } else {
            let (1, Some(axis), 1) = (weights.ndim(), how.axes.iter().next(), how.axes.count())
            else {
                let reason = format!(
                    "weights of {} axes for an array of {}: they have its shape, or the one axis \
                     that is reduced",
                    weights.ndim(),
                    self.ndim()
                );
                return Err(ArrayError::value(OPERATION, reason));
            };
            let sum = weights.sum();
            let mut beside = weights;
            for _ in axis + 1..self.ndim() {
                beside = beside.expand_dims(-1)?;
            }
            (beside, sum)
        };
        let products = self.astype(dtype).try_mul(&weights)?;
        products.sum_over(over.clone()).try_div(&sum)
    }
}
