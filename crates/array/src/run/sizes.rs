//! Finding out chunk sizes, and taking them as given.

use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use crate::source::axes_of_blocks;
use taskloom_kernels::index::Index;
use taskloom_kernels::{Block, DType, Kernel};

/// The lengths of some blocks of the one input, as a block of one axis each.
struct Lengths {
    /// The blocks, by their numbers.
    places: Vec<usize>,
}

impl Layer for Lengths {
    fn name(&self) -> &'static str {
        "lengths"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.numbers(self.places.iter().copied());
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let place = at.first().and_then(|&at| self.places.get(at));
        let block = BlockRef::new(0, place.copied().unwrap_or(usize::MAX));
        BlockTask::kernel(Kernel::Index(Index::Lengths), [block])
    }
}

/// The same blocks, with axes that say something else about them.
struct Declared {
    axes: Axes,
}

impl Layer for Declared {
    fn name(&self) -> &'static str {
        "declared"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, at: &[usize]) -> BlockTask {
        BlockTask::alias(BlockRef::new(0, number(&self.axes, at)))
    }
}

impl Array {
    /// An array of the same blocks whose chunk sizes are known. If they are known already, or were
    /// found out for another array with the same cut, nothing is computed. Else the blocks are
    /// computed on the cluster and stay there while the result lives, so nothing is computed twice.
    ///
    /// # Errors
    /// As [`Array::futures`], and the first task that failed; or blocks that stand in a row have
    /// different lengths across it.
    pub async fn compute_chunk_sizes(&self) -> Result<Self> {
        if let Some(known) = self.with_found_sizes()? {
            return Ok(known);
        }
        let kept = match self.node().layer().leaf() {
            Some(_) => self.clone(),
            None => self.persist().await?,
        };
        let lengths = kept.lengths().compute_blocks().await?;
        kept.with_lengths(&lengths)
    }

    /// As [`Array::compute_chunk_sizes`], in this thread.
    ///
    /// # Errors
    /// As [`Array::compute_here`].
    pub fn compute_chunk_sizes_here(&self) -> Result<Self> {
        if let Some(known) = self.with_found_sizes()? {
            return Ok(known);
        }
        let blocks = self.blocks_here()?;
        let found = axes_of_blocks("compute_chunk_sizes", &blocks, &self.numblocks())?;
        let axes = self.axes().iter().zip(found).map(|(axis, found)| {
            let lengths = found.known_lengths().unwrap_or_default();
            if axis.is_known() {
                axis.clone()
            } else {
                axis.found(lengths.into())
            }
        });
        Ok(self.computed_here(blocks, axes.collect()))
    }

    /// The same array with its chunk sizes taken as not known: for tests, and to have what is
    /// computed later checked against other unknown sizes.
    #[track_caller]
    pub fn forget_chunk_sizes(&self) -> Self {
        self.declared(self.axes().iter().map(Axis::forgotten).collect())
    }

    /// As [`Array::forget_chunk_sizes`], along some axes only; negative ones count from the last.
    ///
    /// # Errors
    /// If the array is in the failed state or has no such axis.
    pub fn forget_chunk_sizes_along(&self, axes: impl IntoIterator<Item = isize>) -> Result<Self> {
        self.good()?;
        let mut forgotten: Axes = self.axes().iter().cloned().collect();
        for axis in axes {
            let at = self.axis_of("forget_chunk_sizes_along", axis)?;
            forgotten[at] = forgotten[at].forgotten();
        }
        Ok(self.declared(forgotten))
    }

    /// The same array, taken as cut like another along each axis where nothing says so: for arrays of
    /// which you know that they agree. When their blocks meet, their lengths are compared.
    ///
    /// # Errors
    /// If an array is in the failed state, the numbers of axes or of blocks differ, or known lengths
    /// do.
    pub fn assume_aligned(&self, other: &Self) -> Result<Self> {
        self.good()?;
        other.good()?;
        let grids = (self.numblocks(), other.numblocks());
        let fits = grids.0 == grids.1
            && self.axes().iter().zip(other.axes()).all(|(mine, theirs)| {
                !(mine.is_known() && theirs.is_known()) || mine.lengths() == theirs.lengths()
            });
        if !fits {
            return Err(ArrayError::Shapes {
                operation: "assume_aligned".to_owned(),
                left: format!("{:?}", self.axes()),
                right: format!("{:?}", other.axes()),
                reason: ": they have other numbers of chunks, or known lengths that differ"
                    .to_owned(),
            });
        }
        let axes = self.axes().iter().zip(other.axes());
        let axes = axes.map(|(mine, theirs)| match mine.is_aligned(theirs) {
            true => mine.clone(),
            false => theirs.forgotten(),
        });
        Ok(self.declared(axes.collect()))
    }

    /// The same blocks under other axes.
    #[track_caller]
    fn declared(&self, axes: Axes) -> Self {
        let layer = Declared { axes: axes.clone() };
        Self::from_layer(layer, &[self], self.dtype(), axes)
    }

    /// The array with known sizes, if nothing has to be computed for that.
    fn with_found_sizes(&self) -> Result<Option<Self>> {
        self.good()?;
        if self.axes().iter().all(Axis::is_known) {
            return Ok(Some(self.clone()));
        }
        let axes = self.axes().iter().map(|axis| match axis.is_known() {
            true => Some(axis.clone()),
            false => axis.found_lengths().map(|lengths| axis.found(lengths)),
        });
        let axes: Option<Axes> = axes.collect();
        Ok(axes.map(|axes| self.declared(axes)))
    }

    /// The lengths of those blocks that show how the axes are cut: along each axis, with place 0 on
    /// the others.
    fn lengths(&self) -> Self {
        let layer = Lengths {
            places: self.edge(),
        };
        let axis = Axis::opaque(layer.places.len());
        Self::from_layer(layer, &[self], DType::U64, [axis])
    }

    /// The blocks along each unknown axis, with place 0 on the others.
    fn edge(&self) -> Vec<usize> {
        let mut places = Vec::new();
        for (which, axis) in self
            .axes()
            .iter()
            .enumerate()
            .filter(|(_, axis)| !axis.is_known())
        {
            for block in 0..axis.blocks() {
                let at: Vec<usize> = (0..self.ndim())
                    .map(|axis| if axis == which { block } else { 0 })
                    .collect();
                places.push(number(self.axes(), &at));
            }
        }
        places
    }

    /// The same blocks with the lengths that [`Array::lengths`] gave.
    fn with_lengths(&self, lengths: &[Block]) -> Result<Self> {
        let mut lengths = lengths.iter();
        let mut axes = Axes::new();
        for (which, axis) in self.axes().iter().enumerate() {
            if axis.is_known() {
                axes.push(axis.clone());
                continue;
            }
            let mut found = Vec::with_capacity(axis.blocks());
            for block in lengths.by_ref().take(axis.blocks()) {
                let row = block.view::<u64>()?;
                let len = row.get([which].as_slice()).copied();
                found.push(usize::try_from(len.unwrap_or(0)).unwrap_or(usize::MAX));
            }
            axes.push(axis.found(found.into()));
        }
        Ok(self.declared(axes))
    }
}
