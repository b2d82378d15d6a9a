//! Assignment: arrays that are equal but for some elements.

mod at;
mod counted;
mod masked;
mod part;
mod value;

use super::selector::Selection;
use crate::array::Array;
use crate::elementwise::Operand;
use crate::error::Result;
use taskloom_kernels::Number;

/// Where [`Array::set`] assigns.
#[derive(Clone)]
#[non_exhaustive]
pub enum Key {
    /// Where a mask is true, or at the places along axis 0 that an array of integers holds.
    Array(Array),
    /// At a selection, as [`s!`](crate::s) writes it.
    Selection(Selection),
}

impl From<&Array> for Key {
    fn from(array: &Array) -> Self {
        Self::Array(array.clone())
    }
}

impl From<Array> for Key {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<Selection> for Key {
    fn from(selection: Selection) -> Self {
        Self::Selection(selection)
    }
}

const OPERATION: &str = "set";

/// A value whose number, if it is one, fits the array.
enum Assigned {
    Number(Number),
    Array(Array),
}

impl Array {
    /// Assigns: numpy's `x[key] = value`. The handle stands for the changed array afterwards; clones
    /// that were taken before, and arrays computed of it, see what was there. So the value may be
    /// made of the array itself. Dtype, shape and chunks stay.
    ///
    /// `key` is a mask, an array of places along axis 0, or a selection by [`s!`](crate::s). A mask of fewer axes is for the first
    /// ones; an axis of length 1 in one of as many axes is stretched. It is cut as the array is; where
    /// chunk sizes are unknown, it must have the same cut.
    ///
    /// `value` is a number or an array. To a mask, an array is assigned
    ///
    /// - element by element, where the mask is true, if it has the array's shape or, with as many
    ///   axes, stretches to it;
    /// - in C order of the places where the mask is true, if it has one axis (and the array several,
    ///   or another length). Their number is checked when it is computed.
    ///
    /// To a selection, it has the shape of what is selected, or stretches to it.
    ///
    /// Values become the array's dtype: fractions are cut off, elements that are too large wrap
    /// around, literals that are too large are an error, and so is NaN or infinity as an integer,
    /// when it is computed or, for a literal, at once.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, s};
    ///
    /// let mut x = Array::from_ndarray(&ndarray::array![1, 2, 3, 4], Chunks::of([2]))?;
    /// let before = x.clone();
    /// let mask = Array::from_ndarray(&ndarray::array![true, false, false, true], Chunks::of([3]))?;
    /// x.set(&mask, 0)?;
    /// x.set(s![1..3], &before.slice(s![..2])?)?;
    /// assert_eq!(x.to_local_here::<i32>()?, ndarray::array![0, 1, 2, 0].into_dyn());
    /// assert_eq!(before.to_local_here::<i32>()?, ndarray::array![1, 2, 3, 4].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If shapes do not fit, a place is outside of its axis, a literal is outside of the dtype, or
    /// chunk sizes are unknown and nothing says that they agree. The array is unchanged then.
    pub fn set(&mut self, key: impl Into<Key>, value: impl Into<Operand>) -> Result<()> {
        self.good()?;
        let value = match value.into() {
            Operand::Number(scalar) => {
                Assigned::Number(value::fitting(OPERATION, scalar, self.dtype())?)
            }
            Operand::Array(array) => {
                array.good()?;
                Assigned::Array(array)
            }
        };
        *self = match key.into() {
            Key::Array(places) if places.dtype().is_integer() && self.ndim() > 0 => {
                self.with_at(0, places.good()?, value)?
            }
            Key::Array(mask) => self.with_masked(&mask, value)?,
            Key::Selection(selection) => self.with_part(&selection, value)?,
        };
        Ok(())
    }
}
