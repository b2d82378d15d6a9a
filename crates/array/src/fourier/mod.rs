//! Fourier transforms along axes.

mod operations;

#[cfg(test)]
mod tests;

pub(crate) use operations::OPERATIONS;
pub use taskloom_kernels::fourier::Norm;

use crate::array::{Array, axis_of};
use crate::axis::Axis;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use std::sync::Arc;
use taskloom_kernels::fourier::Fourier;
use taskloom_kernels::{DType, Kernel};

/// How an array is transformed along an axis. A number is the axis, negative ones counted from the
/// last, with numpy's defaults for the rest.
///
/// ```
/// use taskloom_array::fourier::{Norm, Transform};
///
/// let padded = Transform::along(-1).to_len(1024).norm(Norm::Ortho);
/// # let _ = padded;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transform {
    axis: isize,
    len: Option<usize>,
    norm: Norm,
}

impl Transform {
    /// Along this axis.
    pub fn along(axis: isize) -> Self {
        Self {
            axis,
            len: None,
            norm: Norm::default(),
        }
    }

    /// Of so many points: the axis is cut, or filled with zeros. For `irfft` it is the length of the
    /// result.
    #[must_use]
    pub fn to_len(mut self, len: usize) -> Self {
        self.len = Some(len);
        self
    }

    /// With the factor `1/n` elsewhere.
    #[must_use]
    pub fn norm(mut self, norm: Norm) -> Self {
        self.norm = norm;
        self
    }
}

impl From<isize> for Transform {
    fn from(axis: isize) -> Self {
        Self::along(axis)
    }
}

/// The four transforms.
#[derive(Clone, Copy)]
enum Which {
    Forward,
    Inverse,
    Real,
    RealInverse,
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Self::Forward => "fft",
            Self::Inverse => "ifft",
            Self::Real => "rfft",
            Self::RealInverse => "irfft",
        }
    }
}

/// A transform of each block.
struct Each {
    name: &'static str,
    kernel: Arc<Kernel>,
    grid: Vec<usize>,
}

impl Layer for Each {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let places = at.iter().zip(&self.grid);
        let block = places.fold(0, |block, (&at, &blocks)| block * blocks + at);
        BlockTask::kernel(self.kernel.clone(), [BlockRef::new(0, block)])
    }
}

impl Array {
    /// The discrete Fourier transform along an axis, as numpy's `fft.fft`: `complex64` for `float32`
    /// and `complex64`, else `complex128`.
    ///
    /// The axis must be known and lie in one chunk; the others can be cut in any way and be unknown.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1.0, 2.0, 0.0, -1.0], Chunks::whole())?;
    /// let points = x.fft(-1)?.to_local_here::<num_complex::Complex<f64>>()?;
    /// assert_eq!(points[[0]].re, 2.0);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state, the axis does not exist, is of unknown length, lies in
    /// several chunks (the error says how to rechunk), or there are no points.
    pub fn fft(&self, transform: impl Into<Transform>) -> Result<Self> {
        self.transformed(Which::Forward, transform.into())
    }

    /// The inverse of [`Array::fft`].
    ///
    /// # Errors
    /// As [`Array::fft`].
    pub fn ifft(&self, transform: impl Into<Transform>) -> Result<Self> {
        self.transformed(Which::Inverse, transform.into())
    }

    /// The first half, `n / 2 + 1` points, of the transform of real numbers, which determines the
    /// other.
    ///
    /// # Errors
    /// As [`Array::fft`], and for complex numbers.
    pub fn rfft(&self, transform: impl Into<Transform>) -> Result<Self> {
        self.transformed(Which::Real, transform.into())
    }

    /// The inverse of [`Array::rfft`]: real numbers, `2 (m - 1)` of `m` points if no length is said.
    ///
    /// # Errors
    /// As [`Array::fft`].
    pub fn irfft(&self, transform: impl Into<Transform>) -> Result<Self> {
        self.transformed(Which::RealInverse, transform.into())
    }

    /// The transforms along several axes, one after another, as numpy's `fft.fftn`. Each axis must
    /// be known and lie in one chunk.
    ///
    /// # Errors
    /// As [`Array::fft`], for each axis.
    pub fn fftn(&self, axes: impl IntoIterator<Item = impl Into<Transform>>) -> Result<Self> {
        self.along_all(Which::Forward, axes)
    }

    /// The inverse of [`Array::fftn`].
    ///
    /// # Errors
    /// As [`Array::fft`], for each axis.
    pub fn ifftn(&self, axes: impl IntoIterator<Item = impl Into<Transform>>) -> Result<Self> {
        self.along_all(Which::Inverse, axes)
    }

    /// The transforms of real numbers along several axes, as numpy's `fft.rfftn`: along the last that
    /// is named as [`Array::rfft`], so that half of the points are made, along the others as
    /// [`Array::fft`].
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    /// use taskloom_array::fourier::Transform;
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], Chunks::whole())?;
    /// let half = x.rfftn([0, 1])?;
    /// assert_eq!(half.shape(), [Some(2), Some(2)]);
    /// let back = half.irfftn([Transform::along(0), Transform::along(1).to_len(3)])?;
    /// assert!((back - &x).abs().max().to_local_here::<f64>()?[[]] < 1e-12);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Array::rfft`], for each axis, and if none is named.
    pub fn rfftn(&self, axes: impl IntoIterator<Item = impl Into<Transform>>) -> Result<Self> {
        let (last, others) = split_last("rfftn", axes)?;
        let half = self.transformed(Which::Real, last)?;
        half.along_all(Which::Forward, others)
    }

    /// The inverse of [`Array::rfftn`]: real numbers, along the last axis that is named `2 (m - 1)` of
    /// `m` points if no length is said.
    ///
    /// # Errors
    /// As [`Array::fft`], for each axis, and if none is named.
    pub fn irfftn(&self, axes: impl IntoIterator<Item = impl Into<Transform>>) -> Result<Self> {
        let (last, others) = split_last("irfftn", axes)?;
        let whole = self.along_all(Which::Inverse, others)?;
        whole.transformed(Which::RealInverse, last)
    }

    /// The transform along the last two axes.
    ///
    /// # Errors
    /// As [`Array::fft`], for both axes.
    pub fn fft2(&self) -> Result<Self> {
        self.fftn([-2, -1])
    }

    /// The inverse of [`Array::fft2`].
    ///
    /// # Errors
    /// As [`Array::fft`], for both axes.
    pub fn ifft2(&self) -> Result<Self> {
        self.ifftn([-2, -1])
    }

    /// The transform of real numbers along the last two axes, half of it along the last.
    ///
    /// # Errors
    /// As [`Array::rfft`], for both axes.
    pub fn rfft2(&self) -> Result<Self> {
        self.rfftn([-2, -1])
    }

    /// The inverse of [`Array::rfft2`], of an even number of points along the last axis; for others,
    /// see [`Array::irfftn`].
    ///
    /// # Errors
    /// As [`Array::fft`], for both axes.
    pub fn irfft2(&self) -> Result<Self> {
        self.irfftn([-2, -1])
    }

    /// The array with the point of frequency 0 moved from the start to the middle along these axes,
    /// as numpy's `fft.fftshift`. The axes can be cut in any way.
    ///
    /// # Errors
    /// If the array is in the failed state, an axis does not exist, or its chunk sizes are unknown.
    pub fn fftshift(&self, axes: impl IntoIterator<Item = isize>) -> Result<Self> {
        self.shifted("fftshift", axes, |len| len / 2)
    }

    /// The inverse of [`Array::fftshift`].
    ///
    /// # Errors
    /// As [`Array::fftshift`].
    pub fn ifftshift(&self, axes: impl IntoIterator<Item = isize>) -> Result<Self> {
        self.shifted("ifftshift", axes, |len| len.div_ceil(2))
    }

    fn shifted(
        &self,
        name: &'static str,
        axes: impl IntoIterator<Item = isize>,
        by: fn(usize) -> usize,
    ) -> Result<Self> {
        self.check()?;
        let mut array = self.clone();
        for axis in axes {
            let at = axis_of(name, axis, self.ndim())?;
            let Some(len) = self.axes()[at].len() else {
                return Err(self.unknown(name, at));
            };
            array = array.roll(i64::try_from(by(len)).unwrap_or(i64::MAX), axis)?;
        }
        Ok(array)
    }

    /// The frequencies of the points of a transform of length `n` of samples `spacing` apart, as
    /// numpy's `fft.fftfreq`: 0 and the positive ones, then the negative ones.
    ///
    /// # Errors
    /// If there are no points or more than memory holds, or the chunks do not fit.
    pub fn fftfreq(n: usize, spacing: f64, chunks: impl Into<Chunks>) -> Result<Self> {
        let unit = 1.0 / (n as f64 * spacing);
        let negative = n.div_ceil(2);
        let number = |at: usize| match at < negative {
            true => at as f64,
            false => at as f64 - n as f64,
        };
        frequencies("fftfreq", n, n, chunks, |at| number(at) * unit)
    }

    /// The frequencies of the points of [`Array::rfft`] of length `n`, as numpy's `fft.rfftfreq`.
    ///
    /// # Errors
    /// As [`Array::fftfreq`].
    pub fn rfftfreq(n: usize, spacing: f64, chunks: impl Into<Chunks>) -> Result<Self> {
        let unit = 1.0 / (n as f64 * spacing);
        frequencies("rfftfreq", n, n / 2 + 1, chunks, |at| at as f64 * unit)
    }

    fn along_all(
        &self,
        which: Which,
        axes: impl IntoIterator<Item = impl Into<Transform>>,
    ) -> Result<Self> {
        self.check()?;
        let mut array = self.clone();
        for axis in axes {
            array = array.transformed(which, axis.into())?;
        }
        Ok(array)
    }

    fn transformed(&self, which: Which, transform: Transform) -> Result<Self> {
        let name = which.name();
        self.check()?;
        let axis = axis_of(name, transform.axis, self.ndim())?;
        let cut = &self.axes()[axis];
        let Some(len) = cut.len() else {
            return Err(self.unknown(name, axis));
        };
        if cut.blocks() != 1 {
            return Err(ArrayError::value(
                name,
                format!(
                    "axis {axis} of {} is in {} chunks {cut} and has to be in one: rechunk it, \
                     with `Chunk::Whole` for axis {axis}",
                    self.name(),
                    cut.blocks()
                ),
            ));
        }
        if self.dtype().is_complex() && matches!(which, Which::Real) {
            return Err(ArrayError::DType {
                operation: name.to_owned(),
                dtype: self.dtype(),
                reason: ": it is for real numbers, use `fft`".to_owned(),
            });
        }
        let points = transform.len.unwrap_or(match which {
            Which::RealInverse => len.saturating_sub(1).saturating_mul(2),
            _ => len,
        });
        if points == 0 {
            let reason = format!("there are no points along axis {axis}");
            return Err(ArrayError::value(name, reason));
        }
        let norm = transform.norm;
        let (kernel, made) = match which {
            Which::Forward | Which::Inverse => {
                let inverse = matches!(which, Which::Inverse);
                let kernel = Fourier::Complex {
                    inverse,
                    axis,
                    len: points,
                    norm,
                };
                (kernel, points)
            }
            Which::Real => {
                let len = points;
                (Fourier::Real { axis, len, norm }, points / 2 + 1)
            }
            Which::RealInverse => {
                let len = points;
                (Fourier::RealInverse { axis, len, norm }, points)
            }
        };
        let single = matches!(self.dtype(), DType::F32 | DType::C64);
        let dtype = match (which, single) {
            (Which::RealInverse, true) => DType::F32,
            (Which::RealInverse, false) => DType::F64,
            (_, true) => DType::C64,
            (_, false) => DType::C128,
        };
        let mut axes = self.axes().to_vec();
        axes[axis] = Axis::single(made);
        let layer = Each {
            name,
            kernel: Arc::new(Kernel::Fourier(kernel)),
            grid: self.numblocks(),
        };
        Ok(Self::from_layer(layer, &[self], dtype, axes))
    }
}

/// The last transform, and those before it.
fn split_last(
    operation: &str,
    axes: impl IntoIterator<Item = impl Into<Transform>>,
) -> Result<(Transform, Vec<Transform>)> {
    let mut axes: Vec<Transform> = axes.into_iter().map(Into::into).collect();
    let last = axes.pop();
    let none = || ArrayError::value(operation, "no axis is named");
    Ok((last.ok_or_else(none)?, axes))
}

/// The most frequencies: they are made here and sent.
const FREQUENCIES_MAX: usize = 1 << 28;

fn frequencies(
    name: &'static str,
    n: usize,
    count: usize,
    chunks: impl Into<Chunks>,
    frequency: impl Fn(usize) -> f64,
) -> Result<Array> {
    if n == 0 || count > FREQUENCIES_MAX {
        let reason = format!("{n} points; 1 to {FREQUENCIES_MAX} are possible");
        return Err(ArrayError::value(name, reason));
    }
    let values = ndarray::Array1::from_iter((0..count).map(frequency));
    Array::from_ndarray(&values, chunks)
}
