//! Operations that index: parts, places, masks, and assignment.

mod bands;
mod blocks;
mod cut;
mod gather;
mod lengths;
mod mask;
mod nonzero;
mod operations;
mod parts;
mod push;
mod resolve;
mod selector;
mod set;
mod slice;
mod take;

pub(crate) use bands::any_order;
pub(crate) use operations::OPERATIONS;
pub use selector::{Ellipsis, NewAxis, Selection, Selector};
pub use set::Key;
