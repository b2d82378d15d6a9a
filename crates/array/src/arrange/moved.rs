//! Elements at other places of their axis: flipped, turned, rolled.

use super::derived;
use super::pieces::{Along, Piece, Pieces, as_they_are};
use super::segments::{Known, Run};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::registry::{OnUnknown, Operation};
use taskloom_kernels::shape::{Cut, Purpose};

const fn entry(name: &'static str, unknown: OnUnknown, summary: &'static str) -> Operation {
    Operation {
        name,
        group: "Shape",
        numpy: name,
        dask: name,
        dtype: "that of the array",
        unknown,
        empty: "as others",
        summary,
    }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    entry(
        "flip",
        OnUnknown::Works("a new cut: the blocks in the opposite order"),
        "Axes backwards",
    ),
    entry(
        "rot90",
        OnUnknown::Works("as `flip` and `transpose`"),
        "Turned by right angles in the plane of two axes",
    ),
    entry(
        "roll",
        OnUnknown::NeedsOthers("the sizes along the axis that is rolled are needed"),
        "Moved along an axis; what leaves at one end comes in at the other",
    ),
    Operation {
        numpy: "roll",
        dask: "roll",
        ..entry(
            "roll_flat",
            OnUnknown::NeedsSizes,
            "Moved in C order over all axes",
        )
    },
];

impl Array {
    /// The array with some axes backwards.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 2, 3], Chunks::of([2]))?;
    /// assert_eq!(x.flip([0])?.to_local_here::<i32>()?, ndarray::array![3, 2, 1].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state or has no such axes.
    pub fn flip(&self, axes: impl IntoIterator<Item = isize>) -> Result<Self> {
        self.good()?;
        let mut along: Vec<Along> = self.axes().iter().map(as_they_are).collect();
        let mut cuts = self.axes().to_vec();
        let mut flipped = vec![false; self.ndim()];
        for axis in axes {
            let axis = self.axis_of("flip", axis)?;
            if std::mem::replace(&mut flipped[axis], true) {
                let reason = format!("axis {axis} is named twice");
                return Err(ArrayError::value("flip", reason));
            }
            let backwards =
                |block| -> Pieces { [Piece::new(block, Cut::Reversed)].into_iter().collect() };
            along[axis] = (0..cuts[axis].blocks()).rev().map(backwards).collect();
            cuts[axis] = match cuts[axis].known_lengths() {
                Some(lens) => Axis::known(lens.into_iter().rev()),
                None => {
                    let cut = derived("flip", &cuts[axis..=axis]);
                    let reason = format!("{} backwards", self.name());
                    Axis::unknown(cuts[axis].blocks(), &cut, reason)
                }
            };
        }
        if !flipped.contains(&true) {
            return Ok(self.clone());
        }
        Ok(self.pieced(("flip", Purpose::Flip), along, None, cuts))
    }

    /// The array turned by `k` right angles in the plane of two axes, from the first towards the
    /// second.
    ///
    /// # Errors
    /// If the array is in the failed state or these are not two axes of it.
    pub fn rot90(&self, k: i64, axes: [isize; 2]) -> Result<Self> {
        self.good()?;
        let [first, second] = axes;
        let (one, other) = (
            self.axis_of("rot90", first)?,
            self.axis_of("rot90", second)?,
        );
        if one == other {
            let reason = format!("{first} and {second} are the same axis");
            return Err(ArrayError::value("rot90", reason));
        }
        match k.rem_euclid(4) {
            0 => Ok(self.clone()),
            1 => self.flip([second])?.swapaxes(first, second),
            2 => self.flip(axes),
            _ => self.swapaxes(first, second)?.flip([second]),
        }
    }

    /// The array with its elements moved along an axis; those that leave at one end come in at the
    /// other.
    ///
    /// # Errors
    /// If the array is in the failed state, has no such axis, or its chunk sizes are unknown.
    pub fn roll(&self, shift: i64, axis: isize) -> Result<Self> {
        self.good()?;
        let axis = self.axis_of("roll", axis)?;
        let known = Known::new(&self.axes()[axis]).ok_or_else(|| self.unknown("roll", axis))?;
        let len = known.len();
        let shift = i128::from(shift).rem_euclid(len.max(1) as i128) as usize;
        if shift == 0 {
            return Ok(self.clone());
        }
        let runs = [
            Run::Forwards {
                start: len - shift,
                len: shift,
            },
            Run::Forwards {
                start: 0,
                len: len - shift,
            },
        ];
        let lens = self.axes()[axis].known_lengths().unwrap_or_default();
        let mut along: Vec<Along> = self.axes().iter().map(as_they_are).collect();
        along[axis] = known.blocks(&runs, &lens);
        let axes = self.axes().to_vec();
        Ok(self.pieced(("roll", Purpose::Roll), along, None, axes))
    }

    /// The array with its elements moved in C order; those that leave at the end come in at the
    /// start.
    ///
    /// # Errors
    /// If the array is in the failed state or chunk sizes are unknown.
    pub fn roll_flat(&self, shift: i64) -> Result<Self> {
        let shape = self.known_shape()?;
        let rolled = self.ravel()?.roll(shift, 0)?;
        rolled.reshape(shape.into_iter().map(|len| len as isize))
    }
}
