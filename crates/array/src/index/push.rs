//! Slices of results that are computed element by element, as results of slices.
//!
//! `(x + 1)[:10]` is `x[:10] + 1`: less is computed, and nothing of the blocks that are left out. It
//! is done only where at most half of the elements are left, since what is used whole elsewhere is
//! computed twice then.

use super::cut::sliced;
use super::resolve::Along;
use crate::array::Array;
use crate::identity::NodeId;
use rustc_hash::FxHashMap;

/// Through how many operations a slice is pushed.
const DEPTH_MAX: usize = 64;

/// The slice of the array as an expression of slices, if that is worth it.
pub(super) fn pushed(array: &Array, along: &[Along]) -> Option<Array> {
    if along.iter().any(Along::is_advanced) || share(array, along) > 0.5 {
        return None;
    }
    Push {
        along,
        done: FxHashMap::default(),
    }
    .through(array, DEPTH_MAX)
}

/// Which part of the elements is left, as far as it is known.
fn share(array: &Array, along: &[Along]) -> f64 {
    let taking = along.iter().filter(|along| along.takes_axis());
    let parts = taking.zip(array.axes()).map(|(along, axis)| {
        let len = axis.len().unwrap_or(1).max(1) as f64;
        match along {
            Along::Range { len: part, .. } => *part as f64 / len,
            Along::At(_) => 1.0 / len,
            _ => 1.0,
        }
    });
    parts.product()
}

struct Push<'a> {
    along: &'a [Along],
    /// What the slices of nodes became: an operand that is used often is sliced once.
    done: FxHashMap<NodeId, Array>,
}

impl Push<'_> {
    /// The slice of the array, through the operation that made it. `None` if that is not one that
    /// works element by element.
    fn through(&mut self, array: &Array, depth: usize) -> Option<Array> {
        let node = array.node();
        if depth == 0 || node.inputs().is_empty() {
            return None;
        }
        let mut inputs = Vec::with_capacity(node.inputs().len());
        let layer = node.layer();
        let operands: Vec<Array> = node
            .inputs()
            .iter()
            .map(|input| Array::of_node(input.clone(), array.client().cloned()))
            .collect();
        // First whether there is anything to push through: the operands may be large.
        layer.again(&operands)?;
        for operand in &operands {
            inputs.push(self.operand(array, operand, depth)?);
        }
        layer.again(&inputs)
    }

    fn operand(&mut self, array: &Array, operand: &Array, depth: usize) -> Option<Array> {
        if operand.axes() != array.axes() {
            let along = fitted(array, operand, self.along)?;
            let whole = along.iter().all(|along| matches!(along, Along::Whole));
            return Some(match whole {
                true => operand.clone(),
                false => sliced(operand, &along),
            });
        }
        let id = operand.node().id();
        if let Some(done) = self.done.get(&id) {
            return Some(done.clone());
        }
        let slice = match self.through(operand, depth - 1) {
            Some(slice) => slice,
            None => sliced(operand, self.along),
        };
        self.done.insert(id, slice.clone());
        Some(slice)
    }
}

/// What is taken of an operand that is stretched to the array.
fn fitted(array: &Array, operand: &Array, along: &[Along]) -> Option<Vec<Along>> {
    let missing = array.ndim().checked_sub(operand.ndim())?;
    let mut fitted = Vec::with_capacity(along.len());
    let mut axis = 0;
    for along in along {
        if !along.takes_axis() {
            // Before the operand's first axis, a new one is stretched as the missing ones are.
            if axis > missing || missing == 0 {
                fitted.push(along.clone());
            }
            continue;
        }
        if axis >= missing {
            let mine = operand.axes().get(axis - missing)?;
            let theirs = array.axes().get(axis)?;
            let stretched = mine.is_one() && !theirs.is_one();
            fitted.push(match along {
                Along::At(_) if stretched => Along::At(0),
                Along::Range { .. } if stretched => Along::Whole,
                // Cut in another way, so it cannot be sliced alike.
                _ if !stretched && !mine.is_aligned(theirs) => return None,
                other => other.clone(),
            });
        }
        axis += 1;
    }
    Some(fitted)
}
