//! The elements in C order in another shape.

use super::derived;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::number;
use crate::registry::{OnUnknown, Operation};
use smallvec::SmallVec;
use std::ops::Range;
use taskloom_kernels::Kernel;
use taskloom_kernels::shape::{Cut, Len, Purpose, Reshape};

use super::pieces::{Piece, Pieces};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "reshape",
        group: "Shape",
        numpy: "reshape",
        dask: "reshape",
        dtype: "that of the array",
        unknown: OnUnknown::NeedsOthers(
            "one unknown axis, where the shape says -1 for it and the lengths before and behind it \
             multiply to the same",
        ),
        empty: "shapes without elements take each other's place",
        summary: "The elements in C order in another shape",
    },
    Operation {
        name: "ravel",
        group: "Shape",
        numpy: "ravel",
        dask: "ravel",
        dtype: "that of the array",
        unknown: OnUnknown::Works("one axis of unknown chunk sizes, one block per block of axis 0"),
        empty: "no elements",
        summary: "The elements in C order along one axis",
    },
    Operation {
        name: "flatten",
        group: "Shape",
        numpy: "ndarray.flatten",
        dask: "Array.flatten",
        dtype: "that of the array",
        unknown: OnUnknown::Works("as `ravel`"),
        empty: "no elements",
        summary: "As `ravel`",
    },
];

/// Each block in another shape. The number of a block in its grid stays the same.
struct Reshaped {
    axes: Vec<Axis>,
    /// Per axis of unknown length, the axis of the input that it is.
    same: Vec<Option<usize>>,
}

impl Layer for Reshaped {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.numbers(self.same.iter().map(|axis| axis.map_or(0, |axis| axis + 1)));
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let lens = self.axes.iter().zip(&self.same).zip(at);
        let shape: SmallVec<[Len; 4]> = lens
            .map(|((axis, same), &at)| match (axis.length(at), same) {
                (Some(len), _) => Len::Is(len),
                (None, Some(axis)) => Len::Of(*axis),
                (None, None) => Len::Rest,
            })
            .collect();
        let block = BlockRef::new(0, number(&self.axes, at));
        BlockTask::kernel(Kernel::Reshape(Reshape::Shape { shape }), [block])
    }
}

/// Axes of the array and axes of the result that hold the same elements.
type Group = (Range<usize>, Range<usize>);

impl Array {
    /// The elements in C order in another shape. One length can be -1: as many as there are elements
    /// for.
    ///
    /// Axes that stay, stay cut as they are. Where axes are merged or split, the array is first
    /// rechunked so that each block lies in a row.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[1, 2, 3], [4, 5, 6]], Chunks::of([1, 2]))?;
    /// let y = x.reshape([3, -1])?;
    /// assert_eq!(y.to_local_here::<i32>()?, ndarray::array![[1, 2], [3, 4], [5, 6]].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state, the shape has another number of elements, or needs chunk
    /// sizes that are unknown: of those only one axis can be there, which is named by -1.
    pub fn reshape(&self, shape: impl IntoIterator<Item = isize>) -> Result<Self> {
        self.good()?;
        let shape: Vec<isize> = shape.into_iter().collect();
        let to = self.lengths_of(&shape)?;
        let from = self.shape();
        if from == to {
            return Ok(self.clone());
        }
        if to.contains(&Some(0)) || from.contains(&Some(0)) {
            return Ok(self.of_nothing(&to));
        }
        let groups = groups(&from, &to).ok_or_else(|| self.no_fit(&shape))?;
        // Each group of axes in a row, ...
        let mut rows = Vec::new();
        let mut flat = Vec::new();
        for (from, _) in &groups {
            let group = self.axes().get(from.clone()).unwrap_or_default();
            let cut = in_rows(group);
            flat.push(match (&cut[..], group) {
                ([one], _) => one.clone(),
                (cut, _) => Axis::known(products(cut)),
            });
            rows.extend(cut);
        }
        let same = groups
            .iter()
            .map(|(from, _)| (from.len() == 1).then_some(from.start));
        let merged = self
            .rechunk_to("reshape", &rows)?
            .reshaped_blocks(flat.clone(), same.collect());
        // ... the rows cut where blocks of the result end, ...
        let mut ends = Vec::new();
        let mut axes = Vec::new();
        let mut same = Vec::new();
        for (at, ((_, group), flat)) in groups.iter().zip(&flat).enumerate() {
            let lens: Option<Vec<usize>> = to
                .get(group.clone())
                .unwrap_or_default()
                .iter()
                .copied()
                .collect();
            match lens {
                Some(lens) if lens.len() != 1 => {
                    let cut = out_of_row(flat, &lens);
                    ends.push(Axis::known(products(&cut)));
                    same.extend(cut.iter().map(|_| None));
                    axes.extend(cut);
                }
                _ => {
                    ends.push(flat.clone());
                    axes.push(flat.clone());
                    same.push(Some(at));
                }
            }
        }
        // ... and these blocks in their shapes.
        Ok(merged
            .rechunk_to("reshape", &ends)?
            .reshaped_blocks(axes, same))
    }

    /// The elements in C order along one axis. An array with unknown chunk sizes gives one block per
    /// block of axis 0; the blocks along the other axes are put together for that.
    ///
    /// # Errors
    /// If the array is in the failed state.
    pub fn ravel(&self) -> Result<Self> {
        self.good()?;
        if self.ndim() == 1 {
            return Ok(self.clone());
        }
        if self.axes().iter().all(Axis::is_known) {
            return self.reshape([-1]);
        }
        let mut rows = self.clone();
        for axis in 1..self.ndim() {
            rows = rows.gathered(axis);
        }
        let blocks = rows.axes().first().map_or(1, Axis::blocks);
        let cut = derived("ravel", self.axes());
        let axis = Axis::unknown(blocks, &cut, format!("the rows of {}", self.name()));
        Ok(rows.reshaped_blocks(vec![axis], vec![None]))
    }

    /// As [`Array::ravel`].
    ///
    /// # Errors
    /// As [`Array::ravel`].
    pub fn flatten(&self) -> Result<Self> {
        self.ravel()
    }

    /// The last axis, whose length is known, as two: of so many groups of so many elements.
    pub(super) fn split_last(&self, groups: usize, of: usize) -> Result<Self> {
        let (last, others) = match self.axes().split_last() {
            Some((last, others)) if last.len() == groups.checked_mul(of) => (last, others),
            _ => return Err(self.no_fit(&[])),
        };
        let cut = match groups {
            0 => vec![Axis::single(0), Axis::single(of)],
            _ => out_of_row(last, &[groups, of]),
        };
        let mut ends = others.to_vec();
        ends.push(Axis::known(products(&cut)));
        let mut axes = others.to_vec();
        let mut same: Vec<Option<usize>> = (0..others.len()).map(Some).collect();
        axes.extend(cut);
        same.extend([None, None]);
        Ok(self
            .rechunk_to("reshape", &ends)?
            .reshaped_blocks(axes, same))
    }

    fn reshaped_blocks(&self, axes: Vec<Axis>, same: Vec<Option<usize>>) -> Self {
        let unchanged = axes.len() == self.ndim() && axes == self.axes();
        if unchanged {
            return self.clone();
        }
        let layer = Reshaped {
            axes: axes.clone(),
            same,
        };
        Self::from_layer(layer, &[self], self.dtype(), axes)
    }

    fn no_fit(&self, shape: &[isize]) -> ArrayError {
        ArrayError::Shapes {
            operation: "reshape".to_owned(),
            left: format!("{:?}", self.axes()),
            right: format!("{shape:?}"),
            reason: ": they have different numbers of elements".to_owned(),
        }
    }

    /// The lengths of the result, `None` for that of the one unknown axis.
    fn lengths_of(&self, shape: &[isize]) -> Result<Vec<Option<usize>>> {
        let open: Vec<usize> = (0..shape.len()).filter(|&at| shape[at] == -1).collect();
        if open.len() > 1 || shape.iter().any(|&len| len < -1) {
            return Err(ArrayError::value(
                "reshape",
                format!("{shape:?} is no shape: lengths are not negative, but for one -1"),
            ));
        }
        let mut lens: Vec<Option<usize>> =
            shape.iter().map(|&len| usize::try_from(len).ok()).collect();
        let unknown: Vec<usize> = (0..self.ndim())
            .filter(|&at| !self.axes()[at].is_known())
            .collect();
        if let Some(&axis) = unknown.first() {
            let mine = self.shape();
            let fits = |at: usize| {
                size(&lens[..at]) == size(&mine[..axis])
                    && size(&lens[at + 1..]) == size(&mine[axis + 1..])
            };
            return match (&open[..], unknown.len()) {
                ([at], 1) if fits(*at) && !mine.contains(&Some(0)) => Ok(lens),
                _ => Err(self.unknown("reshape", axis)),
            };
        }
        let all = size(&self.shape()).ok_or_else(|| self.no_fit(shape))?;
        if let [at] = open[..] {
            lens[at] = Some(1);
            let others = size(&lens).filter(|&others| others > 0 && all.is_multiple_of(others));
            let others = others.ok_or_else(|| self.no_fit(shape))?;
            lens[at] = Some(all / others);
        }
        match size(&lens) == Some(all) {
            true => Ok(lens),
            false => Err(self.no_fit(shape)),
        }
    }

    /// An array of this one's dtype without elements.
    fn of_nothing(&self, shape: &[Option<usize>]) -> Self {
        let none: Pieces = [Piece::new(0, Cut::Part { start: 0, len: 0 })]
            .into_iter()
            .collect();
        let along = vec![vec![none]; self.ndim()];
        let axes = vec![Axis::single(0); self.ndim()];
        let part = self.pieced(("reshape", Purpose::Part), along, None, axes);
        let axes = shape.iter().map(|len| Axis::single(len.unwrap_or(0)));
        part.reshaped_blocks(axes.collect(), vec![None; shape.len()])
    }
}

/// The number of elements, if it is known and can be counted.
fn size(lens: &[Option<usize>]) -> Option<usize> {
    if lens.contains(&Some(0)) {
        return Some(0);
    }
    lens.iter()
        .try_fold(1_usize, |size, &len| size.checked_mul(len?))
}

/// The smallest groups of neighbouring axes that hold the same numbers of elements on both sides.
/// Unknown lengths are equal to each other.
fn groups(from: &[Option<usize>], to: &[Option<usize>]) -> Option<Vec<Group>> {
    let mut groups = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < from.len() || j < to.len() {
        let (first_i, first_j) = (i, j);
        if from.get(i) == Some(&None) && to.get(j) == Some(&None) {
            (i, j) = (i + 1, j + 1);
        } else {
            let mut next_from = || {
                let len = from.get(i).copied().flatten()?;
                i += 1;
                Some(len)
            };
            let mut next_to = || {
                let len = to.get(j).copied().flatten()?;
                j += 1;
                Some(len)
            };
            let mut a = next_from().unwrap_or(1);
            let mut b = next_to().unwrap_or(1);
            while a != b {
                match a < b {
                    true => a = a.checked_mul(next_from()?)?,
                    false => b = b.checked_mul(next_to()?)?,
                }
            }
        }
        if (first_i, first_j) == (i, j) {
            return None;
        }
        groups.push((first_i..i, first_j..j));
    }
    Some(groups)
}

/// Cuts of axes with which each block lies in a row of the elements in C order: up to one axis blocks
/// of length 1, behind it whole axes. Blocks are about as large as they were.
fn in_rows(axes: &[Axis]) -> Vec<Axis> {
    let cut = axes.iter().position(|axis| longest(axis) > 1).unwrap_or(0);
    let behind = axes.get(cut + 1..).unwrap_or_default();
    if axes.len() < 2 || behind.iter().all(|axis| axis.blocks() == 1) {
        return axes.to_vec();
    }
    let size = axes
        .iter()
        .fold(1_usize, |size, axis| size.saturating_mul(longest(axis)));
    let lens: Vec<usize> = axes.iter().map(|axis| axis.len().unwrap_or(1)).collect();
    rows_of(&lens, size)
}

/// Cuts as [`in_rows`] makes them, with blocks of about so many elements.
fn rows_of(lens: &[usize], size: usize) -> Vec<Axis> {
    let (axis, row) = leading(lens, size);
    let cut = |(at, &len): (usize, &usize)| match at.cmp(&axis) {
        std::cmp::Ordering::Less => Axis::regular(len, 1),
        std::cmp::Ordering::Equal => Axis::regular(len, size / row),
        std::cmp::Ordering::Greater => Axis::single(len),
    };
    lens.iter().enumerate().map(cut).collect()
}

/// The first axis behind which there are no more than so many elements, and how many these are.
fn leading(lens: &[usize], size: usize) -> (usize, usize) {
    let mut row = 1_usize;
    for (at, &len) in lens.iter().enumerate().skip(1).rev() {
        match row.checked_mul(len) {
            Some(longer) if longer <= size => row = longer,
            _ => return (at, row),
        }
    }
    (0, row)
}

/// The cuts of axes of these lengths into which a row that is cut as `flat` goes. If blocks hold
/// several rows of the first axis, its cuts are taken where they are nearest.
fn out_of_row(flat: &Axis, lens: &[usize]) -> Vec<Axis> {
    let size = longest(flat);
    let (axis, row) = leading(lens, size);
    let offsets = flat.offsets().unwrap_or_default();
    let (Some(&len), 0) = (lens.first(), axis) else {
        return rows_of(lens, size);
    };
    let aligned = offsets.iter().all(|offset| offset.is_multiple_of(row));
    let mut ends: Vec<usize> = offsets
        .iter()
        .map(|offset| (offset + row / 2) / row)
        .collect();
    if !aligned {
        ends.dedup();
    }
    if ends.len() < 2 {
        ends = vec![0, len];
    }
    let first = Axis::known(ends.windows(2).map(|pair| pair[1] - pair[0]));
    let others = lens.iter().skip(1).map(|&len| Axis::single(len));
    std::iter::once(first).chain(others).collect()
}

fn longest(axis: &Axis) -> usize {
    let lens = axis.lengths().iter().copied().flatten();
    lens.max().unwrap_or(1).max(1)
}

/// The sizes of the blocks of a grid in C order.
fn products(axes: &[Axis]) -> Vec<usize> {
    axes.iter().fold(vec![1], |sizes, axis| {
        let lens = || axis.lengths().iter().map(|len| len.unwrap_or(0));
        let longer = sizes
            .iter()
            .flat_map(|size| lens().map(move |len| size * len));
        longer.collect()
    })
}
