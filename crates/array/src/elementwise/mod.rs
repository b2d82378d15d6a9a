//! Operations element by element: operators, functions, comparisons, choices, casts.
//!
//! Each is one layer ([`layer`]) over arrays whose axes have been joined ([`join`]): known axes are
//! cut to a common refinement, unknown ones must have the same cut. Dtypes are numpy's; the rules
//! stand with the kernels ([`taskloom_kernels::elementwise`]).

mod binary;
mod choice;
mod join;
mod layer;
mod operand;
mod operators;
mod table;
mod unary;

pub use operand::Operand;
pub(crate) use table::OPERATIONS;

#[cfg(test)]
mod tests;
