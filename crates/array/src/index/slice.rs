//! Parts of arrays: by ranges, places, lists, and new axes.

use super::parts::AxisParts;
use super::push::pushed;
use super::resolve::{Along, resolve};
use super::selector::Selection;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use smallvec::SmallVec;
use taskloom_kernels::Kernel;
use taskloom_kernels::index::{Cut, Cuts, Index};

/// A part of the one input.
struct Slice {
    along: Vec<Along>,
    axes: Vec<AxisParts>,
    /// Of the input.
    source: Axes,
}

impl Layer for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn identity(&self, identity: &mut Identity) {
        self.along.iter().for_each(|along| along.identify(identity));
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let mut from = SmallVec::<[usize; 4]>::new();
        let mut cuts = Cuts::new();
        let mut share = 1.0;
        let mut at = at.iter().copied();
        for axis in &self.axes {
            let source = self.source.get(from.len());
            let (block, cut) = match axis {
                AxisParts::New => {
                    at.next();
                    cuts.push(Cut::New);
                    continue;
                }
                AxisParts::Whole => (at.next().unwrap_or(0), Cut::All),
                AxisParts::At { block, place } => (*block, Cut::At(*place)),
                AxisParts::Parts { parts, step } => {
                    // A place that is not in the grid is nobody's.
                    let Some(part) = at.next().and_then(|at| parts.get(at)) else {
                        continue;
                    };
                    let known = source.and_then(|source| source.length(part.block));
                    let whole = part.start == 0 && Some(part.len) == known;
                    let cut = match whole && (*step == 1 || part.len < 2) {
                        true => Cut::All,
                        false => Cut::Range {
                            start: part.start,
                            len: part.len,
                            step: if part.len < 2 { 1 } else { *step },
                        },
                    };
                    (part.block, cut)
                }
            };
            if let Some(len) = source.and_then(|source| source.length(block)) {
                share *= match cut {
                    Cut::At(_) => 1.0 / len.max(1) as f64,
                    Cut::Range { len: part, .. } => part as f64 / len.max(1) as f64,
                    Cut::All | Cut::New => 1.0,
                };
            }
            from.push(block);
            cuts.push(cut);
        }
        let block = BlockRef::new(0, number(&self.source, &from));
        if cuts.iter().all(|cut| *cut == Cut::All) {
            return BlockTask::alias(block);
        }
        let part = share < 0.5;
        BlockTask::kernel(Kernel::Index(Index::Slice { cuts, part }), [block])
    }
}

/// The part of an array that ranges, places and new axes select; what else there is, is taken whole.
pub(super) fn basic(array: &Array, along: &[Along]) -> Array {
    let is_whole =
        |along: &Along| !matches!(along, Along::Range { .. } | Along::At(_) | Along::New);
    if along.iter().all(is_whole) {
        return array.clone();
    }
    pushed(array, along).unwrap_or_else(|| sliced(array, along))
}

/// As [`basic`], of the array as it is.
pub(super) fn sliced(array: &Array, along: &[Along]) -> Array {
    let mut sources = array.axes().iter();
    let (mut taken, mut parts, mut axes) = (Vec::new(), Vec::new(), Vec::<Axis>::new());
    for along in along {
        let axis = along.takes_axis().then(|| sources.next()).flatten();
        let along = match along.is_advanced() {
            true => &Along::Whole,
            false => along,
        };
        // Places and ranges were resolved against lengths, so these are known.
        if let Some((part, axis)) = AxisParts::of(along, axis) {
            taken.push(along.clone());
            parts.push(part);
            axes.extend(axis);
        }
    }
    let layer = Slice {
        along: taken,
        axes: parts,
        source: array.axes().iter().cloned().collect(),
    };
    Array::from_layer(layer, &[array], array.dtype(), axes)
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
