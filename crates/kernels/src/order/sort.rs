//! Sorting along an axis.

use super::lanes::{Lanes, compare, joined};
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::Outputs;

/// Sorts blocks that lie behind each other along an axis, and cuts the result as they were cut.
pub(super) fn sort(blocks: &[Block], axis: usize) -> Result<Outputs, KernelError> {
    let whole = joined("sort", blocks, axis)?;
    let sorted = crate::dispatch!(whole.dtype(), T => {
        let mut lanes = Lanes::<T>::of(&whole, axis)?;
        lanes.rows().for_each(|row| row.sort_unstable_by(compare));
        let elements = std::mem::take(&mut lanes.elements);
        lanes.block(elements, lanes.len)?
    });
    let mut start = 0;
    let mut parts = Outputs::new();
    for block in blocks {
        let len = block.len_of(axis);
        parts.push(sorted.sliced(axis, start, len, 1)?);
        start += len;
    }
    Ok(parts)
}
