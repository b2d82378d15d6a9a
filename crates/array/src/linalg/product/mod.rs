//! Products of arrays.

mod contract;
mod einsum;
mod kron;
mod methods;

pub(super) use contract::shape_of;
pub use methods::Contracted;
