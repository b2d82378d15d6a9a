//! Elements by arrays of places, which are known only when they are there.
//!
//! Per block of places, each block of the array gives what of it is asked for, and a merge puts that
//! into order: only the elements that are wanted travel. Several arrays of places are taken
//! together, point by point, for as many neighbouring axes.

use super::assign;
use super::lengths::read_lengths;
use super::splice::{Run, no_axis, splice};
use crate::align::Align;
use crate::block::{Block, Extent};
use crate::dtype::{DType, Kind};
use crate::error::{KernelError, Shape};
use crate::scalar::Number;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Where a block begins along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// Known when the graph was built.
    Known {
        /// The place of its first element in the array.
        start: usize,
        /// The length of the array along the axis.
        total: usize,
    },
    /// A further input tells the lengths of all blocks along the axis.
    Given {
        /// Which of the blocks it is.
        block: usize,
    },
}

/// The places as numbers.
pub(super) fn read_places(operation: &str, places: &Block) -> Result<Vec<i64>, KernelError> {
    let places = places.clone();
    macro_rules! convert {
        ($($dtype:ident $rust:ty),+) => {
            match places.dtype() {
                DType::I64 => places.into_vec::<i64>(),
                $(DType::$dtype => {
                    let places = places.into_vec::<$rust>()?.into_iter();
                    // What does not fit is beyond every axis.
                    Ok(places.map(|place| i64::try_from(place).unwrap_or(i64::MAX)).collect())
                })+
                dtype => Err(KernelError::DType { operation: format!("{operation} by an array"), dtype }),
            }
        };
    }
    match places.dtype().kind() {
        Kind::Signed | Kind::Unsigned => {
            convert!(I8 i8, I16 i16, I32 i32, U8 u8, U16 u16, U32 u32, U64 u64)
        }
        _ => Err(KernelError::DType {
            operation: format!("{operation} by an array"),
            dtype: places.dtype(),
        }),
    }
}

/// A place, from the end if it is negative; `None` if it is outside.
pub(super) fn resolve(place: i64, total: usize) -> Option<usize> {
    let place = match place < 0 {
        true => place.checked_add(i64::try_from(total).ok()?)?,
        false => place,
    };
    usize::try_from(place).ok().filter(|&place| place < total)
}

/// Places for several neighbouring axes, point by point.
struct Points {
    /// Per axis.
    places: Vec<Vec<i64>>,
    /// Of the arrays of places.
    shape: Extent,
}

fn points(operation: &str, blocks: &[Block]) -> Result<Points, KernelError> {
    let Some(first) = blocks.first() else {
        return Err(KernelError::Program(format!("{operation} without places")));
    };
    let mut places = Vec::with_capacity(blocks.len());
    for block in blocks {
        if block.shape() != first.shape() {
            return Err(KernelError::Shapes {
                operation: operation.to_owned(),
                left: Shape(first.shape().into()),
                right: Shape(block.shape().into()),
            });
        }
        places.push(read_places(operation, block)?);
    }
    Ok(Points {
        places,
        shape: first.shape().into(),
    })
}

fn split(
    operation: &str,
    mut blocks: Vec<Block>,
    at: usize,
) -> Result<(Vec<Block>, Vec<Block>), KernelError> {
    if blocks.len() <= at {
        return Err(KernelError::Program(format!(
            "{operation} was given {} blocks",
            blocks.len()
        )));
    }
    let rest = blocks.split_off(at);
    Ok((blocks, rest))
}

/// The block with the axes that are indexed made one.
fn flattened(
    operation: &str,
    block: &Block,
    axis: usize,
    count: usize,
) -> Result<Block, KernelError> {
    let end = axis.saturating_add(count);
    if end > block.ndim() {
        return Err(no_axis(operation, block, end - 1));
    }
    if count == 1 {
        return Ok(block.clone());
    }
    let mut shape: Extent = block.shape()[..axis].into();
    shape.push(block.shape()[axis..end].iter().product());
    shape.extend_from_slice(&block.shape()[end..]);
    block.reshaped(&shape)
}

/// What is asked for of one block: `blocks` are the places per axis, the block, and the lengths of
/// the axes whose starts are not known.
pub(super) fn within(
    operation: &str,
    axis: usize,
    starts: &[Start],
    blocks: Vec<Block>,
) -> Result<Block, KernelError> {
    let (places, rest) = split(operation, blocks, starts.len())?;
    let points = points(operation, &places)?;
    let (block, lengths) = (&rest[0], &rest[1..]);
    let flat = flattened(operation, block, axis, starts.len())?;
    let mut lengths = lengths.iter();
    let mut begins = SmallVec::<[(usize, usize, usize); 2]>::new();
    for (at, start) in starts.iter().enumerate() {
        let (start, total) = match *start {
            Start::Known { start, total } => (start, total),
            Start::Given { block } => {
                let lengths = lengths.next().ok_or_else(|| {
                    KernelError::Program(format!("{operation} without the lengths of the blocks"))
                })?;
                let lengths = read_lengths(operation, lengths)?;
                let start = lengths.iter().take(block).sum();
                (start, lengths.iter().sum())
            }
        };
        begins.push((start, total, block.len_of(axis + at)));
    }
    let mut runs = Vec::new();
    'points: for point in 0..points.places[0].len() {
        let mut place = 0;
        for (places, &(start, total, len)) in points.places.iter().zip(&begins) {
            match resolve(places[point], total).and_then(|at| at.checked_sub(start)) {
                Some(at) if at < len => place = place * len + at,
                _ => continue 'points,
            }
        }
        runs.push(Run {
            part: 0,
            start: place,
            len: 1,
        });
    }
    splice(operation, &[flat], axis, &runs)
}

/// Everything that was asked for, in order: `blocks` are the places per axis, what each block in the
/// grid of the indexed axes gave, and the lengths of the axes for which `cuts` has none.
pub(super) fn gather(
    operation: &str,
    axis: usize,
    grid: &[usize],
    cuts: &[Option<Vec<usize>>],
    blocks: Vec<Block>,
) -> Result<Block, KernelError> {
    let (places, rest) = split(operation, blocks, cuts.len())?;
    let points = points(operation, &places)?;
    let parts: usize = grid.iter().product();
    if rest.len() < parts || grid.len() != cuts.len() {
        return Err(KernelError::Program(format!(
            "{operation} of {grid:?} blocks"
        )));
    }
    let (parts, lengths) = rest.split_at(parts);
    let ends = ends(operation, cuts, lengths)?;
    let mut next = vec![0; parts.len()];
    let mut runs = Vec::with_capacity(points.places[0].len());
    for point in 0..points.places[0].len() {
        let mut part = 0;
        for (at, ((places, ends), blocks)) in points.places.iter().zip(&ends).zip(grid).enumerate()
        {
            let total = ends.last().copied().unwrap_or(0);
            let place = resolve(places[point], total).ok_or_else(|| KernelError::Bounds {
                operation: operation.to_owned(),
                index: places[point],
                axis: axis + at,
                len: total,
            })?;
            part = part * blocks + ends.partition_point(|&end| end <= place);
        }
        let Some(start) = next.get_mut(part) else {
            return Err(KernelError::Program(format!(
                "{operation} of {grid:?} blocks"
            )));
        };
        runs.push(Run {
            part,
            start: *start,
            len: 1,
        });
        *start += 1;
    }
    let flat = splice(operation, parts, axis, &runs)?;
    unflattened(flat, axis, &points.shape)
}

/// Elements of the one block that there is along the indexed axes: `blocks` are the places per axis
/// and the block.
pub(super) fn direct(
    operation: &str,
    axis: usize,
    count: usize,
    blocks: Vec<Block>,
) -> Result<Block, KernelError> {
    let (places, rest) = split(operation, blocks, count)?;
    let points = points(operation, &places)?;
    let block = &rest[0];
    let flat = flattened(operation, block, axis, count)?;
    let mut runs = Vec::with_capacity(points.places[0].len());
    for point in 0..points.places[0].len() {
        let mut start = 0;
        for (at, places) in points.places.iter().enumerate() {
            let len = block.len_of(axis + at);
            let place = resolve(places[point], len).ok_or_else(|| KernelError::Bounds {
                operation: operation.to_owned(),
                index: places[point],
                axis: axis + at,
                len,
            })?;
            start = start * len + place;
        }
        runs.push(Run {
            part: 0,
            start,
            len: 1,
        });
    }
    let flat = splice(operation, &[flat], axis, &runs)?;
    unflattened(flat, axis, &points.shape)
}

/// The block with a value at those of the places that are in it; the last of equal places wins.
/// `blocks` are the block, the places, the value if it is no number, and the lengths of the blocks
/// along the axis if the start is not known.
pub(super) fn assign_at(
    operation: &str,
    axis: usize,
    start: Start,
    literal: Option<Number>,
    aligned: Option<&Align>,
    blocks: Vec<Block>,
) -> Result<Block, KernelError> {
    let mut blocks = blocks.into_iter();
    let (Some(block), Some(places)) = (blocks.next(), blocks.next()) else {
        return Err(KernelError::Program(format!("{operation} without places")));
    };
    let value = assign::value(operation, literal, block.dtype(), &mut blocks)?;
    let along = (axis + value.ndim()).checked_sub(block.ndim());
    if let (Some(aligned), Some(along)) = (aligned, along) {
        let rows = [value.len_of(along)];
        aligned.check(operation, &[&[], places.shape(), &rows])?;
    }
    let (start, total) = match start {
        Start::Known { start, total } => (start, total),
        Start::Given { block } => {
            let lengths = blocks.next().ok_or_else(|| {
                KernelError::Program(format!("{operation} without the lengths of the blocks"))
            })?;
            let lengths = read_lengths(operation, &lengths)?;
            (lengths.iter().take(block).sum(), lengths.iter().sum())
        }
    };
    let (mut inside, mut rows) = (Vec::new(), Vec::new());
    for (row, index) in read_places(operation, &places)?.into_iter().enumerate() {
        let place = resolve(index, total).ok_or_else(|| KernelError::Bounds {
            operation: operation.to_owned(),
            index,
            axis,
            len: total,
        })?;
        match place.checked_sub(start) {
            Some(place) if place < block.len_of(axis) => {
                inside.push(place);
                rows.push(Run {
                    part: 0,
                    start: row,
                    len: 1,
                });
            }
            _ => {}
        }
    }
    // Where the value has the axis, it has a row per place; one that has not is stretched.
    let value = match along {
        Some(along) if value.ndim() > 0 && value.len_of(along) != 1 => {
            splice(operation, &[value], along, &rows)?
        }
        _ => value,
    };
    assign::assign_places(operation, block, axis, &inside, value)
}

/// The ends of the blocks along each axis.
fn ends(
    operation: &str,
    cuts: &[Option<Vec<usize>>],
    lengths: &[Block],
) -> Result<Vec<Vec<usize>>, KernelError> {
    let mut lengths = lengths.iter();
    let mut all = Vec::with_capacity(cuts.len());
    for lens in cuts {
        let lens = match lens {
            Some(lens) => lens.clone(),
            None => {
                let lengths = lengths.next().ok_or_else(|| {
                    KernelError::Program(format!("{operation} without the lengths of the blocks"))
                })?;
                read_lengths(operation, lengths)?
            }
        };
        let mut end = 0_usize;
        let ends = lens.into_iter().map(|len| {
            end = end.saturating_add(len);
            end
        });
        all.push(ends.collect());
    }
    Ok(all)
}

/// The block with the indexed axis in the shape of the places.
fn unflattened(flat: Block, axis: usize, places: &[usize]) -> Result<Block, KernelError> {
    if places.len() == 1 {
        return Ok(flat);
    }
    let mut shape: Extent = flat.shape()[..axis].into();
    shape.extend_from_slice(places);
    shape.extend_from_slice(&flat.shape()[axis + 1..]);
    flat.reshaped(&shape)
}
