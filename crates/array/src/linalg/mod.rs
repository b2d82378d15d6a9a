//! Products, factorizations and systems of equations.
//!
//! Matrices in the failed state, and arguments that do not fit, are errors at once; what only the
//! values show (a singular matrix, NaNs where they cannot be) is an error of the task that meets it.

mod blocks;
mod decompose;
mod norm;
mod operations;
mod product;
mod shapes;
mod solve;
mod tall;

#[cfg(test)]
mod tests;

pub use decompose::{Compression, Eigh, Qr, Svd};
pub use norm::MatrixNorm;
pub(crate) use operations::OPERATIONS;
pub use product::Contracted;
pub use solve::{LeastSquares, LogDeterminant, Lu};
