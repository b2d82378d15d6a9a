//! Copying runs of places along one axis, out of one block or several: what all indexing ends in.

use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::room::{room, too_large};

/// Neighbouring places along an axis of one of several blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Which of the blocks.
    pub part: usize,
    /// The first place.
    pub start: usize,
    /// How many places.
    pub len: usize,
}

/// Runs of single places of one block.
pub(super) fn places(places: &[usize]) -> Vec<Run> {
    let run = |&start: &usize| Run {
        part: 0,
        start,
        len: 1,
    };
    places.iter().map(run).collect()
}

/// A block of the runs, one after another, along `axis`. The blocks have equal lengths along all
/// other axes.
///
/// # Errors
/// If they have not, have other dtypes, or a run is outside of its block.
pub(super) fn splice(
    operation: &str,
    parts: &[Block],
    axis: usize,
    runs: &[Run],
) -> Result<Block, KernelError> {
    let Some(first) = parts.first() else {
        return Err(KernelError::Program(format!("{operation} of no blocks")));
    };
    let frame = frame(operation, parts, axis)?;
    let mut len = 0_usize;
    for run in runs {
        let end = run.start.checked_add(run.len);
        let inside = parts.get(run.part).map(|part| part.len_of(axis));
        if end.is_none() || end > inside {
            return Err(KernelError::Bounds {
                operation: operation.to_owned(),
                index: i64::try_from(run.start).unwrap_or(i64::MAX),
                axis,
                len: inside.unwrap_or(0),
            });
        }
        len = len.saturating_add(run.len);
    }
    let mut shape: Extent = first.shape().into();
    shape[axis] = len;
    let rows: Vec<Block> = parts.iter().map(Block::contiguous).collect();
    crate::dispatch!(first.dtype(), T => {
        let mut slices: Vec<&[T]> = Vec::with_capacity(rows.len());
        for row in &rows {
            let slice = row.as_slice::<T>()?;
            slices.push(slice.ok_or_else(|| too_large(operation, row.shape()))?);
        }
        let (mut elements, _) = room(operation, &shape)?;
        copy::<T>(&slices, &frame, runs, &mut elements);
        Block::new(elements, &shape)
    })
}

/// How the elements of the blocks lie around the axis.
struct Frame {
    /// The product of the lengths before the axis.
    outer: usize,
    /// Of each block along the axis.
    lens: Vec<usize>,
    /// The product of the lengths after the axis.
    inner: usize,
}

fn frame(operation: &str, parts: &[Block], axis: usize) -> Result<Frame, KernelError> {
    let first = &parts[0];
    if axis >= first.ndim() {
        return Err(no_axis(operation, first, axis));
    }
    for part in parts {
        let alike = part.ndim() == first.ndim()
            && (0..part.ndim()).all(|at| at == axis || part.len_of(at) == first.len_of(at));
        if !alike {
            return Err(KernelError::Shapes {
                operation: operation.to_owned(),
                left: Shape(first.shape().into()),
                right: Shape(part.shape().into()),
            });
        }
        same_dtype(operation, part, first.dtype())?;
    }
    Ok(Frame {
        outer: first.shape()[..axis].iter().product(),
        lens: parts.iter().map(|part| part.len_of(axis)).collect(),
        inner: first.shape()[axis + 1..].iter().product(),
    })
}

pub(super) fn no_axis(operation: &str, block: &Block, axis: usize) -> KernelError {
    KernelError::value(
        operation,
        format!(
            "a block of the shape {} has no axis {axis}",
            Shape(block.shape().into())
        ),
    )
}

pub(super) fn same_dtype(operation: &str, block: &Block, dtype: DType) -> Result<(), KernelError> {
    if block.dtype() == dtype {
        return Ok(());
    }
    Err(KernelError::DType {
        operation: format!("{operation} of {dtype}"),
        dtype: block.dtype(),
    })
}

/// The part that is made for each dtype: bounds and lengths were checked.
fn copy<T: Element>(parts: &[&[T]], frame: &Frame, runs: &[Run], elements: &mut Vec<T>) {
    for outer in 0..frame.outer {
        for run in runs {
            let start = (outer * frame.lens[run.part] + run.start) * frame.inner;
            let part = parts[run.part];
            match run.len * frame.inner {
                1 => elements.push(part[start]),
                len => elements.extend_from_slice(&part[start..start + len]),
            }
        }
    }
}
