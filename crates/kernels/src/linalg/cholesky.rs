//! Cholesky factorization of one block.

use super::field::{self, Field};
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Outputs, one, single};
use faer::Mat;

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
            let factor = T::cholesky(mat.as_ref()).map_err(|index| {
                let minor = start + index + 1;
                field::wrong(
                    name,
                    format!(
                        "the matrix of the shape ({whole}, {whole}) is not positive definite: its \
                         leading minor of {minor} rows is not"
                    ),
                )
            })?;
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
