//! Other chunks of the same elements.

mod pieces;
mod plan;

use super::pieces::{Along, Piece, as_they_are};
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::{Chunk, Chunks};
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::registry::{OnUnknown, Operation};
use pieces::pieces;
pub(super) use pieces::refined;
use plan::{Cuts, parts, steps};
use taskloom_kernels::shape::Purpose;

/// Bytes of the largest block in between, where a rechunk goes in steps.
const STEP_BYTES: usize = 128 * 1024 * 1024;

/// Parts of so many bytes cost about as much to copy as a task costs.
const PART_BYTES: usize = 128 * 1024;

/// Blocks of fewer bytes are not cut up before they travel: the cost would be in the tasks.
const SMALL_BYTES: f64 = 65_536.0;

/// A block that goes into more parts than these on average is cut up where it lies.
const FEW_PARTS: f64 = 4.0;

const NAME: (&str, Purpose) = ("rechunk", Purpose::Rechunk);

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    name: "rechunk",
    group: "Chunks",
    numpy: "",
    dask: "rechunk",
    dtype: "that of the array",
    unknown: OnUnknown::NeedsOthers(
        "the unknown axis must be kept (`Chunk::Keep`) or become one block (`Chunk::Whole`)",
    ),
    empty: "blocks without elements stay or vanish",
    summary: "The same elements in other chunks, in steps that bound the memory",
}];

impl Array {
    /// The same elements in other chunks.
    ///
    /// Where the straight way would cut blocks into very many parts, it goes in steps, with blocks
    /// in between of at most 128 MiB and four times the largest at either end (or as large as that). Blocks that are
    /// the same in both are not touched.
    ///
    /// An axis whose chunk sizes are unknown can be kept as it is ([`Chunk::Keep`], and
    /// [`Chunks::auto`] keeps it too), or become one block ([`Chunk::Whole`]).
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::Array1::from_iter(0..10), Chunks::of([5]))?;
    /// let y = x.rechunk([4])?;
    /// assert_eq!(y.chunks(), [[Some(4), Some(4), Some(2)]]);
    /// assert_eq!(y.to_local_here::<i32>()?, x.to_local_here::<i32>()?);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state, the chunks do not fit its shape, or an axis of unknown
    /// chunk sizes is to be cut.
    pub fn rechunk(&self, chunks: impl Into<Chunks>) -> Result<Self> {
        self.good()?;
        let asked = chunks.into().for_axes("rechunk", self.ndim())?;
        // Unknown axes count for one element: what a block has along them cannot be known.
        let mut known = Vec::with_capacity(self.ndim());
        let mut shape = Vec::with_capacity(self.ndim());
        let mut whole = Vec::new();
        for (at, (chunk, axis)) in asked.into_iter().zip(self.axes()).enumerate() {
            known.push(match (chunk, axis.known_lengths()) {
                (Chunk::Keep, Some(lengths)) => Chunk::Exact(lengths),
                (chunk, Some(_)) => chunk,
                (Chunk::Whole, None) => {
                    whole.push(at);
                    Chunk::Size(1)
                }
                (Chunk::Keep | Chunk::Auto(_), None) => Chunk::Size(1),
                (Chunk::Size(_) | Chunk::Exact(_), None) => {
                    return Err(self.unknown("rechunk", at));
                }
            });
            shape.push(axis.len().unwrap_or(1));
        }
        let cut = Chunks::each(known).cut("rechunk", &shape, self.dtype())?;
        let axes = self.axes().iter().zip(cut);
        let axes: Vec<Axis> = axes
            .map(|(axis, cut)| if axis.is_known() { cut } else { axis.clone() })
            .collect();
        let mut array = self.rechunk_to("rechunk", &axes)?;
        for axis in whole {
            array = array.gathered(axis);
        }
        Ok(array)
    }

    /// The same elements cut as these axes are. An unknown axis can only stay as it is.
    ///
    /// # Errors
    /// If an axis has another length, or is unknown and cut differently.
    pub(crate) fn rechunk_to(&self, operation: &str, axes: &[Axis]) -> Result<Self> {
        self.good()?;
        let mut target = Vec::with_capacity(axes.len());
        for (at, (mine, wanted)) in self.axes().iter().zip(axes).enumerate() {
            if mine.is_aligned(wanted) {
                target.push(mine.clone());
            } else if !mine.is_known() {
                return Err(self.unknown(operation, at));
            } else if mine.len() == wanted.len() {
                target.push(wanted.clone());
            } else {
                return Err(self.other_axes(operation, axes));
            }
        }
        if target.len() != self.ndim() || axes.len() != self.ndim() {
            return Err(self.other_axes(operation, axes));
        }
        let cuts = |axes: &[Axis]| axes.iter().map(cuts).collect::<Vec<Cuts>>();
        let (from, to) = (cuts(self.axes()), cuts(&target));
        let mut array = self.clone();
        if from == to {
            return Ok(array);
        }
        let size = self.dtype().itemsize();
        for step in steps(&from, &to, STEP_BYTES / size, PART_BYTES / size) {
            let axes = step.into_iter().zip(self.axes()).map(|(lengths, axis)| {
                match axis.known_lengths() == Some(lengths.clone()) || !axis.is_known() {
                    true => axis.clone(),
                    false => Axis::known(lengths),
                }
            });
            array = array.step(&axes.collect::<Vec<Axis>>());
        }
        Ok(array)
    }

    fn other_axes(&self, operation: &str, axes: &[Axis]) -> ArrayError {
        ArrayError::Shapes {
            operation: operation.to_owned(),
            left: format!("{:?}", self.axes()),
            right: format!("{axes:?}"),
            reason: ": chunks must add up to the lengths of the axes".to_owned(),
        }
    }

    /// All blocks along one axis as one, also where their lengths are unknown.
    pub(crate) fn gathered(&self, axis: usize) -> Self {
        let mut along: Vec<Along> = self.axes().iter().map(as_they_are).collect();
        let mut axes = self.axes().to_vec();
        let (Some(pieces), Some(one)) = (along.get_mut(axis), axes.get_mut(axis)) else {
            return self.clone();
        };
        if one.blocks() == 1 {
            return self.clone();
        }
        *pieces = vec![pieces.drain(..).flatten().collect()];
        *one = match one.len() {
            Some(len) => Axis::single(len),
            None => {
                let mut cut = Identity::new("gathered");
                one.identify(&mut cut);
                if one.id().is_none() {
                    cut.bytes(self.node().id().as_bytes());
                }
                Axis::unknown(1, &cut, format!("all chunks of {} together", self.name()))
            }
        };
        self.pieced(NAME, along, None, axes)
    }

    /// One step: straight to these axes.
    fn step(&self, axes: &[Axis]) -> Self {
        let (from, to): (Vec<Cuts>, Vec<Cuts>) = (
            self.axes().iter().map(cuts).collect(),
            axes.iter().map(cuts).collect(),
        );
        if from == to {
            return self.clone();
        }
        let blocks = self.node().blocks().max(1) as f64;
        let bytes = self.nbytes().map_or(f64::MAX, |bytes| bytes as f64);
        let many = parts(&from, &to) > FEW_PARTS * blocks;
        if !many || bytes < SMALL_BYTES * blocks {
            return self.straight(&from, &to, axes);
        }
        let between: Vec<Axis> = self
            .axes()
            .iter()
            .zip(from.iter().zip(&to))
            .map(|(axis, (from, to))| match from == to {
                true => axis.clone(),
                false => Axis::known(refined(from, to)),
            })
            .collect();
        let cut: Vec<Cuts> = between.iter().map(cuts).collect();
        self.straight(&from, &cut, &between)
            .straight(&cut, &to, axes)
    }

    fn straight(&self, from: &[Cuts], to: &[Cuts], axes: &[Axis]) -> Self {
        if from == to {
            return self.clone();
        }
        let along = self.axes().iter().zip(from.iter().zip(to));
        let along = along.map(|(axis, (from, to))| match from == to {
            true => as_they_are(axis),
            false => along_axis(from, to),
        });
        self.pieced(NAME, along.collect(), None, axes.to_vec())
    }
}

/// The pieces of blocks of known lengths that make others.
fn along_axis(from: &[usize], to: &[usize]) -> Along {
    let blocks = pieces(from, to).into_iter();
    let blocks = blocks.map(|parts| {
        let parts = parts.into_iter();
        parts
            .map(|part| {
                Piece::range(
                    part.block,
                    part.start,
                    part.len,
                    from.get(part.block).copied(),
                )
            })
            .collect()
    });
    blocks.collect()
}

/// The lengths of the blocks; those that are unknown count for one, and are the same at both ends.
fn cuts(axis: &Axis) -> Cuts {
    axis.lengths().iter().map(|len| len.unwrap_or(1)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{counting, cuts_of};
    use crate::array::Array;
    use crate::chunks::{Chunk, Chunks};
    use crate::error::ArrayError;
    use proptest::prelude::{prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn keeps_all_elements_in_their_places(
            from in (cuts_of(13), cuts_of(8)),
            to in (cuts_of(13), cuts_of(8)),
        ) {
            let x = counting(&[13, 8], Chunks::exact([from.0, from.1]));
            let y = x.rechunk(Chunks::exact([to.0.clone(), to.1.clone()])).unwrap();
            let chunks: Vec<Vec<usize>> = y.chunks().into_iter()
                .map(|axis| axis.into_iter().flatten().collect()).collect();
            prop_assert_eq!(chunks, [to.0, to.1]);
            prop_assert_eq!(y.compute_here().unwrap(), x.compute_here().unwrap());
        }
    }

    #[test]
    fn many_parts_are_cut_up_first() {
        // 7 blocks of rows into 7 of columns: 49 parts of 13 KB.
        let x = counting(&[280, 280], Chunks::of([40, 280]));
        let y = x.rechunk([280, 40]).unwrap();
        assert_eq!(y.compute_here().unwrap(), x.compute_here().unwrap());
        assert_eq!(y.node().inputs()[0].blocks(), 49);
        // And very many parts in steps.
        let x = counting(&[320, 320], Chunks::of([4, 320]));
        let y = x.rechunk([320, 4]).unwrap();
        assert_eq!(y.compute_here().unwrap(), x.compute_here().unwrap());
    }

    #[test]
    fn the_same_chunks_are_the_same_array() {
        let x = counting(&[10], Chunks::of([5]));
        assert_eq!(x.rechunk([5]).unwrap().name(), x.name());
        assert_eq!(
            x.rechunk(Chunks::each([Chunk::Keep])).unwrap().name(),
            x.name()
        );
    }

    #[test]
    fn sizes_that_do_not_fit() {
        let x = counting(&[10, 2], Chunks::of([5, 2]));
        for chunks in [
            Chunks::of([5]),
            Chunks::of([0, 1]),
            Chunks::exact([vec![5, 4], vec![2]]),
            Chunks::exact([vec![], vec![2]]),
            Chunks::exact([vec![usize::MAX, 11], vec![2]]),
        ] {
            assert!(x.rechunk(chunks).is_err());
        }
    }

    #[test]
    fn unknown_axes_are_kept_or_gathered() {
        let x = counting(&[4, 6], Chunks::of([2, 3]));
        let known = x.compute_here().unwrap();
        let x = x.forget_chunk_sizes();
        let error = x.rechunk([1, 6]).err().unwrap();
        assert!(matches!(error, ArrayError::UnknownChunks { axis: 0, .. }));
        let text = error.to_string();
        assert!(text.contains("chunk") && text.contains("unknown"), "{text}");
        let y = x
            .rechunk(Chunks::each([Chunk::Keep, Chunk::Whole]))
            .unwrap();
        assert_eq!(y.numblocks(), [2, 1]);
        assert_eq!(y.axes()[0], x.axes()[0]);
        assert_eq!(y.compute_here().unwrap(), known);
        let whole = x.rechunk(Chunks::whole()).unwrap();
        assert_eq!(whole.numblocks(), [1, 1]);
        assert_eq!(whole.shape(), [None, None]);
        assert_eq!(whole.compute_here().unwrap(), known);
        assert_eq!(x.rechunk(Chunks::auto()).unwrap().name(), x.name());
        // One axis known, the other not.
        let half = Array::from_ndarray(&ndarray::Array2::<f64>::zeros((4, 6)), [2, 3]).unwrap();
        let half = half.gathered(0);
        assert_eq!(half.shape(), [Some(4), Some(6)]);
    }

    #[test]
    fn no_elements() {
        let x = counting(&[0, 5], Chunks::of([3, 2]));
        let y = x.rechunk(Chunks::exact([vec![0, 0], vec![1, 4]])).unwrap();
        assert_eq!(y.numblocks(), [2, 2]);
        assert_eq!(y.compute_here().unwrap().shape(), [0, 5]);
    }
}
