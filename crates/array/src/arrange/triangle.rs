//! Halves of matrices, and their diagonals.

use super::pieces::as_they_are;
use super::rechunk::refined;
use super::segments::{Known, Run};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::number;
use crate::registry::{OnUnknown, Operation};
use smallvec::SmallVec;
use taskloom_kernels::shape::{Assemble, Cut, Fill, Purpose, Reshape};
use taskloom_kernels::{DType, Element, Kernel, dispatch};

const fn entry(name: &'static str, summary: &'static str) -> Operation {
    Operation {
        name,
        group: "Shape",
        numpy: name,
        dask: name,
        dtype: "that of the array",
        unknown: OnUnknown::NeedsOthers("the sizes along the two axes are needed"),
        empty: "as others",
        summary,
    }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    entry("tril", "Zeros above a diagonal of the last two axes"),
    entry("triu", "Zeros below a diagonal of the last two axes"),
    entry("diagonal", "The elements along a diagonal of two axes"),
    entry(
        "diag",
        "A matrix of its diagonal, or the diagonal of a matrix",
    ),
];

/// A block of zeros, made of nothing.
fn zeros(dtype: DType, shape: impl IntoIterator<Item = usize>) -> BlockTask {
    let fill = dispatch!(dtype, T => Fill::of(<T as Element>::ZERO));
    let cuts = shape
        .into_iter()
        .map(|len| SmallVec::from_slice(&[Cut::Fill { len }]));
    let kernel = Assemble {
        purpose: Purpose::Pad,
        cuts: cuts.collect(),
        fill: Some(fill),
    };
    BlockTask::kernel(Kernel::Reshape(Reshape::Assemble(Box::new(kernel))), [])
}

struct Triangle {
    upper: bool,
    diagonal: i64,
    dtype: DType,
    axes: Vec<Axis>,
    /// Where the blocks of the last two axes begin.
    offsets: [Vec<usize>; 2],
}

impl Layer for Triangle {
    fn name(&self) -> &'static str {
        if self.upper { "triu" } else { "tril" }
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.diagonal as u64);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = BlockRef::new(0, number(&self.axes, at));
        let within = |axis: usize| {
            let place = at[at.len() - 2 + axis];
            let ends = self.offsets[axis].get(place..place + 2);
            ends.map_or((0, 0), |ends| (ends[0] as i128, ends[1] as i128))
        };
        let ((top, bottom), (left, right)) = (within(0), within(1));
        // Column less row: the least and the greatest in the block.
        let (least, greatest) = (left - (bottom - 1), (right - 1) - top);
        let diagonal = i128::from(self.diagonal);
        let (all, none) = match self.upper {
            true => (least >= diagonal, greatest < diagonal),
            false => (greatest <= diagonal, least > diagonal),
        };
        let lens = self.axes.iter().zip(at).map(|(axis, &at)| axis.length(at));
        let lens: Option<SmallVec<[usize; 4]>> = lens.collect();
        match (all, none, lens) {
            (true, _, _) => BlockTask::alias(block),
            (_, true, Some(lens)) => zeros(self.dtype, lens),
            _ => {
                let here = diagonal + top - left;
                let here = here.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
                let kernel = Reshape::Triangle {
                    upper: self.upper,
                    diagonal: here as i64,
                };
                BlockTask::kernel(Kernel::Reshape(kernel), [block])
            }
        }
    }
}

/// The diagonals of the blocks on the diagonal.
struct Diagonal {
    axes: [usize; 2],
    from: Vec<Axis>,
}

impl Layer for Diagonal {
    fn name(&self) -> &'static str {
        "diagonal"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.numbers(self.axes);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let (along, others) = at
            .split_last()
            .map_or((0, at), |(&last, others)| (last, others));
        let mut place: SmallVec<[usize; 4]> = others.into();
        let [one, other] = self.axes;
        for axis in [one.min(other), one.max(other)] {
            place.insert(axis.min(place.len()), along);
        }
        let kernel = Reshape::Diagonal {
            axes: self.axes,
            offset: 0,
        };
        let block = BlockRef::new(0, number(&self.from, &place));
        BlockTask::kernel(Kernel::Reshape(kernel), [block])
    }
}

/// A matrix of a diagonal.
struct OnDiagonal {
    dtype: DType,
    axes: [Axis; 2],
    /// How many blocks there are before the first on the diagonal, along each axis, and how many are
    /// on it.
    before: [usize; 2],
    blocks: usize,
}

impl Layer for OnDiagonal {
    fn name(&self) -> &'static str {
        "diag"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.numbers(self.before);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let lens = [0, 1].map(|axis| self.axes[axis].length(at[axis]).unwrap_or(0));
        let on = [0, 1].map(|axis| at[axis].checked_sub(self.before[axis]));
        match on {
            [Some(row), Some(column)] if row == column && row < self.blocks => {
                let kernel = Reshape::OnDiagonal {
                    shape: lens,
                    offset: 0,
                };
                BlockTask::kernel(Kernel::Reshape(kernel), [BlockRef::new(0, row)])
            }
            _ => zeros(self.dtype, lens),
        }
    }
}

impl Array {
    /// The array with zeros above a diagonal of its last two axes: that of the elements at
    /// `(i, i + diagonal)`, which is kept.
    ///
    /// # Errors
    /// If the array is in the failed state, has fewer than two axes, or the chunk sizes of the last
    /// two are unknown.
    pub fn tril(&self, diagonal: i64) -> Result<Self> {
        self.triangle(false, diagonal)
    }

    /// The array with zeros below a diagonal of its last two axes: that of the elements at
    /// `(i, i + diagonal)`, which is kept.
    ///
    /// # Errors
    /// As [`Array::tril`].
    pub fn triu(&self, diagonal: i64) -> Result<Self> {
        self.triangle(true, diagonal)
    }

    fn triangle(&self, upper: bool, diagonal: i64) -> Result<Self> {
        self.good()?;
        let name = if upper { "triu" } else { "tril" };
        let rows = self.axis_of(name, -2)?;
        let offsets = |axis: usize| {
            let offsets = self.axes()[axis].offsets();
            offsets.ok_or_else(|| self.unknown(name, axis))
        };
        let layer = Triangle {
            upper,
            diagonal,
            dtype: self.dtype(),
            axes: self.axes().to_vec(),
            offsets: [offsets(rows)?, offsets(rows + 1)?],
        };
        let axes = self.axes().to_vec();
        Ok(Self::from_layer(layer, &[self], self.dtype(), axes))
    }

    /// The elements along a diagonal of two axes, those at `(i, i + offset)`, as a new last axis in
    /// their place.
    ///
    /// # Errors
    /// If the array is in the failed state, these are not two axes of it, or their chunk sizes are
    /// unknown.
    pub fn diagonal(&self, offset: i64, axes: [isize; 2]) -> Result<Self> {
        self.good()?;
        let axes = [
            self.axis_of("diagonal", axes[0])?,
            self.axis_of("diagonal", axes[1])?,
        ];
        if axes[0] == axes[1] {
            let reason = format!("axis {} is named twice", axes[0]);
            return Err(ArrayError::value("diagonal", reason));
        }
        let known = |axis: usize| {
            Known::new(&self.axes()[axis]).ok_or_else(|| self.unknown("diagonal", axis))
        };
        let known = [known(axes[0])?, known(axes[1])?];
        let away = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
        let starts = if offset < 0 { [away, 0] } else { [0, away] };
        let room = [0, 1].map(|axis| known[axis].len().saturating_sub(starts[axis]));
        let len = room[0].min(room[1]);
        // The square around the diagonal, cut alike along both axes.
        let cuts = [0, 1].map(|axis| within(&self.axes()[axes[axis]], starts[axis], len));
        let lens = refined(&cuts[0], &cuts[1]);
        let mut along: Vec<_> = self.axes().iter().map(as_they_are).collect();
        let mut from = self.axes().to_vec();
        for (at, axis) in axes.into_iter().enumerate() {
            let run = Run::Forwards {
                start: starts[at],
                len,
            };
            along[axis] = known[at].blocks(&[run], &lens);
            from[axis] = Axis::known(lens.iter().copied());
        }
        let square = self.pieced(("diagonal", Purpose::Part), along, None, from.clone());
        let others = from.iter().enumerate().filter(|(at, _)| !axes.contains(at));
        let mut to: Vec<Axis> = others.map(|(_, axis)| axis.clone()).collect();
        to.push(Axis::known(lens));
        let layer = Diagonal { axes, from };
        Ok(Self::from_layer(layer, &[&square], self.dtype(), to))
    }

    /// Of an array of one axis the matrix with its elements at `(i, i + offset)` and zeros elsewhere;
    /// of a matrix its diagonal there.
    ///
    /// # Errors
    /// If the array is in the failed state, has neither one nor two axes, its chunk sizes are unknown,
    /// or the result would be too large.
    pub fn diag(&self, offset: i64) -> Result<Self> {
        self.good()?;
        let [axis] = self.axes() else {
            return match self.ndim() {
                2 => self.diagonal(offset, [0, 1]),
                ndim => Err(ArrayError::value(
                    "diag",
                    format!("an array of {ndim} axes has no diagonal and is none"),
                )),
            };
        };
        let lens = axis
            .known_lengths()
            .ok_or_else(|| self.unknown("diag", 0))?;
        let away = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
        let (blocks, apart) = (lens.len(), usize::from(away > 0));
        let before_it = Axis::known((away > 0).then_some(away).into_iter().chain(lens.clone()));
        let behind_it = Axis::known(lens.into_iter().chain((away > 0).then_some(away)));
        if !before_it.is_known() {
            return Err(ArrayError::value("diag", "the result would be too large"));
        }
        let (axes, before) = match offset < 0 {
            true => ([before_it, behind_it], [apart, 0]),
            false => ([behind_it, before_it], [0, apart]),
        };
        let layer = OnDiagonal {
            dtype: self.dtype(),
            axes: axes.clone(),
            before,
            blocks,
        };
        Ok(Self::from_layer(layer, &[self], self.dtype(), axes))
    }
}

/// The lengths of an axis' blocks within a range.
fn within(axis: &Axis, start: usize, len: usize) -> Vec<usize> {
    let end = start.saturating_add(len);
    let offsets = axis.offsets().unwrap_or_default();
    let parts = offsets.windows(2).map(|ends| {
        let (from, to) = (ends[0].clamp(start, end), ends[1].clamp(start, end));
        to - from
    });
    let parts: Vec<usize> = parts.filter(|&len| len > 0).collect();
    if parts.is_empty() { vec![0] } else { parts }
}
