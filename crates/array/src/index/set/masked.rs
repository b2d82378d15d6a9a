//! Assignment where a mask is true.

use super::super::gather::not_aligned;
use super::super::mask::mismatch;
use super::super::resolve::Along;
use super::super::slice::basic;
use super::{Assigned, OPERATION};
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::{Chunk, Chunks};
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use smallvec::SmallVec;
use taskloom_kernels::index::Index;
use taskloom_kernels::{Align, DType, Kernel, Number};

/// A number, or the elements of an array, where a mask is true. Inputs: the array, the mask, the
/// value.
struct Put {
    value: Option<Number>,
    /// Of the inputs, all of which are cut alike, except along axes of length 1.
    axes: SmallVec<[Axes; 3]>,
    /// What they are called, if chunk sizes are unknown.
    names: Option<SmallVec<[String; 2]>>,
}

impl Layer for Put {
    fn name(&self) -> &'static str {
        "set-mask"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.value);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let inputs = self.axes.iter().enumerate().map(|(input, axes)| {
            let missing = at.len() - axes.len().min(at.len());
            let places = axes.iter().zip(&at[missing..]);
            let from: SmallVec<[usize; 4]> = places
                .map(|(axis, &at)| if axis.blocks() == 1 { 0 } else { at })
                .collect();
            BlockRef::new(input, number(axes, &from))
        });
        let value = self.value;
        let mut task = BlockTask::kernel(
            Kernel::Index(Index::Put {
                value,
                block: at.into(),
            }),
            inputs,
        );
        if let Some(names) = &self.names {
            let stretch = self.axes.iter().map(|axes| stretched(axes, at.len()));
            task.align = Some(Box::new(Align {
                names: names.clone(),
                block: at.into(),
                stretch: stretch.collect(),
            }));
        }
        task
    }
}

impl Array {
    /// The array with a value where the mask is true.
    pub(super) fn with_masked(&self, mask: &Self, value: Assigned) -> Result<Self> {
        mask.good()?;
        if mask.dtype() != DType::Bool {
            return Err(ArrayError::DType {
                operation: OPERATION.to_owned(),
                dtype: mask.dtype(),
                reason: ": an array that says where holds truth values or integers".to_owned(),
            });
        }
        let mask = self.mask_like(OPERATION, mask)?;
        let value = match value {
            Assigned::Number(number) => return Ok(self.put(&mask, None, Some(number))),
            Assigned::Array(value) => value,
        };
        if self.is_counted(&value, &mask) {
            return self.with_counted(&mask, &value);
        }
        let value = self.stretching(OPERATION, &value, self.axes())?;
        Ok(self.put(&mask, Some(&value), None))
    }

    fn put(&self, mask: &Self, value: Option<&Self>, number: Option<Number>) -> Self {
        let inputs: SmallVec<[&Self; 3]> = [self, mask].into_iter().chain(value).collect();
        let unknown = self.axes().iter().any(|axis| !axis.is_known());
        let names = unknown.then(|| inputs.iter().map(|input| input.name()).collect());
        let axes = inputs
            .iter()
            .map(|input| input.axes().iter().cloned().collect());
        let layer = Put {
            value: number,
            axes: axes.collect(),
            names,
        };
        let axes = self.axes().iter().cloned();
        Self::from_layer(layer, &inputs, self.dtype(), axes)
    }

    /// Whether the elements of a value are for the places where the mask is true, one after another.
    fn is_counted(&self, value: &Self, mask: &Self) -> bool {
        let ([axis], whole) = (value.axes(), mask.ndim() == self.ndim()) else {
            return false;
        };
        if !whole
            || axis.is_one()
            || mask
                .axes()
                .iter()
                .zip(self.axes())
                .any(|(m, x)| m.is_one() && x.len() != Some(1))
        {
            return false;
        }
        match self.axes() {
            [mine] => !(mine.is_aligned(axis) || mine.is_known() && mine.len() == axis.len()),
            _ => true,
        }
    }

    /// A mask with as many axes as the array, each cut as the array's or of length 1.
    fn mask_like(&self, operation: &str, mask: &Self) -> Result<Self> {
        let Some(missing) = self
            .ndim()
            .checked_sub(mask.ndim())
            .filter(|_| mask.ndim() > 0)
        else {
            return Err(mismatch(operation, self, mask, 0));
        };
        let fits = mask.axes().iter().zip(self.axes()).all(|(mine, theirs)| {
            let stretched = missing == 0 && mine.is_one();
            stretched
                || mine.len().is_none()
                || theirs.len().is_none()
                || mine.len() == theirs.len()
        });
        if !fits {
            return Err(mismatch(operation, self, mask, 0));
        }
        let mut along = vec![Along::Whole; mask.ndim()];
        along.extend(std::iter::repeat_n(Along::New, missing));
        let mask = self.stretching(operation, &basic(mask, &along), self.axes())?;
        // Where the array's one element stands among empty blocks, the mask's does too.
        let axes = mask.axes().iter().zip(self.axes()).map(|(mine, theirs)| {
            let axis = match mine.is_one() && theirs.len() == Some(1) {
                true => theirs,
                false => mine,
            };
            axis.clone()
        });
        mask.rechunk_to(operation, &axes.collect::<Vec<Axis>>())
    }

    /// An array cut as `axes`, to whose shape it stretches: its axes are the last ones.
    pub(super) fn stretching(&self, operation: &str, array: &Self, axes: &[Axis]) -> Result<Self> {
        let wrong = || ArrayError::Shapes {
            operation: operation.to_owned(),
            left: lens(axes),
            right: lens(array.axes()),
            reason: ": the value must have the shape that it is assigned to, or stretch to it"
                .to_owned(),
        };
        let missing = axes.len().checked_sub(array.ndim()).ok_or_else(wrong)?;
        let mut chunks = Vec::with_capacity(array.ndim());
        for (at, (mine, theirs)) in array.axes().iter().zip(&axes[missing..]).enumerate() {
            let aligned = mine.is_aligned(theirs) || mine.is_one();
            chunks.push(match (aligned, mine.len(), theirs.known_lengths()) {
                (true, ..) => Chunk::Keep,
                // One element in several blocks, all but one of them empty.
                (false, Some(1), _) => Chunk::Whole,
                (false, Some(len), Some(lengths)) => {
                    if Some(len) != theirs.len() {
                        return Err(wrong());
                    }
                    Chunk::Exact(lengths)
                }
                _ => {
                    let at = at + missing;
                    return Err(not_aligned(operation, at, self, theirs, array, mine));
                }
            });
        }
        if chunks.iter().all(|chunk| *chunk == Chunk::Keep) {
            return Ok(array.clone());
        }
        array.rechunk(Chunks::each(chunks))
    }
}

/// Per axis of something of so many axes a bit: set where these, which are the last ones, were
/// declared to have length 1.
pub(super) fn stretched(axes: &[Axis], ndim: usize) -> u64 {
    let missing = ndim - axes.len().min(ndim);
    let ones = axes.iter().enumerate().filter(|(_, axis)| axis.is_one());
    ones.fold(0, |bits, (axis, _)| bits | bit(axis + missing))
}

/// The bit of an axis.
pub(super) fn bit(axis: usize) -> u64 {
    1 << axis.min(63)
}

/// A shape as Python writes it, with `?` for what is not known.
pub(super) fn lens(axes: &[Axis]) -> String {
    let lens = axes.iter().map(|axis| match axis.len() {
        Some(len) => len.to_string(),
        None => "?".to_owned(),
    });
    let lens: Vec<String> = lens.collect();
    match lens.as_slice() {
        [one] => format!("({one},)"),
        all => format!("({})", all.join(", ")),
    }
}
