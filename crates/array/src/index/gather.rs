//! Elements at places that an array holds.

use super::lengths::lengths_along;
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::{Chunk, Chunks};
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use smallvec::SmallVec;
use taskloom_kernels::index::{Index, Start};
use taskloom_kernels::{Block, Kernel};

/// How places are spread: for `count` axes from `axis` on, by arrays of places that are cut as
/// `places` says.
#[derive(Clone)]
struct Spread {
    axis: usize,
    count: usize,
    places: Axes,
    /// Of the array.
    source: Axes,
}

impl Spread {
    fn indexed(&self) -> &[Axis] {
        &self.source[self.axis..self.axis + self.count]
    }

    /// The number of blocks along the indexed axes.
    fn parts(&self) -> usize {
        self.indexed().iter().map(Axis::blocks).product()
    }

    /// Of the result.
    fn axes(&self) -> Axes {
        self.around(&self.places)
    }

    /// The axes before and behind the indexed ones, with these between.
    fn around(&self, middle: &[Axis]) -> Axes {
        let (before, rest) = self.source.split_at(self.axis);
        let after = &rest[self.count..];
        before.iter().chain(middle).chain(after).cloned().collect()
    }

    /// The block of the array at a place of the result's other axes.
    fn block(&self, before: &[usize], indexed: &[usize], after: &[usize]) -> usize {
        let at: SmallVec<[usize; 4]> = before.iter().chain(indexed).chain(after).copied().collect();
        number(&self.source, &at)
    }

    /// The place along the indexed axes of one of the parts.
    fn place(&self, part: usize) -> SmallVec<[usize; 4]> {
        let mut at = SmallVec::new();
        crate::node::place(self.indexed(), part, &mut at);
        at
    }

    /// Inputs that tell the lengths along the indexed axes that are not known; they are behind the
    /// first `inputs`.
    fn lengths(&self, inputs: usize) -> impl Iterator<Item = BlockRef> {
        let unknown = self
            .indexed()
            .iter()
            .filter(|axis| !axis.is_known())
            .count();
        (inputs..inputs + unknown).map(|input| BlockRef::new(input, 0))
    }

    fn identify(&self, identity: &mut Identity) {
        identity.numbers([self.axis, self.count]);
    }
}

/// What of each block is asked for by each block of places. Inputs: the places, the array, lengths.
struct Within(Spread);

impl Layer for Within {
    fn name(&self) -> &'static str {
        "take-within"
    }

    fn identity(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let spread = &self.0;
        let (before, rest) = at.split_at(spread.axis);
        let parts = spread.parts().max(1);
        let place = spread.place(rest[0] % parts);
        let mut starts = SmallVec::new();
        for (axis, &block) in spread.indexed().iter().zip(&place) {
            starts.push(match (axis.offsets(), axis.len()) {
                (Some(offsets), Some(total)) => Start::Known {
                    start: offsets[block],
                    total,
                },
                _ => Start::Given { block },
            });
        }
        let block = spread.block(before, &place, &rest[1..]);
        let mut inputs: SmallVec<[BlockRef; 3]> = (0..spread.count)
            .map(|input| BlockRef::new(input, rest[0] / parts))
            .collect();
        inputs.push(BlockRef::new(spread.count, block));
        inputs.extend(spread.lengths(spread.count + 1));
        let axis = spread.axis;
        BlockTask::kernel(Kernel::Index(Index::TakeWithin { axis, starts }), inputs)
    }
}

/// What [`Within`] made, in the order of the places; or, of the one block that there is, at once.
/// Inputs: the places, the parts (or the array), lengths.
struct Gather {
    spread: Spread,
    /// Of the parts.
    parts: Axes,
}

impl Layer for Gather {
    fn name(&self) -> &'static str {
        "take-array"
    }

    fn identity(&self, identity: &mut Identity) {
        self.spread.identify(identity);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let Spread {
            axis,
            count,
            places,
            ..
        } = &self.spread;
        let (axis, count) = (*axis, *count);
        let (before, rest) = at.split_at(axis);
        let (at_places, after) = rest.split_at(places.len());
        let places = number(places, at_places);
        let mut inputs: SmallVec<[BlockRef; 3]> = (0..count)
            .map(|input| BlockRef::new(input, places))
            .collect();
        let parts = self.spread.parts();
        if parts == 1 {
            let block = self.spread.block(before, &vec![0; count], after);
            inputs.push(BlockRef::new(count, block));
            return BlockTask::kernel(Kernel::Index(Index::TakeAt { axis, count }), inputs);
        }
        for part in 0..parts {
            let part = [places * parts + part];
            let at: Vec<usize> = before.iter().chain(&part).chain(after).copied().collect();
            inputs.push(BlockRef::new(count, number(&self.parts, &at)));
        }
        inputs.extend(self.spread.lengths(count + 1));
        let indexed = self.spread.indexed().iter();
        let kernel = Index::Gather {
            axis,
            grid: indexed.clone().map(Axis::blocks).collect(),
            cuts: indexed.map(Axis::known_lengths).collect(),
        };
        BlockTask::kernel(Kernel::Index(kernel), inputs)
    }
}

/// How many places of a list one block takes.
const LISTED: usize = 1 << 18;

impl Array {
    /// The elements at places along an axis that an array of integers holds, as numpy's `take` by an
    /// array: the axis is replaced by the axes of the places. Places count from the end where they
    /// are negative; one that is outside of the axis is an error when it is computed.
    ///
    /// Neither the places nor the axis need known lengths. Each block gives what is asked of it, so
    /// only elements that are wanted travel.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![10, 11, 12, 13], Chunks::of([2]))?;
    /// let places = Array::from_ndarray(&ndarray::array![3_i64, 0, 3], Chunks::of([2]))?;
    /// let y = x.take_array(&places, 0)?;
    /// assert_eq!(y.to_local_here::<i32>()?, ndarray::array![13, 10, 13].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the places are no integers or there is no such axis.
    pub fn take_array(&self, places: &Self, axis: isize) -> Result<Self> {
        const OPERATION: &str = "take_array";
        self.good()?;
        let axis = self.axis_of(OPERATION, axis)?;
        self.by_places(OPERATION, axis, &[places])
    }

    /// The elements at points: one list of places for each of the first axes, as numpy's
    /// `x[[..], [..]]`. The result has one axis for the points, then those that no list is for.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[0, 1], [2, 3], [4, 5]], Chunks::of([2, 1]))?;
    /// let y = x.points(&[vec![0, 2, -1], vec![1, 0, 1]])?;
    /// assert_eq!(y.to_local_here::<i32>()?, ndarray::array![1, 4, 5].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If there are more lists than axes or none, or their lengths differ. A place outside of its axis
    /// is an error at once where the length is known, else when it is computed.
    pub fn points(&self, places: &[Vec<i64>]) -> Result<Self> {
        const OPERATION: &str = "points";
        self.good()?;
        for (axis, (places, len)) in places.iter().zip(self.axes()).enumerate() {
            let Some(len) = len.len() else { continue };
            let outside = |place: &&i64| super::resolve::checked_place(**place, len).is_none();
            if let Some(place) = places.iter().find(outside) {
                return Err(ArrayError::Index {
                    operation: OPERATION.to_owned(),
                    reason: format!(
                        "index {place} is out of bounds for axis {axis} with size {len}"
                    ),
                });
            }
        }
        let lists: Result<Vec<Self>> = places.iter().map(|places| listed(places)).collect();
        let lists = lists?;
        self.by_places(OPERATION, 0, &lists.iter().collect::<Vec<_>>())
    }

    /// As [`points`](Self::points), by arrays of integers of one shape, whose axes replace the first
    /// ones of the array. Nothing needs known lengths.
    ///
    /// # Errors
    /// If there are more arrays than axes or none, they are no integers, or their shapes differ or
    /// cannot be compared.
    pub fn points_array(&self, places: &[&Self]) -> Result<Self> {
        self.good()?;
        self.by_places("points_array", 0, places)
    }

    /// The elements at places for one axis after another from `axis` on, point by point.
    pub(super) fn by_places(
        &self,
        operation: &'static str,
        axis: usize,
        places: &[&Self],
    ) -> Result<Self> {
        let wrong = |reason: String| ArrayError::Index {
            operation: operation.to_owned(),
            reason,
        };
        let Some(first) = places.first() else {
            return Err(wrong("places are needed for at least one axis".to_owned()));
        };
        if axis + places.len() > self.ndim() {
            return Err(wrong(format!(
                "too many indices: the array has {} axes",
                self.ndim()
            )));
        }
        let mut alike = Vec::with_capacity(places.len());
        for array in places {
            array.good()?;
            if !array.dtype().is_integer() {
                return Err(ArrayError::DType {
                    operation: operation.to_owned(),
                    dtype: array.dtype(),
                    reason: ": places are integers, and truth values go to `mask`".to_owned(),
                });
            }
            alike.push(array.cut_as(operation, first)?);
        }
        let spread = Spread {
            axis,
            count: places.len(),
            places: first.axes().iter().cloned().collect(),
            source: self.axes().iter().cloned().collect(),
        };
        let mut inputs: Vec<&Self> = alike.iter().collect();
        let axes = spread.axes();
        if spread.parts() == 1 {
            inputs.push(self);
            let parts = Axes::new();
            let layer = Gather { spread, parts };
            return Ok(Self::from_layer(layer, &inputs, self.dtype(), axes));
        }
        let indexed = spread.indexed().iter().enumerate();
        let lengths: Vec<Self> = indexed
            .filter(|(_, axis)| !axis.is_known())
            .map(|(at, _)| lengths_along(self, axis + at))
            .collect();
        let blocks = first.npartitions().saturating_mul(spread.parts());
        let parts_axes = spread.around(&[Axis::opaque(blocks)]);
        inputs.push(self);
        inputs.extend(&lengths);
        let within = Within(spread.clone());
        let parts = Self::from_layer(within, &inputs, self.dtype(), parts_axes.clone());
        inputs[places.len()] = &parts;
        let layer = Gather {
            spread,
            parts: parts_axes,
        };
        Ok(Self::from_layer(layer, &inputs, self.dtype(), axes))
    }

    /// The same array, cut as another one of its shape.
    ///
    /// # Errors
    /// If the shapes differ, or unknown lengths cannot be compared.
    pub(super) fn cut_as(&self, operation: &str, other: &Self) -> Result<Self> {
        if self.ndim() != other.ndim() {
            return Err(shapes(operation, self, other));
        }
        let mut chunks = Vec::with_capacity(self.ndim());
        for (at, (mine, theirs)) in self.axes().iter().zip(other.axes()).enumerate() {
            chunks.push(match (mine.is_aligned(theirs), theirs.known_lengths()) {
                (true, _) => Chunk::Keep,
                (false, Some(lengths)) if mine.is_known() => {
                    if mine.len() != theirs.len() {
                        return Err(shapes(operation, self, other));
                    }
                    Chunk::Exact(lengths)
                }
                _ => return Err(not_aligned(operation, at, self, mine, other, theirs)),
            });
        }
        if chunks.iter().all(|chunk| *chunk == Chunk::Keep) {
            return Ok(self.clone());
        }
        self.rechunk(Chunks::each(chunks))
    }
}

/// A list of places as an array.
fn listed(places: &[i64]) -> Result<Array> {
    if places.len() <= LISTED {
        return Ok(Array::from_block(Block::vector(places.to_vec())));
    }
    let blocks = places
        .chunks(LISTED)
        .map(|part| Block::vector(part.to_vec()));
    let blocks: Vec<Block> = blocks.collect();
    let grid = [blocks.len()];
    Array::from_blocks(blocks, &grid)
}

/// The error for shapes that differ.
pub(super) fn shapes(operation: &str, left: &Array, right: &Array) -> ArrayError {
    ArrayError::Shapes {
        operation: operation.to_owned(),
        left: shape_text(left),
        right: shape_text(right),
        reason: String::new(),
    }
}

/// A shape as Python writes it, with `?` for what is not known.
pub(super) fn shape_text(array: &Array) -> String {
    let mut text = String::from("(");
    for (at, axis) in array.axes().iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        match axis.len() {
            Some(len) => text.push_str(&format!("{comma}{len}")),
            None => text.push_str(&format!("{comma}?")),
        }
    }
    text.push_str(if array.ndim() == 1 { ",)" } else { ")" });
    text
}

/// The error for axes of which nothing says that they are cut alike.
pub(super) fn not_aligned(
    operation: &str,
    at: usize,
    left: &Array,
    left_axis: &Axis,
    right: &Array,
    right_axis: &Axis,
) -> ArrayError {
    ArrayError::NotAligned {
        operation: operation.to_owned(),
        axis: at,
        left: left.name(),
        right: right.name(),
        left_cut: left_axis.reason().to_owned(),
        right_cut: right_axis.reason().to_owned(),
    }
}
