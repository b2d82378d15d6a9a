//! A tile of an input in a row, for loops that read it so; and a tile of the result to its place.

use super::walk::Lie;
use crate::element::Element;
use crate::elementwise::typed::{Slice, Tile, Typed, mismatch};
use crate::error::KernelError;

/// Copies rows of an input into a tile, one after another.
///
/// # Errors
/// If the dtypes differ, or the elements are not within the input.
pub(super) fn gather(
    from: Slice<'_>,
    lie: Lie,
    rows: usize,
    columns: usize,
    to: &mut Tile,
) -> Result<(), KernelError> {
    crate::dispatch!(from.dtype(), T => {
        let source = T::of_slice(from).and_then(|elements| elements.get(lie.offset..));
        let target = T::of_tile_mut(to).and_then(|tile| tile.get_mut(..rows * columns));
        match (source, target) {
            (Some(source), Some(target)) if reaches(source.len(), lie, rows, columns) => {
                collect(source, lie, columns, target);
                Ok(())
            }
            _ => Err(mismatch("a tile", T::DTYPE)),
        }
    })
}

/// Whether all elements are within.
fn reaches(len: usize, lie: Lie, rows: usize, columns: usize) -> bool {
    rows == 0 || columns == 0 || (rows - 1) * lie.down + (columns - 1) * lie.along < len
}

fn collect<T: Typed>(source: &[T], lie: Lie, columns: usize, target: &mut [T]) {
    let rows = target.chunks_exact_mut(columns.max(1)).enumerate();
    match lie.along {
        1 => {
            for (row, target) in rows {
                target.copy_from_slice(&source[row * lie.down..][..columns]);
            }
        }
        0 => {
            for (row, target) in rows {
                target.fill(source[row * lie.down]);
            }
        }
        along if lie.down == 1 => {
            // Turned: read in the order in which it lies.
            let rows = target.len() / columns.max(1);
            for column in 0..columns {
                let source = &source[column * along..][..rows];
                let target = target.iter_mut().skip(column).step_by(columns);
                for (target, &source) in target.zip(source) {
                    *target = source;
                }
            }
        }
        along => {
            for (row, target) in rows {
                let source = source[row * lie.down..].iter().step_by(along);
                for (target, &source) in target.iter_mut().zip(source) {
                    *target = source;
                }
            }
        }
    }
}

/// Copies the rows of a tile to their places in the result.
///
/// # Errors
/// If the dtypes differ, or the places are not within the result.
pub(super) fn scatter(
    from: &Tile,
    lie: Lie,
    rows: usize,
    columns: usize,
    to: &mut Tile,
) -> Result<(), KernelError> {
    crate::dispatch!(from.dtype(), T => {
        let source = T::of_tile(from).and_then(|tile| tile.get(..rows * columns));
        let target = T::of_tile_mut(to).and_then(|elements| elements.get_mut(lie.offset..));
        match (source, target) {
            (Some(source), Some(target))
                if lie.along == 1 && reaches(target.len(), lie, rows, columns) =>
            {
                for (row, source) in source.chunks_exact(columns.max(1)).enumerate() {
                    target[row * lie.down..][..columns].copy_from_slice(source);
                }
                Ok(())
            }
            _ => Err(mismatch("a tile", T::DTYPE)),
        }
    })
}
