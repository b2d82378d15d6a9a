//! A task for each block with what lies around it.

use super::beside::Neighbours;
use super::layer::{BlockInput, Calls, as_it_is, of_calls};
use crate::arrange::pad::Pad;
use crate::arrange::pieces::{Along, Piece, Pieces, as_they_are};
use crate::arrange::segments::Known;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use rustc_hash::FxHashMap;
use taskloom_kernels::shape::{Cut, Purpose};
use taskloom_kernels::{Block, DType, Scalar};
use taskloom_task::TaskCall;

/// What lies beyond the ends of an array.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Boundary {
    /// Nothing: the outer blocks are given less.
    None,
    /// The array mirrored, its first and last elements repeated: as dask's `reflect`, which is
    /// numpy's `symmetric`.
    Reflect,
    /// The array from its other end.
    Periodic,
    /// The first and the last element.
    Nearest,
    /// A number, cast to the array's dtype.
    Constant(Scalar),
}

impl Boundary {
    fn pad(self) -> Option<Pad> {
        match self {
            Self::None => None,
            Self::Reflect => Some(Pad::Symmetric),
            Self::Periodic => Some(Pad::Wrap),
            Self::Nearest => Some(Pad::Edge),
            Self::Constant(value) => Some(Pad::Constant(value)),
        }
    }
}

/// A task of yours for each block with what lies around it, as it is being described: see
/// [`Array::map_overlap`].
#[must_use = "nothing is made before `array()`"]
pub struct MapOverlap {
    source: Array,
    calls: Calls,
    dtype: DType,
    depth: Vec<usize>,
    boundary: Boundary,
    trimmed_by_task: bool,
}

impl Array {
    /// An array whose blocks are made of this one's and of `depth` elements around them along each
    /// axis, each by a task: a stencil. The task gives a block as large as the one that it is given;
    /// what lay around is cut off again.
    ///
    /// Only the edges of neighbours travel: they are cut out where the blocks lie. Along an axis of
    /// unknown chunk sizes the edges of all blocks are brought together, because nobody knows which
    /// of them are so short that the next one shows behind them.
    ///
    /// ```
    /// use taskloom_array::{Array, Block, Boundary, Chunks};
    /// use taskloom_task::task;
    ///
    /// /// The mean of each element's neighbours.
    /// #[task(crate = taskloom_task)]
    /// fn smoothed(block: Block) -> Block {
    ///     let values = block.into_vec::<f64>().unwrap_or_default();
    ///     let at = |i: usize| values.get(i).copied().unwrap_or(0.0);
    ///     let mean = |i: usize| (at(i.wrapping_sub(1)) + at(i + 1)) / 2.0;
    ///     Block::vector((0..values.len()).map(mean).collect::<Vec<f64>>())
    /// }
    ///
    /// let x = Array::from_ndarray(&ndarray::array![0.0, 2.0, 4.0, 6.0], Chunks::of([2]))?;
    /// let y = x.map_overlap([1], smoothed::task).boundary(Boundary::Periodic).array()?;
    /// assert_eq!(y.to_local_here::<f64>()?, ndarray::array![4.0, 2.0, 4.0, 2.0].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    pub fn map_overlap(
        &self,
        depth: impl IntoIterator<Item = usize>,
        call: impl Fn(BlockInput) -> TaskCall<Block> + Send + Sync + 'static,
    ) -> MapOverlap {
        MapOverlap {
            source: self.clone(),
            calls: Calls::one(move |_, nodes| call(nodes[0].clone())),
            dtype: self.dtype(),
            depth: depth.into_iter().collect(),
            boundary: Boundary::None,
            trimmed_by_task: false,
        }
    }

    /// The array whose blocks are this one's with `depth` elements around them along each axis.
    fn with_overlap(&self, depth: &[usize], boundary: Boundary) -> Result<Self> {
        let mut along: Vec<Along> = Vec::with_capacity(self.ndim());
        let mut axes = Vec::with_capacity(self.ndim());
        for (at, (axis, &depth)) in self.axes().iter().zip(depth).enumerate() {
            if depth == 0 {
                along.push(as_they_are(axis));
                axes.push(axis.clone());
                continue;
            }
            let known = Known::new(axis).ok_or_else(|| self.unknown("map_overlap", at))?;
            let no_fit = || {
                let reason = format!("an overlap of {depth} does not fit axis {at} of {axis}");
                ArrayError::value("map_overlap", reason)
            };
            let offsets = axis.offsets().unwrap_or_default();
            let end = known.len() as i128;
            let mut lens = Vec::with_capacity(axis.blocks());
            let mut blocks = Along::with_capacity(axis.blocks());
            for ends in offsets.windows(2) {
                let (from, to) = (
                    ends[0] as i128 - depth as i128,
                    ends[1] as i128 + depth as i128,
                );
                let (mode, from, to) = match boundary.pad() {
                    Some(mode) => (mode, from, to),
                    None => (Pad::Edge, from.max(0), to.min(end)),
                };
                let runs = mode.runs(known.len(), from, to).ok_or_else(no_fit)?;
                blocks.push(known.block(&runs));
                lens.push(usize::try_from(to - from).map_err(|_| no_fit())?);
            }
            along.push(blocks);
            axes.push(Axis::known(lens));
        }
        let fill = match boundary.pad() {
            Some(mode) => mode.fill(self.dtype())?,
            None => None,
        };
        let (apart, along) = self.apart(along);
        Ok(apart.pieced(("overlap", Purpose::Overlap), along, fill, axes))
    }

    /// The pieces as blocks of their own, each once, so that they are cut out where the whole blocks
    /// lie; and the same pieces as pieces of these.
    fn apart(&self, along: Vec<Along>) -> (Self, Vec<Along>) {
        let mut parts: Vec<Along> = Vec::with_capacity(along.len());
        let mut rest: Vec<Along> = Vec::with_capacity(along.len());
        let mut axes = Vec::with_capacity(along.len());
        for (axis, along) in self.axes().iter().zip(along) {
            if !axis.is_known() {
                parts.push(as_they_are(axis));
                rest.push(along);
                axes.push(axis.clone());
                continue;
            }
            let mut distinct: Vec<Piece> = Vec::new();
            let mut places: FxHashMap<Piece, usize> = FxHashMap::default();
            let mut blocks = Along::with_capacity(along.len());
            for pieces in along {
                let moved = pieces.into_iter().map(|piece| {
                    let (part, cut) = match piece.cut {
                        Cut::Reversed => (Cut::All, Cut::Reversed),
                        Cut::ReversedPart { start, len } => {
                            (Cut::Part { start, len }, Cut::Reversed)
                        }
                        Cut::Hold { at, len } => {
                            (Cut::Part { start: at, len: 1 }, Cut::Hold { at: 0, len })
                        }
                        Cut::Fill { .. } => return piece,
                        part => (part, Cut::All),
                    };
                    let part = Piece::new(piece.block, part);
                    let place = *places.entry(part).or_insert_with(|| {
                        distinct.push(part);
                        distinct.len() - 1
                    });
                    Piece::new(place, cut)
                });
                blocks.push(moved.collect::<Pieces>());
            }
            let len = |piece: &Piece| match piece.cut {
                Cut::Part { len, .. } => len,
                _ => axis.length(piece.block).unwrap_or(0),
            };
            axes.push(Axis::known(distinct.iter().map(len)));
            parts.push(
                distinct
                    .into_iter()
                    .map(|piece| Pieces::from_iter([piece]))
                    .collect(),
            );
            rest.push(blocks);
        }
        let name = ("edges", Purpose::Overlap);
        (self.pieced(name, parts, None, axes), rest)
    }
}

impl MapOverlap {
    /// What lies beyond the ends of the array; nothing, if it is not said.
    pub fn boundary(mut self, boundary: Boundary) -> Self {
        self.boundary = boundary;
        self
    }

    /// The dtype of the blocks that the tasks make; that of the array, if it is not said.
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = dtype;
        self
    }

    /// The tasks give blocks without what lay around them, so nothing is cut off. Only with a
    /// boundary: without one the outer blocks have nothing around them on one side.
    pub fn trimmed_by_task(mut self) -> Self {
        self.trimmed_by_task = true;
        self
    }

    /// The array.
    ///
    /// # Errors
    /// If the array is in the failed state, there is not one depth per axis, an overlap does not fit
    /// an axis (which for one of unknown chunk sizes is found when it is computed), or the call cannot
    /// be made.
    pub fn array(mut self) -> Result<Array> {
        let source = self.source.good()?;
        if self.depth.len() != source.ndim() {
            return Err(ArrayError::value(
                "map_overlap",
                format!(
                    "{} depths for an array of {} axes",
                    self.depth.len(),
                    source.ndim()
                ),
            ));
        }
        // Along unknown axes first, one after the other: each takes in what the ones before made.
        let mut depths = self.depth.clone();
        let mut wide = source.clone();
        let mut unknown = Vec::new();
        for (at, axis) in source.axes().iter().enumerate() {
            if depths[at] > 0 && !axis.is_known() {
                let depth = std::mem::take(&mut depths[at]);
                let neighbours = Neighbours::new(&wide, at, depth, self.boundary)?;
                wide = neighbours.around(&wide);
                unknown.push((at, neighbours));
            }
        }
        let wide = wide.with_overlap(&depths, self.boundary)?;
        let axes = match self.trimmed_by_task {
            true => source.axes().to_vec(),
            false => wide.axes().to_vec(),
        };
        let from = as_it_is(&wide);
        let made = of_calls(
            "map_overlap",
            self.calls,
            false,
            &[(&wide, from)],
            self.dtype,
            axes,
        )?;
        if self.trimmed_by_task {
            return Ok(made);
        }
        let mut made = made;
        if self.boundary == Boundary::None {
            // How much there was around is not known either.
            for (at, neighbours) in unknown {
                made = neighbours.without(&made, &source.axes()[at]);
                self.depth[at] = 0;
            }
        }
        let along = source.axes().iter().zip(&self.depth).map(|(axis, &depth)| {
            let last = axis.blocks().saturating_sub(1);
            let offsets = axis.offsets().unwrap_or_default();
            let len = axis.len().unwrap_or(0);
            let blocks = (0..=last).map(|block| {
                let cut = match (depth, self.boundary) {
                    (0, _) => Cut::All,
                    // As much as there was before the block and behind it.
                    (_, Boundary::None) => Cut::Trim {
                        before: depth.min(offsets.get(block).copied().unwrap_or(0)),
                        after: depth.min(len - offsets.get(block + 1).copied().unwrap_or(len)),
                    },
                    _ => Cut::Trim {
                        before: depth,
                        after: depth,
                    },
                };
                Pieces::from_iter([Piece::new(block, cut)])
            });
            blocks.collect::<Along>()
        });
        let axes = source.axes().to_vec();
        Ok(made.pieced(("trim", Purpose::Trim), along.collect(), None, axes))
    }
}
