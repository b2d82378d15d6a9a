//! QR factorization, of one block and of blocks below each other.

use super::field::{self, Field};
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Outputs, one};
use faer::{Mat, MatRef};

/// `Q` and `R` of one block.
pub(super) fn qr<T: Field>(name: &str, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
    let input = one(name, inputs)?;
    let dtype = input.dtype();
    let (q, r) = factors(T::read(name, &input)?);
    let blocks = [
        field::block(q.as_ref(), dtype)?,
        field::block(r.as_ref(), dtype)?,
    ];
    Ok(blocks.into_iter().collect())
}

/// `R` of blocks below each other, and the rows of `Q` that belong to each.
pub(super) fn qr_of_stack<T: Field>(
    name: &str,
    tall: bool,
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let dtype = inputs[0].dtype();
    let parts = inputs.iter().map(|block| T::read(name, block));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let columns = parts[0].ncols();
    if let Some(other) = parts.iter().find(|part| part.ncols() != columns) {
        return Err(field::unfit(name, parts[0].as_ref(), other.as_ref()));
    }
    let rows: usize = parts.iter().map(Mat::nrows).sum();
    if tall && rows < columns {
        return Err(field::wrong(
            name,
            format!(
                "the matrix has {rows} rows, known only now, and {columns} columns: this is for at \
                 least as many rows as columns where their number is unknown; call \
                 `compute_chunk_sizes()` first"
            ),
        ));
    }
    let mut stack = Mat::<T>::zeros(rows, columns);
    let mut from = 0;
    for part in &parts {
        let rows = part.nrows();
        stack
            .as_mut()
            .get_mut(from..from + rows, ..)
            .copy_from(part);
        from += rows;
    }
    let (q, r) = factors(stack);
    let mut outputs = Outputs::new();
    outputs.push(field::block(r.as_ref(), dtype)?);
    let mut from = 0;
    for part in &parts {
        let rows = part.nrows();
        let part = q.as_ref().get(from..from + rows, ..);
        outputs.push(field::block(part, dtype)?);
        from += rows;
    }
    Ok(outputs)
}

/// `Q` and `R` with a diagonal of `R` that is real and not negative, which makes them unique for a
/// matrix of full rank: they do not depend on how it is cut.
pub(super) fn factors<T: Field>(mat: Mat<T>) -> (Mat<T>, Mat<T>) {
    let (rows, columns) = (mat.nrows(), mat.ncols());
    let size = rows.min(columns);
    if size == 0 {
        return (Mat::zeros(rows, 0), Mat::zeros(0, columns));
    }
    let (mut q, r) = T::qr(mat.as_ref());
    drop(mat);
    let mut r = upper(r.as_ref());
    for at in 0..size {
        let direction = r[(at, at)].direction();
        if direction == T::ONE {
            continue;
        }
        for column in at..columns {
            r[(at, column)] = direction.conjugate().times(r[(at, column)]);
        }
        for value in q.col_as_slice_mut(at) {
            *value = value.times(direction);
        }
        r[(at, at)] = T::of_real(r[(at, at)].modulus());
    }
    (q, r)
}

fn upper<T: Field>(mat: MatRef<'_, T>) -> Mat<T> {
    Mat::from_fn(mat.nrows(), mat.ncols(), |i, j| {
        if i <= j { mat[(i, j)] } else { T::ZERO }
    })
}
