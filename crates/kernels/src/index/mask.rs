//! What a mask selects of a block.

use super::splice::{Run, no_axis, same_dtype, splice};
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::element::Element;
use crate::error::{KernelError, Shape};
use smallvec::SmallVec;

/// The truth values of a mask in C order.
pub(super) fn truths(operation: &str, mask: &Block) -> Result<Vec<bool>, KernelError> {
    same_dtype(operation, mask, DType::Bool)?;
    mask.clone().into_vec::<bool>()
}

/// The elements of `block` where `mask` is true, in C order; the axes of the mask, from `axis` on,
/// become one.
pub(super) fn select(
    operation: &str,
    block: &Block,
    mask: &Block,
    axis: usize,
) -> Result<Block, KernelError> {
    same_dtype(operation, mask, DType::Bool)?;
    let end = axis.saturating_add(mask.ndim());
    if mask.ndim() == 0 || end > block.ndim() {
        return Err(no_axis(operation, block, end.saturating_sub(1)));
    }
    if &block.shape()[axis..end] != mask.shape() {
        return Err(KernelError::Shapes {
            operation: operation.to_owned(),
            left: Shape(block.shape().into()),
            right: Shape(mask.shape().into()),
        });
    }
    let mask = mask.contiguous();
    let truths = mask.as_slice::<bool>()?.unwrap_or_default();
    if mask.ndim() == block.ndim() {
        let block = block.contiguous();
        return crate::dispatch!(block.dtype(), T => {
            let elements = block.as_slice::<T>()?.unwrap_or_default();
            Ok(Block::vector(compress::<T>(elements, truths)))
        });
    }
    let mut merged: Extent = block.shape()[..axis].into();
    merged.push(truths.len());
    merged.extend_from_slice(&block.shape()[end..]);
    splice(
        operation,
        &[block.reshaped(&merged)?],
        axis,
        &true_runs(truths),
    )
}

/// Where the truths are, neighbours together.
fn true_runs(truths: &[bool]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (start, _) in truths.iter().enumerate().filter(|(_, truth)| **truth) {
        match runs.last_mut() {
            Some(run) if run.start + run.len == start => run.len += 1,
            _ => runs.push(Run {
                part: 0,
                start,
                len: 1,
            }),
        }
    }
    runs
}

/// The elements where the truths are. Eight at a time: none and all are quick, and a mixture is
/// written without a branch, each element to the place that the next selected one overwrites.
fn compress<T: Element>(elements: &[T], truths: &[bool]) -> Vec<T> {
    let count = count(truths);
    // One place more, for the last element that is written and not selected.
    let mut selected = vec![T::ZERO; count + 1];
    let mut at = 0;
    let (eights, _) = bytemuck::cast_slice::<bool, u8>(truths).as_chunks::<8>();
    let (values, _) = elements.as_chunks::<8>();
    for (truths, values) in eights.iter().zip(values) {
        match u64::from_ne_bytes(*truths) {
            0 => {}
            0x0101_0101_0101_0101 => {
                selected[at..at + 8].copy_from_slice(values);
                at += 8;
            }
            _ => {
                // The places of all eight first: the writes do not wait for each other then.
                let ends = ends(*truths);
                if let Some(room) = selected[at..].first_chunk_mut::<8>() {
                    for (&end, &value) in ends.iter().zip(values) {
                        room[usize::from(end & 7)] = value;
                    }
                } else {
                    for (&end, &value) in ends.iter().zip(values) {
                        selected[at + usize::from(end)] = value;
                    }
                }
                at += usize::from(ends[7] + truths[7]);
            }
        }
    }
    let rest = eights.len() * 8;
    for (&truth, &value) in truths.iter().zip(elements).skip(rest) {
        selected[at] = value;
        at += usize::from(truth);
    }
    selected.truncate(count);
    selected
}

/// For each of eight truths, how many are true before it: the sums of all bytes below, by one
/// multiplication.
fn ends(truths: [u8; 8]) -> [u8; 8] {
    let sums = u64::from_le_bytes(truths).wrapping_mul(0x0101_0101_0101_0101);
    (sums << 8).to_le_bytes()
}

pub(super) fn count(truths: &[bool]) -> usize {
    // Bytes first: the compiler adds 32 or 64 of them at once.
    let sums = bytemuck::cast_slice::<bool, u8>(truths).chunks(255);
    sums.map(|part| usize::from(part.iter().sum::<u8>())).sum()
}

/// How many truths there are per place of the first `lead` axes.
pub(super) fn counts(operation: &str, mask: &Block, lead: usize) -> Result<Block, KernelError> {
    same_dtype(operation, mask, DType::Bool)?;
    if lead > mask.ndim() {
        return Err(no_axis(operation, mask, lead - 1));
    }
    let shape: SmallVec<[usize; 4]> = mask.shape()[..lead].into();
    let row: usize = mask.shape()[lead..].iter().product();
    let rows: usize = shape.iter().product();
    let truths = truths(operation, mask)?;
    let counts: Vec<i64> = match row {
        0 => vec![0; rows],
        _ => truths.chunks(row).map(|row| count(row) as i64).collect(),
    };
    Block::new(counts, &shape)
}
