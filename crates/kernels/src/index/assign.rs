//! Putting values into a block: at cuts, at places, where a mask is true.
//!
//! A block that nobody else has is changed where it lies.

use super::basic::{Cut, check_cuts};
use super::mask::{count, truths};
use super::merge::{Band, Turn};
use super::splice::{Run, no_axis, splice};
use crate::align::Align;
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::element::Element;
use crate::elementwise::Elementwise;
use crate::error::{KernelError, Shape};
use crate::scalar::Number;
use ndarray::{ArrayViewD, IxDyn, SliceInfoElem, Zip};
use num_complex::Complex;

/// A number as a block without axes. It was checked to fit when the graph was built.
#[allow(clippy::cast_possible_truncation)] // See above; what is wider is cut off as numpy does.
fn number(number: Number, dtype: DType) -> Block {
    let (int, float, complex) = match number {
        Number::Bool(value) => {
            let float = if value { 1.0 } else { 0.0 };
            (i128::from(value), float, Complex::new(float, 0.0))
        }
        Number::Int(value) => (value, value as f64, Complex::new(value as f64, 0.0)),
        Number::Float(value) => (value as i128, value, Complex::new(value, 0.0)),
        Number::Complex(value) => (value.re as i128, value.re, value),
    };
    match dtype {
        DType::Bool => Block::scalar(complex != Complex::new(0.0, 0.0)),
        DType::I8 => Block::scalar(int as i8),
        DType::I16 => Block::scalar(int as i16),
        DType::I32 => Block::scalar(int as i32),
        DType::I64 => Block::scalar(int as i64),
        DType::U8 => Block::scalar(int as u8),
        DType::U16 => Block::scalar(int as u16),
        DType::U32 => Block::scalar(int as u32),
        DType::U64 => Block::scalar(int as u64),
        DType::F32 => Block::scalar(float as f32),
        DType::F64 => Block::scalar(float),
        DType::C64 => Block::scalar(Complex::new(complex.re as f32, complex.im as f32)),
        DType::C128 => Block::scalar(complex),
    }
}

/// The value of an assignment: the number of the kernel, or the next block.
pub(super) fn value(
    operation: &str,
    literal: Option<Number>,
    dtype: DType,
    blocks: &mut impl Iterator<Item = Block>,
) -> Result<Block, KernelError> {
    match literal {
        Some(literal) => Ok(number(literal, dtype)),
        None => blocks
            .next()
            .ok_or_else(|| KernelError::Program(format!("{operation} without a value"))),
    }
}

/// A value in the dtype of the block that it is put into.
fn cast(operation: &str, value: Block, dtype: DType) -> Result<Block, KernelError> {
    if value.dtype() == dtype {
        return Ok(value);
    }
    let made = Elementwise::cast(dtype).run(vec![value])?.pop();
    made.ok_or_else(|| KernelError::Program(format!("{operation} without a value")))
}

fn stretched<'a, T>(
    operation: &str,
    value: &'a ArrayViewD<'_, T>,
    shape: &[usize],
) -> Result<ArrayViewD<'a, T>, KernelError> {
    value
        .broadcast(IxDyn(shape))
        .ok_or_else(|| KernelError::Shapes {
            operation: operation.to_owned(),
            left: Shape(shape.into()),
            right: Shape(value.shape().into()),
        })
}

/// The block with a value at its cuts.
pub(super) fn assign(
    operation: &str,
    block: Block,
    cuts: &[Cut],
    value: Block,
    align: Option<&Align>,
) -> Result<Block, KernelError> {
    check_cuts(operation, &block, cuts)?;
    let mut parts = Vec::with_capacity(cuts.len());
    for (axis, cut) in cuts.iter().enumerate() {
        parts.push(part(operation, &block, axis, cut)?);
    }
    let value = cast(operation, value, block.dtype())?;
    crate::dispatch!(block.dtype(), T => {
        let mut array = block.into_array::<T>()?;
        let mut target = array.slice_mut(parts.as_slice());
        let value = value.view::<T>()?;
        let shape: Extent = target.shape().into();
        if let Some(align) = align {
            align.check(operation, &[&shape, value.shape()])?;
        }
        target.assign(&stretched(operation, &value, &shape)?);
        Ok(Block::from(array))
    })
}

fn part(
    operation: &str,
    block: &Block,
    axis: usize,
    cut: &Cut,
) -> Result<SliceInfoElem, KernelError> {
    let len = block.len_of(axis);
    let outside = |index: usize| KernelError::Bounds {
        operation: operation.to_owned(),
        index: i64::try_from(index).unwrap_or(i64::MAX),
        axis,
        len,
    };
    let all = SliceInfoElem::Slice {
        start: 0,
        end: None,
        step: 1,
    };
    match *cut {
        Cut::All => Ok(all),
        Cut::New => Err(KernelError::value(operation, "a new axis has no elements")),
        Cut::At(place) if place < len => Ok(SliceInfoElem::Index(place as isize)),
        Cut::At(place) => Err(outside(place)),
        Cut::Range { len: 0, .. } => Ok(SliceInfoElem::Slice {
            start: 0,
            end: Some(0),
            step: 1,
        }),
        Cut::Range {
            start,
            len: count,
            step,
        } => {
            let stride = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
            let way = (count - 1).saturating_mul(stride);
            let (first, last) = match step < 0 {
                true => (start.checked_sub(way), start),
                false => (Some(start), start.saturating_add(way)),
            };
            let first = first.filter(|_| last < len && step != 0);
            let first = first.ok_or_else(|| outside(last))?;
            Ok(SliceInfoElem::Slice {
                start: first as isize,
                end: Some(last as isize + 1),
                step: step as isize,
            })
        }
    }
}

/// The block with the rows of a value at places along an axis; the last of equal places wins.
pub(super) fn assign_places(
    operation: &str,
    block: Block,
    axis: usize,
    places: &[usize],
    value: Block,
) -> Result<Block, KernelError> {
    let len = block.len_of(axis);
    if axis >= block.ndim() {
        return Err(no_axis(operation, &block, axis));
    }
    if let Some(&place) = places.iter().find(|place| **place >= len) {
        return Err(KernelError::Bounds {
            operation: operation.to_owned(),
            index: i64::try_from(place).unwrap_or(i64::MAX),
            axis,
            len,
        });
    }
    let value = cast(operation, value, block.dtype())?;
    let mut shape: Extent = block.shape().into();
    shape[axis] = places.len();
    crate::dispatch!(block.dtype(), T => {
        let mut array = block.into_array::<T>()?;
        let value = value.view::<T>()?;
        let value = stretched(operation, &value, &shape)?;
        for (row, &place) in places.iter().enumerate() {
            let row = value.index_axis(ndarray::Axis(axis), row);
            array.index_axis_mut(ndarray::Axis(axis), place).assign(&row);
        }
        Ok(Block::from(array))
    })
}

/// The block with a value where the mask is true; mask and value are stretched to its shape.
pub(super) fn put(
    operation: &str,
    block: Block,
    mask: &Block,
    value: Block,
) -> Result<Block, KernelError> {
    let shape: Extent = block.shape().into();
    let mask = mask.view::<bool>()?;
    let mask = stretched(operation, &mask, &shape)?;
    let value = match value.dtype() == block.dtype() {
        true => value,
        false => cast(operation, chosen(operation, &value, &mask)?, block.dtype())?,
    };
    crate::dispatch!(block.dtype(), T => {
        let mut array = block.into_array::<T>()?;
        let value = value.view::<T>()?;
        let value = stretched(operation, &value, &shape)?;
        Zip::from(&mut array).and(&mask).and(&value).for_each(|to, &mask, &value| {
            *to = if mask { value } else { *to };
        });
        Ok(Block::from(array))
    })
}

/// The value with zeros where the mask is false: what is not assigned need not fit.
fn chosen(
    operation: &str,
    value: &Block,
    mask: &ArrayViewD<'_, bool>,
) -> Result<Block, KernelError> {
    if value.ndim() == 0 {
        return Ok(value.clone());
    }
    crate::dispatch!(value.dtype(), T => {
        let value = value.view::<T>()?;
        let value = stretched(operation, &value, mask.shape())?;
        let chosen = Zip::from(mask).and(&value).map_collect(|&mask, &value| {
            if mask { value } else { <T as Element>::ZERO }
        });
        Ok(Block::from(chosen))
    })
}

/// The block with values, in C order of its band, where the mask is true. `blocks` are the block, the
/// mask, the values of the band, and the counts of the blocks of the band, if it has several.
pub(super) fn scatter(
    operation: &str,
    grid: &[usize],
    at: usize,
    blocks: Vec<Block>,
) -> Result<Block, KernelError> {
    let mut blocks = blocks.into_iter();
    let (Some(block), Some(mask), Some(values)) = (blocks.next(), blocks.next(), blocks.next())
    else {
        return Err(KernelError::Program(format!("{operation} without values")));
    };
    if mask.shape() != block.shape() {
        return Err(KernelError::Shapes {
            operation: operation.to_owned(),
            left: Shape(block.shape().into()),
            right: Shape(mask.shape().into()),
        });
    }
    let truths = truths(operation, &mask)?;
    let (mut runs, mut asked) = (Vec::new(), 0);
    if grid.is_empty() {
        asked = count(&truths);
        runs.push(Run {
            part: 0,
            start: 0,
            len: values.len_of(0).min(asked),
        });
    } else {
        let counts = blocks.collect();
        for Turn { part, len } in (Band { grid, counts }).turns(operation)? {
            if part == at {
                runs.push(Run {
                    part: 0,
                    start: asked,
                    len,
                });
            }
            asked += len;
        }
    }
    if values.ndim() != 1 || values.len() != asked {
        return Err(wrong_count(operation, values.len(), asked));
    }
    let values = splice(operation, &[values], 0, &runs)?;
    let values = cast(operation, values, block.dtype())?;
    if values.len() != count(&truths) {
        return Err(wrong_count(operation, values.len(), count(&truths)));
    }
    crate::dispatch!(block.dtype(), T => {
        let mut array = block.into_array::<T>()?;
        let mut values = values.into_vec::<T>()?.into_iter();
        let selected = array.iter_mut().zip(&truths).filter(|(_, truth)| **truth);
        for ((to, _), value) in selected.zip(&mut values) {
            *to = value;
        }
        Ok(Block::from(array))
    })
}

pub(super) fn wrong_count(operation: &str, values: usize, asked: usize) -> KernelError {
    KernelError::value(
        operation,
        format!("{values} values cannot be assigned to the {asked} places where the mask is true"),
    )
}
