//! Reductions: sums, means, least and greatest, over any axes, as trees of partial results.
//!
//! All of them work on axes of unknown chunk sizes: a partial result carries counts and lengths, so
//! blocks without elements contribute nothing and indices become global when results are merged.

mod average;
mod covariance;
mod methods;
mod operations;
mod over;
mod tree;
mod user;

pub use covariance::Covariance;
pub use over::Over;

pub(crate) use operations::OPERATIONS;
pub(crate) use over::SPLIT_EVERY;
pub(crate) use tree::{Stages, Tree};

#[cfg(test)]
mod tests;
