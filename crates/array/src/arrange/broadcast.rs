//! Arrays stretched to a larger shape.

use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::{AUTO_BYTES, Chunk, auto_lengths};
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer, Look};
use crate::registry::{OnUnknown, Operation};
use taskloom_kernels::Kernel;
use taskloom_kernels::shape::{Len, Reshape};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    name: "broadcast_to",
    group: "Shape",
    numpy: "broadcast_to",
    dask: "broadcast_to",
    dtype: "that of the array",
    unknown: OnUnknown::NeedsOthers(
        "kept where the new length is given as -1; with a length given an error",
    ),
    empty: "an axis of length 1 can be stretched to 0",
    summary: "Stretched to a larger shape: axes of length 1, and new ones in front",
}];

struct Broadcast {
    /// The axes of the input, and those of the result.
    from: Vec<Axis>,
    to: Vec<Axis>,
}

impl Broadcast {
    /// The axis of the input that stands at this one of the result, and is not stretched.
    fn kept(&self, axis: usize) -> Option<usize> {
        let from = axis.checked_sub(self.to.len() - self.from.len())?;
        (self.from[from] == self.to[axis]).then_some(from)
    }
}

impl Layer for Broadcast {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, at: &[usize]) -> BlockTask {
        let added = self.to.len() - self.from.len();
        let number = self.from.iter().enumerate().fold(0, |number, (axis, cut)| {
            let place = match self.kept(axis + added) {
                Some(_) => at[axis + added],
                None => 0,
            };
            number * cut.blocks() + place
        });
        let shape = self.to.iter().zip(at).enumerate();
        let shape = shape.map(
            |(axis, (cut, &at))| match (cut.length(at), self.kept(axis)) {
                (Some(len), _) => Len::Is(len),
                (None, Some(from)) => Len::Of(from),
                (None, None) => Len::Is(1),
            },
        );
        let kernel = Reshape::Broadcast {
            shape: shape.collect(),
        };
        BlockTask::kernel(Kernel::Reshape(kernel), [BlockRef::new(0, number)])
    }

    fn look(&self) -> Option<Look> {
        Some(Look::Stretched)
    }
}

impl Array {
    /// The array stretched to a shape, by numpy's rule: axes are counted from the last, those of
    /// length 1 repeat what is there, and new axes are added in front. -1 keeps an axis as it is,
    /// whether its length is known or not.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 2], Chunks::whole())?;
    /// let y = x.broadcast_to([2, -1])?;
    /// assert_eq!(y.to_local_here::<i32>()?, ndarray::array![[1, 2], [1, 2]].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state, an axis has another length, or one of unknown chunk sizes
    /// is to have a given length.
    pub fn broadcast_to(&self, shape: impl IntoIterator<Item = isize>) -> Result<Self> {
        self.good()?;
        let shape: Vec<isize> = shape.into_iter().collect();
        let no_fit = || ArrayError::Shapes {
            operation: "broadcast_to".to_owned(),
            left: format!("{:?}", self.axes()),
            right: format!("{shape:?}"),
            reason: String::new(),
        };
        let added = shape.len().checked_sub(self.ndim()).ok_or_else(no_fit)?;
        let mut chunks = Vec::with_capacity(shape.len());
        let mut lens = Vec::with_capacity(shape.len());
        for (at, &asked) in shape.iter().enumerate() {
            let axis = at.checked_sub(added);
            let len = usize::try_from(asked).ok();
            let now = axis.map(|axis| (axis, self.axes()[axis].len()));
            let kept = match (now, len) {
                (Some((axis, None)), Some(_)) => return Err(self.unknown("broadcast_to", axis)),
                (Some((_, now)), Some(len)) if now == Some(len) => true,
                (Some((_, Some(1))), Some(_)) | (None, Some(_)) => false,
                (Some(_), None) if asked == -1 => true,
                _ => return Err(no_fit()),
            };
            let longest = axis
                .filter(|_| kept)
                .map(|axis| longest(&self.axes()[axis]));
            lens.push(longest.or(len).unwrap_or(1));
            chunks.push(longest.map_or(Chunk::Auto(AUTO_BYTES), Chunk::Size));
        }
        let auto = auto_lengths(&chunks, &lens, self.dtype().itemsize());
        let mut source = self.clone();
        let mut to = Vec::with_capacity(shape.len());
        for (at, chunk) in chunks.iter().enumerate() {
            match (at.checked_sub(added), chunk) {
                (Some(axis), Chunk::Size(_)) => to.push(self.axes()[axis].clone()),
                (axis, _) => {
                    to.push(Axis::cut_evenly("broadcast_to", at, lens[at], auto[at])?);
                    if let Some(axis) = axis {
                        source = source.gathered(axis);
                    }
                }
            }
        }
        if added == 0 && to == self.axes() {
            return Ok(self.clone());
        }
        Ok(source.stretched(to))
    }

    /// The array stretched to axes. Counted from the last, they are its own, or its own have one block
    /// of length 1.
    pub(crate) fn stretched(&self, to: Vec<Axis>) -> Self {
        if to == self.axes() {
            return self.clone();
        }
        let layer = Broadcast {
            from: self.axes().to_vec(),
            to: to.clone(),
        };
        Self::from_layer(layer, &[self], self.dtype(), to)
    }
}

fn longest(axis: &Axis) -> usize {
    let known = axis.lengths().iter().copied().flatten();
    known.max().unwrap_or(1).max(1)
}
