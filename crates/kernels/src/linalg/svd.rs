//! Singular values and vectors of one block.

use super::field::{self, Field};
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Outputs, one, single};
use faer::{Mat, MatRef};
use taskloom_numerics::Svd;

/// `U`, the singular values, and `V` adjoint.
pub(super) fn svd<T: Field>(name: &str, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
    let input = one(name, inputs)?;
    let dtype = input.dtype();
    let (u, values, adjoint) = factors(name, T::read(name, &input)?.as_ref())?;
    let blocks = [
        field::block(u.as_ref(), dtype)?,
        field::reals(values, dtype)?,
        field::block(adjoint.as_ref(), dtype)?,
    ];
    Ok(blocks.into_iter().collect())
}

/// The singular values, the largest first.
pub(super) fn singular_values<T: Field>(
    name: &str,
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let input = one(name, inputs)?;
    let mat = T::read(name, &input)?;
    field::check_finite(name, mat.as_ref())?;
    let values = match mat.nrows().min(mat.ncols()) {
        0 => Vec::new(),
        _ => T::singular_values(mat.as_ref()).ok_or_else(|| no_end(name, mat.as_ref()))?,
    };
    Ok(single(field::reals(values, input.dtype())?))
}

/// `U`, the singular values, and `V` adjoint.
pub(super) type Factors<T> = (Mat<T>, Vec<f64>, Mat<T>);

/// The factors of a matrix, with the signs that [`super::Linalg::Svd`] says.
pub(super) fn factors<T: Field>(name: &str, mat: MatRef<'_, T>) -> Result<Factors<T>, KernelError> {
    field::check_finite(name, mat)?;
    let (rows, columns) = (mat.nrows(), mat.ncols());
    let size = rows.min(columns);
    if size == 0 {
        return Ok((Mat::zeros(rows, 0), Vec::new(), Mat::zeros(0, columns)));
    }
    let svd = T::svd(mat).ok_or_else(|| no_end(name, mat))?;
    let Svd {
        mut u,
        values,
        mut v,
    } = svd;
    for at in 0..size {
        let decides = if rows >= columns { &v } else { &u };
        let by = largest(decides.col_as_slice(at)).direction().conjugate();
        for value in u.col_as_slice_mut(at).iter_mut() {
            *value = value.times(by);
        }
        for value in v.col_as_slice_mut(at) {
            *value = value.times(by);
        }
    }
    Ok((u, values, v.adjoint().to_owned()))
}

/// The first element of the largest modulus; of those that differ by rounding alone, the first.
pub(super) fn largest<T: Field>(values: &[T]) -> T {
    let most = values.iter().map(|v| v.modulus()).fold(0.0, f64::max);
    let near = |value: &&T| value.modulus() >= most * (1.0 - 1e-9);
    values.iter().find(near).copied().unwrap_or(T::ONE)
}

pub(super) fn no_end<T>(name: &str, mat: MatRef<'_, T>) -> KernelError {
    let mat = field::of_shape(mat);
    field::wrong(name, format!("{mat}: the iteration did not converge"))
}
