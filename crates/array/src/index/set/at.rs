//! Assignment at places that an array holds.

use super::super::lengths::lengths_along;
use super::masked::{bit, stretched};
use super::{Assigned, OPERATION};
use crate::array::Array;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use smallvec::SmallVec;
use taskloom_kernels::index::{Index, Start};
use taskloom_kernels::{Align, Kernel, Number};

/// A number, or rows of an array, at places along an axis. Inputs: the array, the places in one
/// block, the value in one block along the axis, the lengths along the axis if they are not known.
struct AssignAt {
    axis: usize,
    source: Axes,
    number: Option<Number>,
    value: Axes,
    /// What the array, the places and the value are called, if chunk sizes are unknown.
    names: Option<SmallVec<[String; 2]>>,
}

impl Layer for AssignAt {
    fn name(&self) -> &'static str {
        "set-at"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.axis as u64).value(&self.number);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = number(&self.source, at);
        let mut inputs: SmallVec<[BlockRef; 3]> = [BlockRef::new(0, block), BlockRef::new(1, 0)]
            .into_iter()
            .collect();
        if self.number.is_none() {
            let missing = at.len() - self.value.len().min(at.len());
            let places = self.value.iter().zip(&at[missing..]);
            let from: SmallVec<[usize; 4]> = places
                .map(|(axis, &at)| if axis.blocks() == 1 { 0 } else { at })
                .collect();
            inputs.push(BlockRef::new(2, number(&self.value, &from)));
        }
        let along = at.get(self.axis).copied().unwrap_or(0);
        let axis = self.source.get(self.axis);
        let offsets = axis.and_then(|axis| axis.offsets()?.get(along).copied());
        let start = match (offsets, axis.and_then(|axis| axis.len())) {
            (Some(start), Some(total)) => Start::Known { start, total },
            _ => {
                inputs.push(BlockRef::new(inputs.len(), 0));
                Start::Given { block: along }
            }
        };
        let ones = stretched(&self.value, at.len());
        let along = bit(self.axis);
        let align = |stretch: &[u64]| {
            self.names.as_ref().map(|names| {
                Box::new(Align {
                    names: names.clone(),
                    block: at.into(),
                    stretch: stretch.into(),
                })
            })
        };
        let kernel = Index::AssignAt {
            axis: self.axis,
            start,
            value: self.number,
            block: at.into(),
            rows: align(&[0, 0, u64::from(ones & along != 0)]),
        };
        // Places, and lengths of blocks, have other axes than the array.
        let others = u64::MAX;
        let align = align(&[along, others, along | ones, others]);
        let mut task = BlockTask::kernel(Kernel::Index(kernel), inputs);
        task.align = align;
        task
    }
}

impl Array {
    /// The array with a value at places along an axis; of equal places, the last one's value stays.
    /// Each block is given all places and, unless it is stretched, all of the value.
    pub(super) fn with_at(&self, axis: usize, places: &Self, value: Assigned) -> Result<Self> {
        let [cut] = places.axes() else {
            return Err(ArrayError::Index {
                operation: OPERATION.to_owned(),
                reason: format!(
                    "places along an axis are an array of one axis, and {} has {}",
                    places.name(),
                    places.ndim()
                ),
            });
        };
        let given = match &value {
            Assigned::Array(value) => Some(value.clone()),
            Assigned::Number(_) => None,
        };
        let (number, value) = match value {
            Assigned::Number(number) => (Some(number), None),
            Assigned::Array(value) => {
                let mut selected = self.axes().to_vec();
                selected[axis] = cut.clone();
                let value = self.stretching(OPERATION, &value, &selected)?;
                let along = (axis + value.ndim()).checked_sub(self.ndim());
                (
                    None,
                    Some(along.map_or(value.clone(), |along| value.gathered(along))),
                )
            }
        };
        let unknown = |array: &Self| array.axes().iter().any(|axis| !axis.is_known());
        let names = given
            .filter(|value| [self, places, value].into_iter().any(unknown))
            .map(|value| [self, places, &value].into_iter().map(Self::name).collect());
        let places = places.gathered(0);
        let known = self.axes()[axis].is_known();
        let lengths = (!known).then(|| lengths_along(self, axis));
        let inputs: SmallVec<[&Self; 4]> = [self, &places]
            .into_iter()
            .chain(&value)
            .chain(&lengths)
            .collect();
        let layer = AssignAt {
            axis,
            source: self.axes().iter().cloned().collect(),
            number,
            names,
            value: value.iter().flat_map(Self::axes).cloned().collect(),
        };
        let axes = self.axes().iter().cloned();
        Ok(Self::from_layer(layer, &inputs, self.dtype(), axes))
    }
}
