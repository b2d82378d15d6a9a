//! Parts of arrays: by ranges, places, lists, and new axes.

use super::cut::sliced;
use super::push::pushed;
use super::resolve::{Along, resolve};
use super::selector::Selection;
use crate::array::Array;
use crate::error::{ArrayError, Result};

/// The part of an array that ranges, places and new axes select; what else there is, is taken whole.
pub(super) fn basic(array: &Array, along: &[Along]) -> Array {
    let is_whole =
        |along: &Along| !matches!(along, Along::Range { .. } | Along::At(_) | Along::New);
    if along.iter().all(is_whole) {
        return array.clone();
    }
    pushed(array, along).unwrap_or_else(|| sliced(array, along))
}

impl Array {
    /// The part of the array that a selection names, as numpy's `x[...]`: places, ranges with steps
    /// (also negative ones), new axes, an ellipsis, and at most one list or array of places or of
    /// truth values. Write it with [`s!`](crate::s). Blocks of which nothing is selected are never
    /// computed, and whole blocks are not touched.
    ///
    /// As in numpy, where a list stands beside a single place and a range lies between them, the
    /// list's axis comes first. Several lists select point by point in numpy: see
    /// [`points`](Self::points).
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, NewAxis, s};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![0, 1, 2, 3, 4, 5, 6], Chunks::of([3]))?;
    /// let y = x.slice(s![1..; 2])?;
    /// assert_eq!(y.chunks(), [[Some(1), Some(2)]]);
    /// assert_eq!(y.to_local_here::<i32>()?, ndarray::array![1, 3, 5].into_dyn());
    /// assert_eq!(x.slice(s![NewAxis, -2..])?.shape(), [Some(1), Some(2)]);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If a place is outside of its axis, a step is 0, there are too many selectors, or one other
    /// than `..` is for an axis of unknown lengths.
    pub fn slice(&self, selection: impl Into<Selection>) -> Result<Self> {
        const OPERATION: &str = "slice";
        self.good()?;
        let along = resolve(OPERATION, self, &selection.into())?;
        let mut advanced = along.iter().enumerate().filter(|(_, a)| a.is_advanced());
        let Some((place, selector)) = advanced.next() else {
            return Ok(basic(self, &along));
        };
        if advanced.next().is_some() {
            return Err(ArrayError::Index {
                operation: OPERATION.to_owned(),
                reason: "several lists or arrays select point by point, which `points` does; \
                         to select along one axis after the other, slice twice"
                    .to_owned(),
            });
        }
        // Where the list's axis is once single places are gone.
        let keeps = |along: &&Along| !matches!(along, Along::At(_));
        let axis = along[..place].iter().filter(keeps).count();
        let part = basic(self, &along);
        let chosen = match selector {
            Along::List(places) => part.taken(OPERATION, axis, places)?,
            Along::Array(index) if index.dtype() == crate::DType::Bool => {
                part.masked(OPERATION, index, axis)?
            }
            Along::Array(index) => part.by_places(OPERATION, axis, &[index])?,
            _ => part,
        };
        let count = match selector {
            Along::Array(index) => index.ndim(),
            _ => 1,
        };
        let grouped = |along: &Along| matches!(along, Along::At(_)) || along.is_advanced();
        let first = along.iter().position(grouped).unwrap_or(place);
        let last = along.iter().rposition(grouped).unwrap_or(place);
        if along[first..=last].iter().all(grouped) {
            return Ok(chosen);
        }
        let moved = axis..axis + count;
        let rest = (0..chosen.ndim()).filter(|at| !moved.contains(at));
        let order: Vec<isize> = moved.clone().chain(rest).map(|at| at as isize).collect();
        chosen.transpose(order)
    }
}
