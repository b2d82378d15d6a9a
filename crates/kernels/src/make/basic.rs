//! Blocks of simple patterns: ramps, lines, diagonals.

use super::constant::Fill;
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::element::Element;
use crate::error::KernelError;
use crate::room::{len_of, room, zeros};
use crate::scalar::Number;
use num_complex::Complex;
use serde::{Deserialize, Serialize};

/// A block in which the element at place `i` along one axis is `start + (first + i) * step`, and all
/// other axes repeat that: a part of `arange`, or of `indices`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ramp {
    /// The shape of the block.
    pub shape: Extent,
    /// The axis along which the values grow.
    pub axis: usize,
    /// The dtype of the elements; truth values have no ramp.
    pub dtype: DType,
    /// The value at place 0 of the whole array.
    pub start: Number,
    /// What each place adds.
    pub step: Number,
    /// The place of the block's first element in the whole array.
    pub first: u64,
}

impl Ramp {
    pub(super) fn run(&self) -> Result<Block, KernelError> {
        let Some(&len) = self.shape.get(self.axis) else {
            return Err(KernelError::value(
                "arange",
                format!("there is no axis {} in {:?}", self.axis, self.shape),
            ));
        };
        match self.dtype {
            DType::F64 => self.repeat(|at| self.float(at), len),
            DType::F32 => self.repeat(|at| self.float(at) as f32, len),
            DType::C128 => self.repeat(|at| Complex::new(self.float(at), 0.0), len),
            DType::C64 => self.repeat(|at| Complex::new(self.float(at) as f32, 0.0), len),
            DType::I64 => self.repeat(|at| self.integer(at) as i64, len),
            DType::I32 => self.repeat(|at| self.integer(at) as i32, len),
            DType::I16 => self.repeat(|at| self.integer(at) as i16, len),
            DType::I8 => self.repeat(|at| self.integer(at) as i8, len),
            DType::U64 => self.repeat(|at| self.integer(at) as u64, len),
            DType::U32 => self.repeat(|at| self.integer(at) as u32, len),
            DType::U16 => self.repeat(|at| self.integer(at) as u16, len),
            DType::U8 => self.repeat(|at| self.integer(at) as u8, len),
            DType::Bool => Err(KernelError::DType {
                operation: "arange".to_owned(),
                dtype: DType::Bool,
            }),
        }
    }

    /// As numpy: the step is what the second element differs by from the first, as rounded.
    fn float(&self, at: u64) -> f64 {
        let (start, step) = (as_float(self.start), as_float(self.step));
        let delta = (start + step) - start;
        start + self.first.wrapping_add(at) as f64 * delta
    }

    fn integer(&self, at: u64) -> i128 {
        let (start, step) = (as_integer(self.start), as_integer(self.step));
        let place = i128::from(self.first.wrapping_add(at));
        start.wrapping_add(place.wrapping_mul(step))
    }

    fn repeat<T: Element>(
        &self,
        value: impl Fn(u64) -> T,
        len: usize,
    ) -> Result<Block, KernelError> {
        let (mut elements, size) = room("arange", &self.shape)?;
        if size > 0 {
            let inner = len_of("arange", &self.shape[self.axis + 1..])?;
            for at in 0..len as u64 {
                elements.resize(elements.len() + inner, value(at));
            }
            let once = elements.len();
            while elements.len() < size {
                elements.extend_from_within(..once);
            }
        }
        Block::new(elements, &self.shape)
    }
}

/// A block of numpy's `linspace`: the element at place `i` is `start + (first + i) * step`, and the
/// last one of all, if it is an end, is the end itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The dtype of the elements; values are cut off downwards for integers.
    pub dtype: DType,
    /// The value at place 0 of the whole array.
    pub start: f64,
    /// What each place adds.
    pub step: f64,
    /// The value of a place that is set apart: the end, and where it is in the whole array.
    pub end: Option<(u64, f64)>,
    /// The place of the block's first element in the whole array.
    pub first: u64,
    /// How many elements the block has.
    pub len: usize,
}

impl Line {
    pub(super) fn run(&self) -> Result<Block, KernelError> {
        crate::dispatch!(self.dtype, T => self.fill::<T>())
    }

    fn fill<T: Fill>(&self) -> Result<Block, KernelError> {
        let (mut elements, len) = room::<T>("linspace", &[self.len])?;
        let whole = self.dtype.is_integer();
        for at in 0..len as u64 {
            let place = self.first.wrapping_add(at);
            let value = match self.end {
                Some((end, value)) if end == place => value,
                _ => self.start + place as f64 * self.step,
            };
            let value = if whole { value.floor() } else { value };
            elements.push(T::of(Number::Float(value)).ok_or_else(|| {
                KernelError::value(
                    "linspace",
                    format!("{value} cannot be an element of {}", self.dtype),
                )
            })?);
        }
        Ok(Block::vector(elements))
    }
}

/// A block of a matrix with ones on a diagonal, or on and below it, and zeros elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagonal {
    /// The dtype of the elements.
    pub dtype: DType,
    /// Rows of the block.
    pub rows: usize,
    /// Columns of the block.
    pub columns: usize,
    /// Where the diagonal is, within the block: at column `row + offset` of each row.
    pub offset: i64,
    /// Whether all below the diagonal are ones as well, as in numpy's `tri`.
    pub below: bool,
}

impl Diagonal {
    pub(super) fn name(&self) -> &'static str {
        if self.below { "tri" } else { "eye" }
    }

    pub(super) fn run(&self) -> Result<Block, KernelError> {
        crate::dispatch!(self.dtype, T => self.fill::<T>())
    }

    fn fill<T: Element>(&self) -> Result<Block, KernelError> {
        let shape = [self.rows, self.columns];
        let mut elements = zeros(self.name(), &shape)?;
        if self.columns > 0 {
            for (row, values) in elements.chunks_exact_mut(self.columns).enumerate() {
                let place = row as i128 + i128::from(self.offset);
                if self.below {
                    let ones = (place + 1).clamp(0, self.columns as i128) as usize;
                    values[..ones].fill(T::ONE);
                } else if let Some(one) = usize::try_from(place)
                    .ok()
                    .and_then(|at| values.get_mut(at))
                {
                    *one = T::ONE;
                }
            }
        }
        Block::new(elements, &shape)
    }
}

fn as_float(number: Number) -> f64 {
    match number {
        Number::Bool(value) => f64::from(u8::from(value)),
        Number::Int(value) => value as f64,
        Number::Float(value) => value,
        Number::Complex(value) => value.re,
    }
}

fn as_integer(number: Number) -> i128 {
    match number {
        Number::Bool(value) => i128::from(value),
        Number::Int(value) => value,
        Number::Float(value) => value as i128,
        Number::Complex(value) => value.re as i128,
    }
}
