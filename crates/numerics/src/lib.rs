//! Products, decompositions and Fourier transforms of plain numbers.
//!
//! What lives here: the generic code of `faer` and `rustfft`, made once for each type of number
//! behind traits whose methods are not generic. It takes a compiler minutes, and so it stands apart
//! from the kernels, which change more often and are built twice for their tests.
//!
//! What does not: blocks, dtypes, names and messages of errors (crate `kernels`).

mod decompose;
mod product;
mod transform;

pub use decompose::{Decompose, Svd};
pub use product::Product;
pub use transform::{Plan, Transform};
