//! Differences of neighbours along an axis.

use crate::array::Array;
use crate::error::Result;
use crate::index::{Selection, Selector};
use taskloom_kernels::DType;

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
        let part = |start, end| {
            let whole = |_| Selector::Range {
                start: None,
                end: None,
                step: 1,
            };
            let along = Selector::Range {
                start,
                end,
                step: 1,
            };
            Selection::new((0..axis).map(whole).chain([along]))
        };
        let mut result = self.clone();
        // Nothing is left after as many times as there are elements.
        for _ in 0..n.min(len.max(1)) {
            let after = result.slice(part(Some(1), None))?;
            let before = result.slice(part(None, Some(-1)))?;
            result = match result.dtype() {
                DType::Bool => after.not_equal(&before),
                _ => after.try_sub(&before)?,
            };
        }
        result.check()?;
        Ok(result)
    }
}
