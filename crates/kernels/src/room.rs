//! Memory for new blocks, asked for in a way that can fail.
//!
//! What is larger than what it is made of (a shape from an argument, a row that is repeated) is made
//! in memory from here, so that a wrong number is an error and not the end of the process.

use crate::block::Extent;
use crate::element::Element;
use crate::error::{KernelError, Shape};

/// No block that is larger is made, whatever the system promises: it would be a wrong number.
const MOST_BYTES: usize = 1 << 40;

/// The number of elements of a shape.
///
/// # Errors
/// If that is more than a number can be.
pub(crate) fn len_of(name: &str, shape: &[usize]) -> Result<usize, KernelError> {
    crate::block::size_of(shape).ok_or_else(|| too_large(name, shape))
}

/// An empty vector with room for the elements of a shape.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn room<T>(name: &str, shape: &[usize]) -> Result<(Vec<T>, usize), KernelError> {
    let len = fitting::<T>(name, shape)?;
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

/// A vector of zeros for each element of a shape. The system gives them as it is used; nothing is
/// written before.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn zeros<T: Element>(name: &str, shape: &[usize]) -> Result<Vec<T>, KernelError> {
    let len = fitting::<T>(name, shape)?;
    bytemuck::allocation::try_zeroed_vec(len).map_err(|()| too_large(name, shape))
}

fn fitting<T>(name: &str, shape: &[usize]) -> Result<usize, KernelError> {
    let len = len_of(name, shape)?;
    match len.checked_mul(size_of::<T>()) {
        Some(bytes) if bytes <= MOST_BYTES => Ok(len),
        _ => Err(too_large(name, shape)),
    }
}

/// The error of what does not fit into memory.
pub(crate) fn too_large(name: &str, shape: &[usize]) -> KernelError {
    let shape = Shape(Extent::from(shape));
    KernelError::value(
        name,
        format!("a block of the shape {shape} does not fit into memory"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{filled, room, zeros};

    #[test]
    fn what_does_not_fit_is_an_error() {
        for shape in [&[usize::MAX, 2][..], &[1 << 45], &[1 << 36, 1 << 2]] {
            let error = zeros::<f64>("pad", shape).unwrap_err().to_string();
            assert!(error.contains("does not fit into memory"), "{error}");
            assert!(filled("pad", shape, 1.0).is_err());
            assert!(room::<f64>("pad", shape).is_err());
        }
        assert!(zeros::<f32>("pad", &[usize::MAX, 0]).unwrap().is_empty());
        assert_eq!(zeros::<bool>("pad", &[2]).unwrap(), [false, false]);
        assert_eq!(filled("pad", &[2, 1], 3).unwrap(), [3, 3]);
    }
}
