//! Where an array is not zero.

use super::bands::{Bands, Merge};
use super::lengths::lengths_along;
use super::resolve::Along;
use super::slice::basic;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, place};
use smallvec::SmallVec;
use taskloom_kernels::index::Index;
use taskloom_kernels::{DType, Kernel};

/// The places in each block, one row each, and their counts. Inputs: the array, the lengths along
/// each axis where they are not known.
struct Nonzero {
    source: Axes,
    lead: usize,
}

impl Layer for Nonzero {
    fn name(&self) -> &'static str {
        "nonzero"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.lead as u64);
    }

    fn outputs(&self) -> u32 {
        2
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = at.first().copied().unwrap_or(0);
        let mut at = SmallVec::new();
        place(&self.source, block, &mut at);
        let mut inputs: SmallVec<[BlockRef; 3]> = SmallVec::new();
        inputs.push(BlockRef::new(0, block));
        let mut starts = SmallVec::new();
        for (axis, &at) in self.source.iter().zip(&at) {
            let offsets = axis.offsets();
            starts.push(offsets.and_then(|offsets| offsets.get(at).copied()));
            if !axis.is_known() {
                inputs.push(BlockRef::new(inputs.len(), 0));
            }
        }
        let lead = self.lead;
        let kernel = Index::Nonzero { lead, at, starts };
        BlockTask::kernel(Kernel::Index(kernel), inputs)
    }
}

/// The first outputs of the input's tasks.
struct Places;

impl Layer for Places {
    fn name(&self) -> &'static str {
        "nonzero-places"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, at: &[usize]) -> BlockTask {
        BlockTask::alias(BlockRef::new(0, at.first().copied().unwrap_or(0)))
    }
}

/// Places, one row each, as places in the elements in C order.
struct RavelPlaces {
    lens: SmallVec<[usize; 4]>,
}

impl Layer for RavelPlaces {
    fn name(&self) -> &'static str {
        "ravel-places"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.numbers(self.lens.iter().copied());
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let lens = self.lens.clone();
        let block = BlockRef::new(0, at.first().copied().unwrap_or(0));
        BlockTask::kernel(Kernel::Index(Index::RavelPlaces { lens }), [block])
    }
}

impl Array {
    /// The places of the elements that are not zero (or false), one row each in C order, as numpy's
    /// `argwhere`. How many there are is unknown; unknown lengths of the array are found out on the
    /// way.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[0, 7], [8, 0]], Chunks::of([2, 1]))?;
    /// let places = x.argwhere()?.to_local_here::<i64>()?;
    /// assert_eq!(places, ndarray::array![[0, 1], [1, 0]].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array has no axes.
    pub fn argwhere(&self) -> Result<Self> {
        const OPERATION: &str = "argwhere";
        self.good()?;
        let Some(first) = self.axes().first() else {
            return Err(ArrayError::Index {
                operation: OPERATION.to_owned(),
                reason: "a single number has no places: compare it with 0".to_owned(),
            });
        };
        let mut cut = Identity::new("nonzero");
        cut.bytes(self.node().id().as_bytes());
        for axis in self.axes() {
            axis.identify_cut(&mut cut);
        }
        let reason = format!("the places where {} is not zero", self.name());
        let rows = Axis::unknown(first.blocks(), &cut, reason);
        let bands = Bands::of(self)?;
        let unknown = (0..self.ndim()).filter(|&axis| !self.axes()[axis].is_known());
        let lengths: Vec<Self> = unknown.map(|axis| lengths_along(self, axis)).collect();
        let inputs: Vec<&Self> = std::iter::once(self).chain(&lengths).collect();
        let layer = Nonzero {
            source: self.axes().iter().cloned().collect(),
            lead: bands.as_ref().map_or(0, Bands::lead),
        };
        let columns = Axis::single(self.ndim());
        let blocks = Axis::opaque(self.npartitions());
        let parts = Self::from_layer(layer, &inputs, DType::I64, [blocks, columns.clone()]);
        let axes = [rows, columns];
        let Some(bands) = bands else {
            return Ok(Self::from_layer(Places, &[&parts], DType::I64, axes));
        };
        let layer = Merge {
            bands,
            parts: parts.axes().iter().cloned().collect(),
            name: "nonzero-merge",
            unordered: None,
        };
        Ok(Self::from_layer(layer, &[&parts], DType::I64, axes))
    }

    /// The places of the elements that are not zero (or false), as numpy's `nonzero`: an array per
    /// axis, all cut alike, in C order. They can index an array by [`points_array`](Self::points_array).
    ///
    /// # Errors
    /// As [`argwhere`](Self::argwhere).
    pub fn nonzero(&self) -> Result<Vec<Self>> {
        let places = self.argwhere()?;
        let columns = 0..self.ndim();
        Ok(columns
            .map(|column| basic(&places, &[Along::Whole, Along::At(column)]))
            .collect())
    }

    /// The places of the elements that are not zero (or false) among all elements in C order, as
    /// numpy's `flatnonzero`.
    ///
    /// # Errors
    /// As [`argwhere`](Self::argwhere), and if lengths of axes other than the first are unknown.
    pub fn flatnonzero(&self) -> Result<Self> {
        const OPERATION: &str = "flatnonzero";
        let places = self.argwhere()?;
        let mut lens = SmallVec::new();
        for (at, axis) in self.axes().iter().enumerate() {
            lens.push(match (at, axis.len()) {
                // What comes before it is nothing.
                (0, len) => len.unwrap_or(0),
                (_, Some(len)) => len,
                (_, None) => return Err(self.unknown(OPERATION, at)),
            });
        }
        let rows = places.axes()[0].clone();
        Ok(Self::from_layer(
            RavelPlaces { lens },
            &[&places],
            DType::I64,
            [rows],
        ))
    }
}
