//! Operations that arrange: the same elements in other chunks, shapes, orders and places.

mod pieces;
mod rechunk;
#[cfg(test)]
mod testing;

use crate::registry::Operation;

/// What is here.
pub(crate) const OPERATIONS: &[Operation] = &[rechunk::OPERATION];
