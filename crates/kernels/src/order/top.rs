//! The greatest or least few along an axis.

use super::lanes::{Lanes, compare, joined};
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Outputs, single};
use crate::reduce::Ordered;
use serde::{Deserialize, Serialize};
use smallvec::smallvec;
use std::cmp::Ordering;

/// The greatest few along an axis, or the least. In the order in which numpy sorts, so NaN counts as
/// greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Top {
    /// How many.
    pub count: usize,
    /// The least instead of the greatest.
    pub least: bool,
    /// Along which axis.
    pub axis: usize,
    /// Whether their places are wanted and not they. A state is then the elements, their places and
    /// the length of the axis; else it is the elements.
    pub places: bool,
}

impl Top {
    pub(super) const fn name(&self) -> &'static str {
        match self.places {
            true => "argtopk",
            false => "topk",
        }
    }

    /// Of how many blocks a state consists.
    pub const fn parts(&self) -> usize {
        if self.places { 3 } else { 1 }
    }

    /// The state of a block.
    pub(super) fn partial(&self, block: &Block) -> Result<Outputs, KernelError> {
        let block = joined(self.name(), std::slice::from_ref(block), self.axis)?;
        let len = block.len_of(self.axis) as i64;
        crate::dispatch!(block.dtype(), T => {
            let mut lanes = Lanes::<T>::of(&block, self.axis)?;
            let rows = lanes.rows().map(|row| row.iter().copied().zip(0..).collect()).collect();
            self.state(&lanes, rows, len)
        })
    }

    /// One state of several in a row.
    pub(super) fn merge(&self, inputs: &[Block]) -> Result<Outputs, KernelError> {
        let part = |at| -> Vec<Block> {
            inputs
                .iter()
                .skip(at)
                .step_by(self.parts())
                .cloned()
                .collect()
        };
        if inputs.is_empty() || !inputs.len().is_multiple_of(self.parts()) {
            let given = format!("{} merges no {} blocks", self.name(), inputs.len());
            return Err(KernelError::Program(given));
        }
        let values = joined(self.name(), &part(0), self.axis)?;
        let (mut start, mut places) = (0_i64, Vec::new());
        if self.places {
            for (block, len) in part(1).iter().zip(part(2)) {
                places.push(Block::from(
                    block
                        .view::<i64>()?
                        .map(|place| place.saturating_add(start)),
                ));
                start = start.saturating_add(len.item::<i64>()?);
            }
            if places
                .iter()
                .zip(part(0))
                .any(|(places, values)| places.shape() != values.shape())
            {
                return Err(KernelError::Program("places of other elements".to_owned()));
            }
        }
        crate::dispatch!(values.dtype(), T => {
            let mut lanes = Lanes::<T>::of(&values, self.axis)?;
            let rows = match self.places {
                false => lanes.rows().map(|row| row.iter().copied().zip(0..).collect()).collect(),
                true => {
                    let places = joined(self.name(), &places, self.axis)?;
                    let mut places = Lanes::<i64>::of(&places, self.axis)?;
                    let pair = |(row, places): (&mut [T], &mut [i64])| {
                        row.iter().copied().zip(places.iter().copied()).collect()
                    };
                    lanes.rows().zip(places.rows()).map(pair).collect()
                }
            };
            self.state(&lanes, rows, start)
        })
    }

    /// The state of rows of elements with their places: the first few of each, in order.
    fn state<T: Ordered>(
        &self,
        lanes: &Lanes<T>,
        rows: Vec<Vec<(T, i64)>>,
        len: i64,
    ) -> Result<Outputs, KernelError> {
        let order = |a: &(T, i64), b: &(T, i64)| -> Ordering {
            let values = match self.least {
                true => compare(&a.0, &b.0),
                false => compare(&b.0, &a.0),
            };
            values.then(a.1.cmp(&b.1))
        };
        let kept = self.count.min(lanes.len);
        let (mut values, mut places) = (Vec::new(), Vec::new());
        for mut row in rows {
            if kept > 0 && kept < row.len() {
                row.select_nth_unstable_by(kept - 1, order);
            }
            row.truncate(kept);
            row.sort_unstable_by(order);
            values.extend(row.iter().map(|&(value, _)| value));
            if self.places {
                places.extend(row.iter().map(|&(_, place)| place));
            }
        }
        let values = lanes.block(values, kept)?;
        if !self.places {
            return Ok(single(values));
        }
        Ok(smallvec![
            values,
            lanes.block(places, kept)?,
            Block::scalar(len)
        ])
    }

    /// The result of a state.
    pub(super) fn finish(&self, state: &[Block]) -> Result<Block, KernelError> {
        let wanted = usize::from(self.places);
        let result = state.get(wanted).cloned();
        result.ok_or_else(|| KernelError::Program(format!("{} without its state", self.name())))
    }
}
