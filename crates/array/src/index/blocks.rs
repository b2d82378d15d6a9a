//! Arrays of some of the blocks of an array.

use super::resolve::{Along, resolve_along};
use super::selector::Selection;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use smallvec::SmallVec;

/// Some of the blocks of the one input.
struct Blocks {
    /// Per axis which ones.
    picks: Vec<Vec<usize>>,
    source: Axes,
}

impl Layer for Blocks {
    fn name(&self) -> &'static str {
        "blocks"
    }

    fn identity(&self, identity: &mut Identity) {
        for picks in &self.picks {
            identity.numbers(picks.iter().copied());
        }
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let picks = self.picks.iter().zip(at);
        let from: SmallVec<[usize; 4]> = picks
            .map(|(picks, &at)| picks.get(at).copied().unwrap_or(usize::MAX))
            .collect();
        BlockTask::alias(BlockRef::new(0, number(&self.source, &from)))
    }
}

impl Array {
    /// An array of some of the blocks, as Dask's `x.blocks[...]`: the selection counts blocks, not
    /// elements. A single number leaves its axis with one block. Nothing is computed or copied, and
    /// no length need be known.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, s};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![0, 1, 2, 3, 4], Chunks::of([2]))?;
    /// assert_eq!(x.blocks(s![-2..])?.to_local_here::<i32>()?, ndarray::array![2, 3, 4].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such block, no block is selected along an axis, or the selection holds a new
    /// axis or an array.
    pub fn blocks(&self, selection: impl Into<Selection>) -> Result<Self> {
        const OPERATION: &str = "blocks";
        self.good()?;
        let wrong = |reason: &str| ArrayError::Index {
            operation: OPERATION.to_owned(),
            reason: reason.to_owned(),
        };
        let grid = self.axes().iter().map(|axis| Axis::single(axis.blocks()));
        let grid: Vec<Axis> = grid.collect();
        let along = resolve_along(OPERATION, &grid, &selection.into(), |axis| {
            self.unknown(OPERATION, axis)
        })?;
        let (mut picks, mut axes) = (Vec::new(), Vec::new());
        for along in along {
            let Some(axis) = self.axes().get(picks.len()) else {
                return Err(wrong("a new axis has no blocks"));
            };
            let picked: Vec<usize> = match along {
                Along::Whole => (0..axis.blocks()).collect(),
                Along::At(block) => vec![block],
                Along::List(blocks) => blocks,
                Along::Range { start, len, step } => {
                    let places = (0..len as i64).map(|n| start as i64 + n * step);
                    places
                        .filter_map(|block| usize::try_from(block).ok())
                        .collect()
                }
                Along::New => return Err(wrong("a new axis has no blocks")),
                Along::Array(_) => return Err(wrong("blocks are selected by numbers, not arrays")),
            };
            if picked.is_empty() {
                return Err(wrong("an array has at least one block along each axis"));
            }
            axes.push(picked_axis(axis, &picked));
            picks.push(picked);
        }
        let layer = Blocks {
            picks,
            source: self.axes().iter().cloned().collect(),
        };
        Ok(Self::from_layer(layer, &[self], self.dtype(), axes))
    }
}

/// The axis of these blocks of an axis.
fn picked_axis(axis: &Axis, picked: &[usize]) -> Axis {
    if picked.iter().copied().eq(0..axis.blocks()) {
        return axis.clone();
    }
    let lengths: Option<Vec<usize>> = picked.iter().map(|&block| axis.length(block)).collect();
    if let Some(lengths) = lengths {
        return Axis::known(lengths);
    }
    let mut cut = Identity::new("blocks");
    axis.identify_cut(&mut cut);
    cut.numbers(picked.iter().copied());
    Axis::unknown(picked.len(), &cut, format!("blocks of {}", axis.reason()))
}
