//! Layers whose blocks are made of nothing but their place.

use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockTask, Layer};
use crate::node::Axes;
use serde::Serialize;
use taskloom_kernels::make::{
    Constant, Diagonal, Distribution, Line, Make, Permutation, Place, Ramp, Random, Stream,
};
use taskloom_kernels::{DType, Extent, Kernel, Number};

/// What a whole array is; its blocks follow from it and their places.
#[derive(Debug, Serialize)]
pub(crate) enum Pattern {
    /// One value.
    Constant(Number),
    /// Values that grow along the only axis.
    Ramp { start: Number, step: Number },
    /// The indices along each axis: axis 0 says along which, and has blocks of one element.
    Indices,
    /// Evenly spaced values between two ends.
    Line {
        start: f64,
        step: f64,
        end: Option<(u64, f64)>,
    },
    /// Ones on a diagonal, or on and below it.
    Diagonal { offset: i64, below: bool },
    /// Independent random numbers.
    Random {
        stream: Stream,
        distribution: Distribution,
    },
    /// The first of the numbers from 0 in random order.
    Permutation { stream: Stream, of: u64 },
}

/// The layer of a pattern.
pub(crate) struct Made {
    name: &'static str,
    pattern: Pattern,
    dtype: DType,
    axes: Axes,
    /// Where the blocks of each axis begin.
    starts: Vec<Vec<usize>>,
    /// How far neighbours along each axis are from each other in C order.
    strides: Extent,
}

impl Made {
    /// An array of a pattern with these axes.
    ///
    /// # Errors
    /// If it has more elements than can be counted, or lengths are unknown.
    pub(crate) fn array(
        name: &'static str,
        pattern: Pattern,
        dtype: DType,
        axes: Axes,
    ) -> Result<Array> {
        let too_large =
            || ArrayError::value(name, "the shape has more elements than can be counted");
        let starts = axes.iter().map(|axis| axis.offsets().ok_or_else(too_large));
        let starts = starts.collect::<Result<Vec<_>>>()?;
        let mut strides = Extent::from_elem(1, axes.len());
        let mut stride = 1_usize;
        for (at, axis) in axes.iter().enumerate().rev() {
            strides[at] = stride;
            let len = axis.len().unwrap_or(0).max(1);
            stride = stride.checked_mul(len).ok_or_else(too_large)?;
        }
        let layer = Self {
            name,
            pattern,
            dtype,
            axes: axes.clone(),
            starts,
            strides,
        };
        Ok(Array::from_layer(layer, &[], dtype, axes))
    }

    /// An array of a pattern, cut as said.
    ///
    /// # Errors
    /// As [`Made::array`], and if the chunks do not fit.
    pub(crate) fn cut(
        name: &'static str,
        pattern: Pattern,
        dtype: DType,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Result<Array> {
        let shape: Extent = shape.into_iter().collect();
        let axes = chunks.into().cut(name, &shape, dtype)?;
        Self::array(name, pattern, dtype, axes)
    }

    fn start(&self, axis: usize, at: &[usize]) -> usize {
        let starts = self.starts.get(axis);
        let start = starts.and_then(|starts| starts.get(*at.get(axis)?));
        start.copied().unwrap_or(0)
    }
}

impl Layer for Made {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.pattern);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let shape: Extent = self
            .axes
            .iter()
            .zip(at)
            .map(|(axis, &at)| axis.length(at).unwrap_or(0))
            .collect();
        let len = |axis: usize| shape.get(axis).copied().unwrap_or(0);
        let first = self.start(0, at) as u64;
        let dtype = self.dtype;
        let make = match &self.pattern {
            &Pattern::Constant(value) => Make::Constant(Constant {
                shape,
                dtype,
                value,
            }),
            &Pattern::Ramp { start, step } => Make::Ramp(Ramp {
                shape,
                axis: 0,
                dtype,
                start,
                step,
                first,
            }),
            // A shape without axes has no indices.
            Pattern::Indices if at.len() == 1 => Make::Constant(Constant {
                shape,
                dtype,
                value: Number::Int(0),
            }),
            Pattern::Indices => {
                let axis = self.start(0, at) + 1;
                Make::Ramp(Ramp {
                    shape,
                    axis,
                    dtype,
                    start: Number::Int(0),
                    step: Number::Int(1),
                    first: self.start(axis, at) as u64,
                })
            }
            &Pattern::Line { start, step, end } => Make::Line(Line {
                dtype,
                start,
                step,
                end,
                first,
                len: len(0),
            }),
            &Pattern::Diagonal { offset, below } => {
                let (row, column) = (self.start(0, at) as i64, self.start(1, at) as i64);
                Make::Diagonal(Diagonal {
                    dtype,
                    rows: len(0),
                    columns: len(1),
                    offset: offset.saturating_add(row.saturating_sub(column)),
                    below,
                })
            }
            Pattern::Random {
                stream,
                distribution,
            } => {
                let places = (0..at.len()).map(|axis| self.start(axis, at) * self.strides[axis]);
                Make::Random(Random {
                    stream: *stream,
                    place: Place {
                        first: places.sum::<usize>() as u64,
                        shape,
                        strides: self.strides.clone(),
                    },
                    distribution: distribution.clone(),
                    dtype,
                })
            }
            &Pattern::Permutation { stream, of } => Make::Permutation(Permutation {
                stream,
                of,
                first,
                len: len(0),
            }),
        };
        BlockTask::kernel(Kernel::Make(make), [])
    }
}
