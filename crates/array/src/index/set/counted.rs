//! Assignment of one value after another to the places where a mask is true.
//!
//! How many places each band has, and where its values begin, is known only when the mask is. Where
//! the values were selected by the same mask, as in `x[m] = x[m] * 2`, band and block belong
//! together. Otherwise each band's share is cut from the blocks of values by their counts.

use super::super::bands::Bands;
use super::super::lengths::{chained, lengths_along};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::Result;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use taskloom_kernels::index::Index;
use taskloom_kernels::{DType, Extent, Kernel};

/// The truths of each block of a mask, counted per place of the lead.
struct Count {
    lead: usize,
}

impl Layer for Count {
    fn name(&self) -> &'static str {
        "mask-count"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.lead as u64);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let lead = self.lead;
        let block = BlockRef::new(0, at.first().copied().unwrap_or(0));
        BlockTask::kernel(Kernel::Index(Index::Count { lead }), [block])
    }
}

/// The truths of each band.
struct Total {
    /// The number of blocks of a band.
    blocks: usize,
}

impl Layer for Total {
    fn name(&self) -> &'static str {
        "mask-total"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, at: &[usize]) -> BlockTask {
        let first = at.first().copied().unwrap_or(0) * self.blocks;
        let blocks = (first..first + self.blocks).map(|block| BlockRef::new(0, block));
        BlockTask::kernel(Kernel::Index(Index::Total), blocks)
    }
}

/// Per band and block of values, what of the block belongs to the band. Inputs: values, the counts
/// of all bands, the lengths of all blocks of values.
struct Portion {
    /// The number of blocks of values.
    blocks: usize,
}

impl Layer for Portion {
    fn name(&self) -> &'static str {
        "set-portion"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, at: &[usize]) -> BlockTask {
        let at = at.first().copied().unwrap_or(0);
        let (band, block) = (at / self.blocks, at % self.blocks);
        let inputs = [
            BlockRef::new(0, block),
            BlockRef::new(1, 0),
            BlockRef::new(2, 0),
        ];
        BlockTask::kernel(Kernel::Index(Index::Portion { band, block }), inputs)
    }
}

/// The portions of each band, one after another.
struct Share {
    /// The number of blocks of values.
    blocks: usize,
}

impl Layer for Share {
    fn name(&self) -> &'static str {
        "set-share"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, at: &[usize]) -> BlockTask {
        let first = at.first().copied().unwrap_or(0) * self.blocks;
        let blocks = (first..first + self.blocks).map(|block| BlockRef::new(0, block));
        BlockTask::kernel(Kernel::Index(Index::Chain), blocks)
    }
}

/// The values of the bands at their places. Inputs: the array, the mask, values, and counts if the
/// bands have several blocks.
struct Scatter {
    bands: Option<Bands>,
    source: Axes,
}

impl Layer for Scatter {
    fn name(&self) -> &'static str {
        "set-scatter"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = number(&self.source, at);
        let size = self.bands.as_ref().map_or(1, Bands::len);
        let first = block / size * size;
        let mut inputs = vec![
            BlockRef::new(0, block),
            BlockRef::new(1, block),
            BlockRef::new(2, block / size),
        ];
        let grid: Extent = match &self.bands {
            Some(bands) => {
                inputs.extend((first..first + size).map(|block| BlockRef::new(3, block)));
                bands.grid.clone()
            }
            None => Extent::new(),
        };
        let kernel = Index::Scatter {
            grid,
            at: block - first,
            block: at.into(),
        };
        BlockTask::kernel(Kernel::Index(kernel), inputs)
    }
}

impl Array {
    /// The array with values, in C order, where a mask of its shape and cut is true.
    pub(super) fn with_counted(&self, mask: &Self, values: &Self) -> Result<Self> {
        let bands = Bands::of(self)?;
        let count = self.axes().first().map_or(1, Axis::blocks);
        let size = bands.as_ref().map_or(1, Bands::len);
        let layer = Count {
            lead: bands.as_ref().map_or(0, Bands::lead),
        };
        let all = [Axis::opaque(mask.npartitions())];
        let counts = Self::from_layer(layer, &[mask], DType::I64, all);
        let selected = self.mask(mask)?;
        let aligned = values.axes()[0].is_aligned(&selected.axes()[0]);
        let shares = match aligned {
            true => values.clone(),
            false => shares(&counts, size, count, values),
        };
        let mut inputs = vec![self, mask, &shares];
        inputs.extend(bands.is_some().then_some(&counts));
        let layer = Scatter {
            bands,
            source: self.axes().iter().cloned().collect(),
        };
        let axes = self.axes().iter().cloned();
        Ok(Self::from_layer(layer, &inputs, self.dtype(), axes))
    }
}

/// Values in one block per band.
fn shares(counts: &Array, size: usize, bands: usize, values: &Array) -> Array {
    let blocks = values.npartitions();
    let layer = Total { blocks: size };
    let totals = Array::from_layer(layer, &[counts], DType::I64, [Axis::opaque(bands)]);
    let totals = chained(&totals);
    let lengths = lengths_along(values, 0);
    let layer = Portion { blocks };
    let inputs = [values, &totals, &lengths];
    let portions = [Axis::opaque(bands.saturating_mul(blocks))];
    let portions = Array::from_layer(layer, &inputs, values.dtype(), portions);
    let axes = [Axis::opaque(bands)];
    Array::from_layer(Share { blocks }, &[&portions], values.dtype(), axes)
}
