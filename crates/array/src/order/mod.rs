//! Sorting, quantiles, the greatest few, different elements, counting.

mod bins;
mod operations;
mod rows;
mod tally;
mod top;
mod unique;

pub use bins::{Bins, Side};
pub use rows::Quantile;

pub(crate) use operations::OPERATIONS;

#[cfg(test)]
mod tests;
