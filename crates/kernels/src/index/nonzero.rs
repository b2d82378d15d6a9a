//! Where a block is not zero.

use super::lengths::read_lengths;
use super::mask::counts;
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::element::Element;
use crate::error::KernelError;

/// Whether each element is not zero; NaN is not.
pub(super) fn truth(block: &Block) -> Result<Block, KernelError> {
    if block.dtype() == DType::Bool {
        return Ok(block.contiguous());
    }
    let row = block.contiguous();
    let truths: Vec<bool> = crate::dispatch!(row.dtype(), T => {
        let elements = row.as_slice::<T>()?.unwrap_or_default();
        elements.iter().map(|element| *element != <T as Element>::ZERO).collect()
    });
    Block::new(truths, row.shape())
}

/// The places in the whole array of what is not zero, one row each, and how many there are per place
/// of the first `lead` axes. `blocks` are the block and the lengths of the axes whose start is not
/// known.
pub(super) fn nonzero(
    operation: &str,
    lead: usize,
    at: &[usize],
    starts: &[Option<usize>],
    blocks: Vec<Block>,
) -> Result<[Block; 2], KernelError> {
    let mut blocks = blocks.into_iter();
    let block = blocks.next();
    let block = block.filter(|block| block.ndim() == starts.len() && block.ndim() == at.len());
    let Some(block) = block else {
        return Err(KernelError::Program(format!(
            "{operation} of a block that has not {} axes",
            starts.len()
        )));
    };
    let mut begins = Extent::new();
    for (axis, start) in starts.iter().enumerate() {
        begins.push(match start {
            Some(start) => *start,
            None => {
                let lengths = blocks.next().ok_or_else(|| {
                    KernelError::Program(format!("{operation} without the lengths of the blocks"))
                })?;
                read_lengths(operation, &lengths)?
                    .iter()
                    .take(at[axis])
                    .sum()
            }
        });
    }
    let mask = truth(&block)?;
    let counts = counts(operation, &mask, lead)?;
    let truths = mask.as_slice::<bool>()?.unwrap_or_default();
    let count = super::mask::count(truths);
    let ndim = begins.len();
    let mut places = Vec::with_capacity(count.saturating_mul(ndim));
    for (linear, _) in truths.iter().enumerate().filter(|(_, truth)| **truth) {
        let row = places.len();
        places.resize(row + ndim, 0_i64);
        let mut rest = linear;
        for axis in (0..ndim).rev() {
            let len = mask.len_of(axis).max(1);
            places[row + axis] = (begins[axis] + rest % len) as i64;
            rest /= len;
        }
    }
    Ok([Block::new(places, &[count, ndim])?, counts])
}

/// Places in an array of the lengths `lens`, one row each, as places in its elements in C order. The
/// length of the first axis is not needed.
pub(super) fn ravel_places(
    operation: &str,
    lens: &[usize],
    places: &Block,
) -> Result<Block, KernelError> {
    if places.ndim() != 2 || places.len_of(1) != lens.len() || lens.is_empty() {
        return Err(KernelError::Program(format!(
            "{operation} of places that are not {} numbers each",
            lens.len()
        )));
    }
    let rows = places.clone().into_vec::<i64>()?;
    let flat = rows.chunks_exact(lens.len()).map(|row| {
        row.iter()
            .zip(lens)
            .enumerate()
            .fold(0_i64, |flat, (axis, (&place, &len))| {
                let len = if axis == 0 { 0 } else { len as i64 };
                flat.wrapping_mul(len).wrapping_add(place)
            })
    });
    Ok(Block::vector(flat.collect()))
}
