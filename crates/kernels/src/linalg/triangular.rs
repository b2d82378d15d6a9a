//! Triangular systems, and what is subtracted before they are solved.

use super::field::{self, Field};
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Outputs, inputs_of, single};
use faer::{Mat, MatRef};

/// `X` of `T X = B`, or of `X T* = B`.
pub(super) fn solve<T: Field>(
    name: &str,
    [lower, from_right]: [bool; 2],
    whole: usize,
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let [triangle, sides] = inputs_of(name, inputs)?;
    let dtype = sides.dtype();
    let triangle = T::read(name, &triangle)?;
    let sides = T::read(name, &sides)?;
    let size = field::square(name, triangle.as_ref())?;
    let len = if from_right {
        sides.ncols()
    } else {
        sides.nrows()
    };
    if len != size {
        return Err(field::unfit(name, triangle.as_ref(), sides.as_ref()));
    }
    check_diagonal(name, triangle.as_ref(), whole)?;
    // X T* = B is T X* = B*.
    let mut solution = if from_right {
        sides.adjoint().to_owned()
    } else {
        sides
    };
    if size > 0 && solution.ncols() > 0 {
        if lower {
            T::solve_lower(triangle.as_ref(), solution.as_mut());
        } else {
            T::solve_upper(triangle.as_ref(), solution.as_mut());
        }
    }
    if from_right {
        solution = solution.adjoint().to_owned();
    }
    Ok(single(field::block(solution.as_ref(), dtype)?))
}

/// That no element of the diagonal is zero.
pub(super) fn check_diagonal<T: Field>(
    name: &str,
    triangle: MatRef<'_, T>,
    whole: usize,
) -> Result<(), KernelError> {
    if (0..triangle.nrows()).all(|at| triangle[(at, at)] != T::ZERO) {
        return Ok(());
    }
    Err(field::wrong(
        name,
        format!("the matrix of the shape ({whole}, {whole}) is singular"),
    ))
}

/// A block less the sum of products of pairs.
pub(super) fn subtract<T: Field>(
    name: &str,
    adjoint: bool,
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let mut inputs = inputs.into_iter();
    let Some(block) = inputs.next() else {
        return Err(KernelError::Program(format!("{name} was given no block")));
    };
    let dtype = block.dtype();
    let mut rest: Mat<T> = T::read(name, &block)?;
    while let Some(left) = inputs.next() {
        let Some(right) = inputs.next() else {
            return Err(KernelError::Program(format!("{name} takes pairs")));
        };
        let left = T::read(name, &left)?;
        let mut right = T::read(name, &right)?;
        if adjoint {
            right = right.adjoint().to_owned();
        }
        let fits = left.ncols() == right.nrows()
            && rest.nrows() == left.nrows()
            && rest.ncols() == right.ncols();
        if !fits {
            return Err(field::unfit(name, left.as_ref(), right.as_ref()));
        }
        T::add_product(
            rest.as_mut(),
            left.as_ref(),
            right.as_ref(),
            T::of_real(-1.0),
        );
    }
    Ok(single(field::block(rest.as_ref(), dtype)?))
}
