//! Cholesky factorization of one block.

use super::field::{self, Field};
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Outputs, one, single};
use faer::linalg::cholesky::llt::factor::LltError;
use faer::{Mat, Side};

/// The lower triangular factor; only the lower triangle is read.
pub(super) fn cholesky<T: Field>(
    name: &str,
    whole: usize,
    start: usize,
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let input = one(name, inputs)?;
    let mat = T::read(name, &input)?;
    let size = field::square(name, mat.as_ref())?;
    let lower = match size {
        0 => Mat::zeros(0, 0),
        _ => {
            let factor = mat.llt(Side::Lower).map_err(|error| {
                let LltError::NonPositivePivot { index } = error;
                let minor = start + index + 1;
                field::wrong(
                    name,
                    format!(
                        "the matrix of the shape ({whole}, {whole}) is not positive definite: its \
                         leading minor of {minor} rows is not"
                    ),
                )
            })?;
            let factor = factor.L();
            Mat::from_fn(
                size,
                size,
                |i, j| {
                    if i >= j { factor[(i, j)] } else { T::ZERO }
                },
            )
        }
    };
    // A NaN passes for a positive pivot or not, as it comes.
    field::check_finite(name, lower.as_ref())?;
    Ok(single(field::block(lower.as_ref(), input.dtype())?))
}
