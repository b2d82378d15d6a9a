//! A task for each block.

use super::layer::{BlockInput, Calls, as_it_is, of_calls};
use crate::arrange::derived;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use taskloom_kernels::{Block, DType};
use taskloom_task::TaskCall;

/// A task of yours for each block, as it is being described: see [`Array::map_blocks`].
#[must_use = "nothing is made before `array()`"]
pub struct MapBlocks {
    source: Array,
    calls: Calls,
    by_place: bool,
    dtype: DType,
    axes: Lengths,
}

/// What is known of the lengths of the blocks that the tasks make.
enum Lengths {
    Same,
    Given(Vec<Axis>),
    Unknown,
}

impl Array {
    /// An array whose blocks are made of this one's, each by a task. Unless it is said, the dtype is
    /// taken to stay, and the lengths of the blocks to be unknown: say
    /// [`same_lengths`](MapBlocks::same_lengths) if they stay as well, or
    /// [`axes`](MapBlocks::axes).
    ///
    /// ```
    /// use taskloom_array::{Array, Block, Chunks};
    /// use taskloom_task::task;
    ///
    /// #[task(crate = taskloom_task)]
    /// fn scaled(block: Block, by: f64) -> Block {
    ///     match block.into_array::<f64>() {
    ///         Ok(values) => Block::from(values * by),
    ///         Err(_) => Block::vector(Vec::<f64>::new()),
    ///     }
    /// }
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1.0, 2.0, 3.0], Chunks::of([2]))?;
    /// let y = x.map_blocks(|block| scaled::task(block, 2.0)).same_lengths().array()?;
    /// assert_eq!(y.to_local_here::<f64>()?, ndarray::array![2.0, 4.0, 6.0].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    pub fn map_blocks(
        &self,
        call: impl Fn(BlockInput) -> TaskCall<Block> + Send + Sync + 'static,
    ) -> MapBlocks {
        self.mapped(Calls::one(move |_, nodes| call(nodes[0].clone())), false)
    }

    /// As [`Array::map_blocks`], with calls that depend on the place of the block in the grid.
    pub fn map_blocks_at(
        &self,
        call: impl Fn(&[usize], BlockInput) -> TaskCall<Block> + Send + Sync + 'static,
    ) -> MapBlocks {
        self.mapped(
            Calls::one(move |at, nodes| call(at, nodes[0].clone())),
            true,
        )
    }

    fn mapped(&self, calls: Calls, by_place: bool) -> MapBlocks {
        MapBlocks {
            source: self.clone(),
            calls,
            by_place,
            dtype: self.dtype(),
            axes: Lengths::Unknown,
        }
    }

    /// An array whose rows along an axis are made of this one's. The task is given blocks with that
    /// axis whole and at the end; it gives blocks of this dtype with the same axes, where the last
    /// one has `len` elements.
    ///
    /// # Errors
    /// If the array is in the failed state, has no such axis, or the call cannot be made.
    pub fn apply_along_axis(
        &self,
        axis: isize,
        dtype: DType,
        len: usize,
        call: impl Fn(BlockInput) -> TaskCall<Block> + Send + Sync + 'static,
    ) -> Result<Self> {
        self.good()?;
        let axis = self.axis_of("apply_along_axis", axis)?;
        let last = self.ndim() - 1;
        let rows = self.moveaxis(axis as isize, -1)?.gathered(last);
        let mut axes = rows.axes().to_vec();
        axes[last] = Axis::single(len);
        let made = rows.map_blocks(call).dtype(dtype).axes(axes).array()?;
        made.moveaxis(-1, axis as isize)
    }

    /// A reduction of each group of `by` neighbours along an axis. `reduce` is given an array with one
    /// more axis, behind the given one, along which each group lies, and the number of that axis.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 2, 3, 4, 5, 6], Chunks::of([4]))?;
    /// let pairs = x.coarsen(0, 2, |groups, axis| groups.sum_over(axis))?;
    /// assert_eq!(pairs.to_local_here::<i64>()?, ndarray::array![3, 7, 11].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state, has no such axis, its length is unknown or no multiple of
    /// `by`, or the reduction fails.
    pub fn coarsen(
        &self,
        axis: isize,
        by: usize,
        reduce: impl FnOnce(&Self, isize) -> Self,
    ) -> Result<Self> {
        self.good()?;
        let at = self.axis_of("coarsen", axis)?;
        let len = self.axes()[at]
            .len()
            .ok_or_else(|| self.unknown("coarsen", at))?;
        if by == 0 || !len.is_multiple_of(by) {
            return Err(ArrayError::value(
                "coarsen",
                format!("{len} elements along axis {at} are no groups of {by}"),
            ));
        }
        // The axis is alone in this, so that others may be unknown.
        let last = self.ndim() - 1;
        let ends = self.moveaxis(at as isize, -1)?.split_last(len / by, by)?;
        let groups = ends
            .moveaxis(last as isize, at as isize)?
            .moveaxis(-1, at as isize + 1)?;
        let reduced = reduce(&groups, at as isize + 1);
        reduced.check()?;
        Ok(reduced)
    }
}

impl MapBlocks {
    /// The dtype of the blocks that the tasks make.
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = dtype;
        self
    }

    /// The tasks make blocks of the lengths that they are given. Unknown axes keep what their cut is.
    pub fn same_lengths(mut self) -> Self {
        self.axes = Lengths::Same;
        self
    }

    /// The axes of the result, which may be more or fewer. The grid must have the same blocks, but for
    /// axes of one block.
    pub fn axes(mut self, axes: impl IntoIterator<Item = Axis>) -> Self {
        self.axes = Lengths::Given(axes.into_iter().collect());
        self
    }

    /// The array.
    ///
    /// # Errors
    /// If the array that was mapped is in the failed state, a call cannot be made, or the axes have
    /// other numbers of blocks.
    pub fn array(self) -> Result<Array> {
        self.source.good()?;
        let axes = match self.axes {
            Lengths::Same => self.source.axes().to_vec(),
            Lengths::Given(axes) => axes,
            Lengths::Unknown => self.unknown_axes()?,
        };
        let grid = |axes: &[Axis]| -> Vec<usize> {
            axes.iter()
                .map(Axis::blocks)
                .filter(|&blocks| blocks != 1)
                .collect()
        };
        if grid(&axes) != grid(self.source.axes()) {
            return Err(ArrayError::value(
                "map_blocks",
                format!(
                    "blocks of {:?} cannot be those of {axes:?}",
                    self.source.axes()
                ),
            ));
        }
        // The axes of more than one block follow each other on both sides.
        let many = axes
            .iter()
            .enumerate()
            .filter(|(_, axis)| axis.blocks() != 1);
        let mut many = many.map(|(at, _)| at);
        let from = self.source.axes().iter().map(|axis| match axis.blocks() {
            1 => (1, None),
            blocks => (blocks, many.next()),
        });
        let from = from.collect();
        let inputs = [(&self.source, from)];
        of_calls(
            "map_blocks",
            self.calls,
            self.by_place,
            &inputs,
            self.dtype,
            axes,
        )
    }

    /// The same blocks with lengths that only the tasks will show.
    fn unknown_axes(&self) -> Result<Vec<Axis>> {
        // What the cuts are depends on what the calls do: that is what the node of the calls is.
        let opaque = self
            .source
            .axes()
            .iter()
            .map(|axis| Axis::opaque(axis.blocks()));
        let made = of_calls(
            "map_blocks",
            self.calls.clone(),
            self.by_place,
            &[(&self.source, as_it_is(&self.source))],
            self.dtype,
            opaque.collect(),
        )?;
        let axes = self.source.axes().iter().enumerate();
        let axes = axes.map(|(at, axis)| {
            let mut cut = derived("map_blocks", std::slice::from_ref(axis));
            cut.bytes(made.node().id().as_bytes()).number(at as u64);
            Axis::unknown(
                axis.blocks(),
                &cut,
                format!("tasks on {}", self.source.name()),
            )
        });
        Ok(axes.collect())
    }
}
