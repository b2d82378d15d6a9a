//! Operations that arrange: the same elements in other chunks, shapes, orders and places.

mod broadcast;
mod join;
mod moved;
mod pad;
mod pieces;
mod rechunk;
mod repeat;
mod reshape;
mod segments;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod triangle;
mod user;
mod view;

pub use join::{block, concatenate, dstack, hstack, stack, vstack};
pub use pad::Pad;
pub use user::{BlockInput, Boundary, Gufunc, MapBlocks, MapOverlap, apply_gufunc, blockwise};

use crate::axis::Axis;
use crate::identity::Identity;

pub(crate) use broadcast::OPERATIONS as STRETCHED;
pub(crate) use join::OPERATIONS as JOINED;
pub(crate) use moved::OPERATIONS as MOVED;
pub(crate) use pad::OPERATIONS as PADDED;
pub(crate) use rechunk::OPERATIONS as CHUNKS;
pub(crate) use repeat::OPERATIONS as REPEATED;
pub(crate) use reshape::OPERATIONS as SHAPES;
pub(crate) use triangle::OPERATIONS as HALVES;
pub(crate) use user::OPERATIONS as TASKS;
pub(crate) use view::OPERATIONS as VIEWS;

/// What an unknown cut is that an operation makes of these axes.
fn derived(operation: &str, axes: &[Axis]) -> Identity {
    let mut identity = Identity::new(operation);
    axes.iter().for_each(|axis| axis.identify(&mut identity));
    identity
}
