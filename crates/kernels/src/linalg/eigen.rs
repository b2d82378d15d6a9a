//! Eigenvalues and eigenvectors of Hermitian matrices of one block.

use super::field::{self, Field};
use super::svd::{largest, no_end};
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Outputs, one};
use faer::Mat;

/// The eigenvalues in ascending order, and the eigenvectors in columns.
pub(super) fn eigh<T: Field>(name: &str, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
    let input = one(name, inputs)?;
    let dtype = input.dtype();
    let mat = T::read(name, &input)?;
    let size = field::square(name, mat.as_ref())?;
    field::check_finite(name, mat.as_ref())?;
    let (values, vectors) = match size {
        0 => (Vec::new(), Mat::zeros(0, 0)),
        _ => {
            let eigen = T::eigen(mat.as_ref());
            let (values, mut vectors) = eigen.ok_or_else(|| no_end(name, mat.as_ref()))?;
            for at in 0..size {
                let by = largest(vectors.col_as_slice(at)).direction().conjugate();
                for value in vectors.col_as_slice_mut(at) {
                    *value = value.times(by);
                }
            }
            (values, vectors)
        }
    };
    let blocks = [
        field::reals(values, dtype)?,
        field::block(vectors.as_ref(), dtype)?,
    ];
    Ok(blocks.into_iter().collect())
}
