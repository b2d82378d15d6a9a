//! Parts of a block by ranges and single places: views, except where a step is negative.

use super::splice::{Run, splice};
use crate::block::Block;
use crate::error::{KernelError, Shape};
use serde::{Deserialize, Serialize};

/// What is taken of one axis of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// All of it, however long it is.
    All,
    /// Places from `start` on, `len` of them, `step` apart; the step may be negative.
    Range {
        /// The first place.
        start: usize,
        /// How many places.
        len: usize,
        /// From one to the next; never 0.
        step: i64,
    },
    /// One place; the axis is gone afterwards.
    At(usize),
    /// A new axis of length 1; takes no axis of the block.
    New,
}

/// That the cuts are for as many axes as the block has.
pub(super) fn check_cuts(operation: &str, block: &Block, cuts: &[Cut]) -> Result<(), KernelError> {
    let taken = cuts.iter().filter(|cut| **cut != Cut::New).count();
    if taken == block.ndim() {
        return Ok(());
    }
    Err(KernelError::value(
        operation,
        format!(
            "{taken} axes are cut of a block of the shape {}",
            Shape(block.shape().into())
        ),
    ))
}

pub(super) fn slice(operation: &str, block: Block, cuts: &[Cut]) -> Result<Block, KernelError> {
    check_cuts(operation, &block, cuts)?;
    let mut part = block;
    let mut axis = 0;
    for cut in cuts {
        match *cut {
            Cut::New => continue,
            Cut::All => {}
            Cut::At(place) => part = part.sliced(axis, place, 1, 1)?,
            Cut::Range { start, len, step } => {
                part = range(operation, part, axis, start, len, step)?
            }
        }
        axis += 1;
    }
    let shape_changes = cuts.iter().any(|cut| matches!(cut, Cut::At(_) | Cut::New));
    if !shape_changes {
        return Ok(part);
    }
    let mut at = 0;
    let mut places = smallvec::SmallVec::<[Option<usize>; 4]>::new();
    for cut in cuts {
        match cut {
            Cut::New => places.push(None),
            Cut::At(_) => at += 1,
            Cut::All | Cut::Range { .. } => {
                places.push(Some(at));
                at += 1;
            }
        }
    }
    part.with_axes(&places)
}

fn range(
    operation: &str,
    block: Block,
    axis: usize,
    start: usize,
    len: usize,
    step: i64,
) -> Result<Block, KernelError> {
    let stride = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
    if step > 0 || len == 0 {
        let start = if len == 0 { 0 } else { start };
        return block.sliced(axis, start, len, stride);
    }
    // Backwards: the view of the same places forwards, copied in the opposite order.
    let back = (len - 1).checked_mul(stride);
    let Some(first) = back.and_then(|back| start.checked_sub(back)) else {
        return Err(KernelError::value(
            operation,
            format!("{len} places from {start} in steps of {step} reach below 0"),
        ));
    };
    let forwards = block.sliced(axis, first, len, stride)?;
    let runs = (0..len).rev().map(|start| Run {
        part: 0,
        start,
        len: 1,
    });
    splice(operation, &[forwards], axis, &runs.collect::<Vec<_>>())
}
