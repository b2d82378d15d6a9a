//! Which of a vector's values belong to which band of a mask, when both lengths are known only at
//! the time.

use super::assign::wrong_count;
use super::lengths::read_lengths;
use super::splice::{Run, splice};
use crate::block::Block;
use crate::error::KernelError;

/// What of block `block` of a vector belongs to band `band`. `blocks` are the block, how many values
/// each band takes, and the lengths of all blocks of the vector.
///
/// # Errors
/// If there are more or fewer values than the bands take.
pub(super) fn portion(
    operation: &str,
    band: usize,
    block: usize,
    blocks: &[Block],
) -> Result<Block, KernelError> {
    let [values, counts, lengths] = blocks else {
        return Err(KernelError::Program(format!(
            "{operation} was given {} blocks",
            blocks.len()
        )));
    };
    let counts = read_lengths(operation, counts)?;
    let lengths = read_lengths(operation, lengths)?;
    let (asked, given) = (counts.iter().sum(), lengths.iter().sum());
    if asked != given {
        return Err(wrong_count(operation, given, asked));
    }
    let span = |lens: &[usize], at: usize| {
        let start: usize = lens.iter().take(at).sum();
        start..start + lens.get(at).copied().unwrap_or(0)
    };
    let (wanted, here) = (span(&counts, band), span(&lengths, block));
    let start = wanted.start.max(here.start);
    let end = wanted.end.min(here.end).max(start);
    let run = match end > start {
        true => vec![Run {
            part: 0,
            start: start - here.start,
            len: end - start,
        }],
        false => Vec::new(),
    };
    splice(operation, std::slice::from_ref(values), 0, &run)
}
