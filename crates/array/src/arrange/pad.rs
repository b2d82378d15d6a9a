//! Arrays with elements around them.

use super::pieces::Along;
use super::segments::{Known, Run};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::registry::{OnUnknown, Operation};
use taskloom_kernels::elementwise::Elementwise;
use taskloom_kernels::shape::{Fill, Purpose};
use taskloom_kernels::{Block, DType, Kernel, Number, Scalar};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    name: "pad",
    group: "Joining",
    numpy: "pad",
    dask: "pad",
    dtype: "that of the array",
    unknown: OnUnknown::NeedsOthers("axes of unknown chunk sizes cannot be padded"),
    empty: "an axis without elements can be padded with a constant only",
    summary: "With elements around it: a constant, the edge, or the array's own again",
}];

/// What stands around an array, by numpy's names.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Pad {
    /// A number, cast to the array's dtype.
    Constant(Scalar),
    /// The first and the last element.
    Edge,
    /// The array mirrored at its first and last element, which are not repeated.
    Reflect,
    /// The array mirrored behind its first and last element, which are repeated.
    Symmetric,
    /// The array from its other end.
    Wrap,
}

/// Runs of a padded axis: a mirror may turn so often, and no more.
const TURNS_MAX: usize = 1 << 20;

impl Pad {
    /// The elements of an axis of `len` elements from `from` to `to`, where elements before the first
    /// have negative places and those behind the last go on counting.
    pub(super) fn runs(self, len: usize, from: i128, to: i128) -> Option<Vec<Run>> {
        let end = len as i128;
        let mut runs = Vec::new();
        let mut at = from;
        while at < to {
            let (run, until) = match at {
                at if (0..end).contains(&at) => {
                    let until = end.min(to);
                    let (start, len) = (at as usize, (until - at) as usize);
                    (Run::Forwards { start, len }, until)
                }
                _ => {
                    let until = if at < 0 { to.min(0) } else { to };
                    let run = self.outside(len, at, (until - at) as usize)?;
                    (run, at + run.len() as i128)
                }
            };
            if runs.len() > TURNS_MAX {
                return None;
            }
            runs.push(run);
            at = until;
        }
        Some(runs)
    }

    /// The elements from a place outside on, at most so many: as far as they lie in a row.
    fn outside(self, len: usize, at: i128, most: usize) -> Option<Run> {
        if let Self::Constant(_) = self {
            return Some(Run::Fill { len: most });
        }
        let last = len.checked_sub(1)?;
        let hold = |at| Some(Run::Hold { at, len: most });
        let turns = |period: usize| (at.rem_euclid(period as i128)) as usize;
        match self {
            Self::Edge => hold(if at < 0 { 0 } else { last }),
            _ if last == 0 => hold(0),
            Self::Wrap => {
                let start = turns(len);
                let len = most.min(len - start);
                Some(Run::Forwards { start, len })
            }
            Self::Reflect => match turns(2 * last) {
                start if start < last => {
                    let len = most.min(last - start);
                    Some(Run::Forwards { start, len })
                }
                turned => {
                    let start = 2 * last - turned;
                    let len = most.min(start);
                    Some(Run::Backwards { start, len })
                }
            },
            _ => match turns(2 * len) {
                start if start < len => {
                    let len = most.min(len - start);
                    Some(Run::Forwards { start, len })
                }
                turned => {
                    let start = 2 * len - 1 - turned;
                    let len = most.min(start + 1);
                    Some(Run::Backwards { start, len })
                }
            },
        }
    }

    /// The value to fill with.
    pub(super) fn fill(self, dtype: DType) -> Result<Option<Fill>> {
        let Self::Constant(value) = self else {
            return Ok(None);
        };
        let value = match value.number() {
            Number::Bool(value) => Block::scalar(value),
            Number::Int(value) => match (i64::try_from(value), u64::try_from(value)) {
                (Ok(value), _) => Block::scalar(value),
                (_, Ok(value)) => Block::scalar(value),
                _ => {
                    let reason = format!("{value} is beyond all dtypes");
                    return Err(ArrayError::value("pad", reason));
                }
            },
            Number::Float(value) => Block::scalar(value),
            Number::Complex(value) => Block::scalar(value),
        };
        let cast = Kernel::Elementwise(Elementwise::cast(dtype)).run(vec![value])?;
        cast.first()
            .map(Fill::of_block)
            .transpose()
            .map_err(ArrayError::from)
    }
}

impl Array {
    /// The array with elements around it: `width` says how many before and behind each axis.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, Pad};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 2, 3], Chunks::of([2]))?;
    /// let y = x.pad([(2, 1)], Pad::Reflect)?;
    /// assert_eq!(y.to_local_here::<i32>()?, ndarray::array![3, 2, 1, 2, 3, 2].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state, there is not one width per axis, an axis of unknown chunk
    /// sizes or (but for [`Pad::Constant`]) without elements is to be padded, or the result would be
    /// too large.
    pub fn pad(&self, width: impl IntoIterator<Item = (usize, usize)>, mode: Pad) -> Result<Self> {
        self.good()?;
        let width: Vec<(usize, usize)> = width.into_iter().collect();
        if width.len() != self.ndim() {
            return Err(ArrayError::value(
                "pad",
                format!(
                    "{} widths for an array of {} axes",
                    width.len(),
                    self.ndim()
                ),
            ));
        }
        let mut along: Vec<Along> = Vec::with_capacity(self.ndim());
        let mut axes = Vec::with_capacity(self.ndim());
        let all_known = self.axes().iter().all(Axis::is_known);
        for (at, (axis, &(before, after))) in self.axes().iter().zip(&width).enumerate() {
            if before == 0 && after == 0 {
                along.push(super::pieces::as_they_are(axis));
                axes.push(axis.clone());
                continue;
            }
            let known = Known::new(axis).ok_or_else(|| self.unknown("pad", at))?;
            let too_large = || {
                let reason = format!("axis {at} of {} elements cannot be padded so", known.len());
                ArrayError::value("pad", reason)
            };
            let end = known.len() as i128 + after as i128;
            let runs = mode
                .runs(known.len(), -(before as i128), end)
                .ok_or_else(too_large)?;
            let lens = padded(axis, before, after, all_known).ok_or_else(too_large)?;
            along.push(known.blocks(&runs, &lens));
            axes.push(Axis::known(lens));
        }
        let fill = mode.fill(self.dtype())?;
        Ok(self.pieced(("pad", Purpose::Pad), along, fill, axes))
    }
}

/// The lengths of the blocks of a padded axis: few elements go into the outer blocks, many get blocks
/// of their own.
fn padded(axis: &Axis, before: usize, after: usize, may_be_apart: bool) -> Option<Vec<usize>> {
    const BLOCKS_MAX: usize = u32::MAX as usize;
    let lens = axis.known_lengths()?;
    let most = lens.iter().copied().max().unwrap_or(1).max(1);
    let total = axis.len()?.checked_add(before)?.checked_add(after)?;
    if total > isize::MAX as usize || total / most > BLOCKS_MAX {
        return None;
    }
    let apart = |len: usize| may_be_apart && len >= most;
    let blocks = |len: usize| {
        let lens = std::iter::repeat_n(most, len / most);
        lens.chain(Some(len % most).filter(|&rest| rest > 0))
    };
    let mut all = Vec::new();
    if apart(before) {
        all.extend(blocks(before));
    }
    let first = all.len();
    all.extend(lens);
    if !apart(before) {
        *all.get_mut(first)? += before;
    }
    match apart(after) {
        true => all.extend(blocks(after)),
        false => *all.last_mut()? += after,
    }
    Some(all)
}
