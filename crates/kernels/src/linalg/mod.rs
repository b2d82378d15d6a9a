//! Factorizations and solutions.
//!
//! All of it is computed in `float64` or `complex128` and rounded to the blocks' dtype at the end.
//! `float32` gains accuracy by that, and the code exists twice, not four times.

mod cholesky;
mod eigen;
mod field;
mod least_squares;
mod lu;
mod qr;
mod svd;
mod triangular;

#[cfg(test)]
mod tests;

use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs};
use serde::{Deserialize, Serialize};

/// Factorizations and solutions.
///
/// Matrices are blocks of two axes of an inexact dtype; all of one kernel have one dtype, and so do
/// the results, but singular and eigen values are real.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Linalg {
    /// `(m, n)` to `Q` of `(m, k)` with orthonormal columns and upper triangular `R` of `(k, n)`,
    /// `k = min(m, n)`. The diagonal of `R` is real and not negative.
    Qr,
    /// As [`Linalg::Qr`] of blocks below each other; after `R` comes for each block its part of `Q`.
    QrOfStack {
        /// Whether fewer rows than columns are an error.
        tall: bool,
    },
    /// `(m, n)` to `U` of `(m, k)`, the `k` singular values, and `V` adjoint of `(k, n)`,
    /// `k = min(m, n)`. In each row of the last (for `m < n`: in each column of `U`) the element of
    /// the largest modulus is real and positive.
    Svd,
    /// The singular values alone.
    SingularValues,
    /// The lower triangular `L` with `A = L L*`, of which only the lower triangle is read.
    Cholesky {
        /// The length of the whole matrix, for errors.
        whole: usize,
        /// The place of the block's first row in it, for errors.
        start: usize,
    },
    /// `T` and `B` to `X` of `T X = B`.
    SolveTriangular {
        /// Which triangle is read: else the upper.
        lower: bool,
        /// Solves `X T* = B` instead.
        from_right: bool,
        /// The length of the whole matrix, for errors.
        whole: usize,
    },
    /// `C`, and pairs of factors: `C` less the sum of their products.
    Subtract {
        /// The second of each pair is taken adjoint.
        adjoint: bool,
    },
    /// A panel of whole columns to the panel with its factors `L` and `U` in place, and the order of
    /// its rows from `start` on: row `start + i` was row `start + order[i]`.
    LuPanel {
        /// Rows above are done.
        start: usize,
    },
    /// A factored panel, its order, and a panel to its right: the right one after the same steps.
    LuApply {
        /// The first panel's.
        start: usize,
    },
    /// A factored panel and the orders of later ones: `L` and `U`, whole columns of each.
    LuParts {
        /// The panel's.
        start: usize,
        /// The later panels'.
        later: Vec<usize>,
    },
    /// The orders of all panels: that of all rows.
    LuOrder {
        /// The panels'.
        starts: Vec<usize>,
    },
    /// A factored panel and right sides: those after the step of substitution that it stands for.
    LuBack {
        /// The panel's.
        start: usize,
    },
    /// All factored panels, then all their orders: the determinant, its sign (a complex number of
    /// modulus 1), and the logarithm of its modulus.
    LuDeterminant {
        /// The panels'.
        starts: Vec<usize>,
    },
    /// `R` and `Q* B` of a tall matrix: the least-norm solution, the rank, and the singular values.
    LeastSquares {
        /// Singular values below this times the largest count as zero.
        cutoff: f64,
    },
    /// A Hermitian matrix, of which only the lower triangle is read: eigenvalues in ascending order,
    /// and eigenvectors in columns, in each of which the element of the largest modulus is real and
    /// positive.
    Eigh,
}

impl Linalg {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::QrOfStack { .. } => "qr-of-stack",
            Self::Svd => "svd",
            Self::SingularValues => "singular-values",
            Self::Cholesky { .. } => "cholesky",
            Self::SolveTriangular { .. } => "solve-triangular",
            Self::Subtract { .. } => "subtract-products",
            Self::LuPanel { .. } => "lu-panel",
            Self::LuApply { .. } => "lu-apply",
            Self::LuParts { .. } => "lu-parts",
            Self::LuOrder { .. } => "lu-order",
            Self::LuBack { .. } => "lu-back",
            Self::LuDeterminant { .. } => "determinant",
            Self::LeastSquares { .. } => "least-squares",
            Self::Eigh => "eigh",
        }
    }

    pub(crate) fn class(&self) -> Class {
        Class::Task
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let name = self.name();
        let Some(first) = inputs.first() else {
            return Err(KernelError::Program(format!("{name} was given no block")));
        };
        let complex = match self {
            Self::LuOrder { starts } => return lu::order(name, starts, inputs),
            _ => field::is_complex(name, first)?,
        };
        if complex {
            self.run_in::<faer::c64>(inputs)
        } else {
            self.run_in::<f64>(inputs)
        }
    }

    fn run_in<T: field::Field>(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let name = self.name();
        match self {
            Self::Qr => qr::qr::<T>(name, inputs),
            Self::QrOfStack { tall } => qr::qr_of_stack::<T>(name, *tall, inputs),
            Self::Svd => svd::svd::<T>(name, inputs),
            Self::SingularValues => svd::singular_values::<T>(name, inputs),
            Self::Cholesky { whole, start } => {
                cholesky::cholesky::<T>(name, *whole, *start, inputs)
            }
            Self::SolveTriangular {
                lower,
                from_right,
                whole,
            } => triangular::solve::<T>(name, [*lower, *from_right], *whole, inputs),
            Self::Subtract { adjoint } => triangular::subtract::<T>(name, *adjoint, inputs),
            Self::LuPanel { start } => lu::panel::<T>(name, *start, inputs),
            Self::LuApply { start } => lu::apply::<T>(name, *start, inputs),
            Self::LuParts { start, later } => lu::parts::<T>(name, *start, later, inputs),
            Self::LuOrder { starts } => lu::order(name, starts, inputs),
            Self::LuBack { start } => lu::back::<T>(name, *start, inputs),
            Self::LuDeterminant { starts } => lu::determinant::<T>(name, starts, inputs),
            Self::LeastSquares { cutoff } => {
                least_squares::least_squares::<T>(name, *cutoff, inputs)
            }
            Self::Eigh => eigen::eigh::<T>(name, inputs),
        }
    }
}
