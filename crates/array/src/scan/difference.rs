//! Differences of neighbours along an axis.

use crate::arrange::concatenate;
use crate::array::Array;
use crate::error::{ArrayError, Result};
use crate::index::{Selection, Selector};
use taskloom_kernels::{DType, Kind};

impl Array {
    /// The difference of each element along an axis to the one before it, `n` times over; the axis
    /// becomes shorter by `n`. Truth values differ or do not; integers wrap.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 4, 9, 16], Chunks::of([3]))?;
    /// assert_eq!(x.diff(1, 0)?.to_local_here::<i32>()?, ndarray::array![3, 5, 7].into_dyn());
    /// assert_eq!(x.diff(2, 0)?.to_local_here::<i32>()?, ndarray::array![2, 2].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such axis, or its chunk sizes are unknown.
    pub fn diff(&self, n: usize, axis: isize) -> Result<Self> {
        let axis = self.good()?.axis_of("diff", axis)?;
        let Some(len) = self.axes()[axis].len() else {
            return Err(self.unknown("diff", axis));
        };
        let mut result = self.clone();
        // Nothing is left after as many times as there are elements.
        for _ in 0..n.min(len.max(1)) {
            let after = result.slice(along(axis, Some(1), None))?;
            let before = result.slice(along(axis, None, Some(-1)))?;
            result = match result.dtype() {
                DType::Bool => after.not_equal(&before),
                _ => after.try_sub(&before)?,
            };
        }
        result.check()?;
        Ok(result)
    }

    /// The slope along an axis of values that stand `spacing` apart: half of the difference of both
    /// neighbours, and at the ends the difference to the one neighbour. Integers become `float64`.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 2, 4, 7, 11], Chunks::of([3]))?;
    /// let slope = x.gradient(1.0, 0)?.to_local_here::<f64>()?;
    /// assert_eq!(slope, ndarray::array![1.0, 1.5, 2.5, 3.5, 4.0].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such axis, it has less than two elements or its chunk sizes are unknown, or the
    /// elements are truth values.
    pub fn gradient(&self, spacing: f64, axis: isize) -> Result<Self> {
        const NAME: &str = "gradient";
        let axis = self.good()?.axis_of(NAME, axis)?;
        match self.axes()[axis].len() {
            None => return Err(self.unknown(NAME, axis)),
            Some(len) if len < 2 => {
                let reason = format!("axis {axis} has {len} elements, and a slope needs two");
                return Err(ArrayError::value(NAME, reason));
            }
            Some(_) => {}
        }
        let values = match self.dtype().kind() {
            Kind::Float | Kind::Complex => self.clone(),
            Kind::Signed | Kind::Unsigned => self.astype(DType::F64),
            Kind::Bool => {
                return Err(ArrayError::DType {
                    operation: NAME.to_owned(),
                    dtype: self.dtype(),
                    reason: String::new(),
                });
            }
        };
        let slope = |after: Selection, before: Selection, steps: f64| -> Result<Self> {
            let change = values.slice(after)? - values.slice(before)?;
            Ok(change / (steps * spacing))
        };
        let part = |start, end| along(axis, start, end);
        let slopes: Result<Vec<Self>> = [
            slope(part(Some(1), Some(2)), part(None, Some(1)), 1.0),
            slope(part(Some(2), None), part(None, Some(-2)), 2.0),
            slope(part(Some(-1), None), part(Some(-2), Some(-1)), 1.0),
        ]
        .into_iter()
        .collect();
        concatenate(slopes?, axis as isize)?.rechunk_to(NAME, self.axes())
    }
}

/// A range of an axis, and all of the others.
fn along(axis: usize, start: Option<i64>, end: Option<i64>) -> Selection {
    let range = |start, end| Selector::Range {
        start,
        end,
        step: 1,
    };
    let whole = (0..axis).map(|_| range(None, None));
    Selection::new(whole.chain([range(start, end)]))
}
