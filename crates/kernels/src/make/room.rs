//! Memory for new blocks, asked for in a way that can fail.

use crate::block::Extent;
use crate::error::{KernelError, Shape};

/// The number of elements of a shape.
///
/// # Errors
/// If that is more than a number can be.
pub(crate) fn len_of(name: &str, shape: &[usize]) -> Result<usize, KernelError> {
    let len = if shape.contains(&0) {
        Some(0)
    } else {
        shape.iter().try_fold(1_usize, |n, &len| n.checked_mul(len))
    };
    len.ok_or_else(|| too_large(name, shape))
}

/// An empty vector with room for the elements of a shape.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn room<T>(name: &str, shape: &[usize]) -> Result<(Vec<T>, usize), KernelError> {
    let len = len_of(name, shape)?;
    let mut elements = Vec::new();
    elements
        .try_reserve_exact(len)
        .map_err(|_| too_large(name, shape))?;
    Ok((elements, len))
}

/// A vector of one value for each element of a shape.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn filled<T: Clone>(
    name: &str,
    shape: &[usize],
    value: T,
) -> Result<Vec<T>, KernelError> {
    let (mut elements, len) = room(name, shape)?;
    elements.resize(len, value);
    Ok(elements)
}

fn too_large(name: &str, shape: &[usize]) -> KernelError {
    let shape = Shape(Extent::from(shape));
    KernelError::value(
        name,
        format!("a block of the shape {shape} does not fit into memory"),
    )
}
