//! Least squares, after a tall matrix was brought to a triangle.

use super::field::{self, Field};
use super::svd;
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Outputs, inputs_of};
use faer::{Mat, MatRef};

/// The solution of least norm of `R x = c`, the rank, and the singular values of `R`, which are
/// those of the tall matrix.
pub(super) fn least_squares<T: Field>(
    name: &str,
    cutoff: f64,
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let [triangle, sides] = inputs_of(name, inputs)?;
    let dtype = sides.dtype();
    let triangle = T::read(name, &triangle)?;
    let sides = T::read(name, &sides)?;
    if triangle.nrows() != sides.nrows() {
        return Err(field::unfit(name, triangle.as_ref(), sides.as_ref()));
    }
    let (u, values, adjoint) = svd::factors(name, triangle.as_ref())?;
    let least = values.first().copied().unwrap_or(0.0) * cutoff;
    let rank = values.iter().filter(|&&value| value > least).count();
    let columns = sides.ncols();
    let solution = if rank == 0 || columns == 0 {
        Mat::zeros(triangle.ncols(), columns)
    } else {
        // x = V S^-1 U* c, over the values that are not as good as zero.
        let left = u.adjoint().get(..rank, ..).to_owned();
        let mut parts = product(left.as_ref(), sides.as_ref());
        for column in 0..columns {
            for (at, value) in parts.col_as_slice_mut(column).iter_mut().enumerate() {
                *value = value.scaled(1.0 / values[at]);
            }
        }
        let right = adjoint.adjoint().get(.., ..rank).to_owned();
        product(right.as_ref(), parts.as_ref())
    };
    #[allow(clippy::cast_possible_wrap)] // A rank is not above the length of an axis.
    let rank = Block::scalar(rank as i64);
    let blocks = [
        field::block(solution.as_ref(), dtype)?,
        rank,
        field::reals(values, dtype)?,
    ];
    Ok(blocks.into_iter().collect())
}

fn product<T: Field>(left: MatRef<'_, T>, right: MatRef<'_, T>) -> Mat<T> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    T::add_product(product.as_mut(), left, right, T::ONE);
    product
}
