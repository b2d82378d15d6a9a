//! Fourier transforms along one axis of a block.

mod transform;

#[cfg(test)]
mod tests;

use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, one, single};
use serde::{Deserialize, Serialize};

/// Discrete Fourier transforms along one axis, with numpy's definitions and dtypes: `float32` and
/// `complex64` give `complex64`, all others `complex128`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fourier {
    /// Complex to complex.
    Complex {
        /// Which way.
        inverse: bool,
        /// Along which axis.
        axis: usize,
        /// The length that the axis is cut or filled with zeros to.
        len: usize,
        /// Where the factor `1/n` stands.
        norm: Norm,
    },
    /// Real to complex: the first half of the result, which determines the other.
    Real {
        /// Along which axis.
        axis: usize,
        /// The length that the axis is cut or filled with zeros to.
        len: usize,
        /// Where the factor `1/n` stands.
        norm: Norm,
    },
    /// Half of a result to the real numbers that it is the transform of.
    RealInverse {
        /// Along which axis.
        axis: usize,
        /// The length of the result.
        len: usize,
        /// Where the factor `1/n` stands.
        norm: Norm,
    },
}

/// Where the factor `1/n` stands of a transform and its inverse, by numpy's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Norm {
    /// At the inverse.
    #[default]
    Backward,
    /// The square root of it at both.
    Ortho,
    /// At the transform.
    Forward,
}

impl Fourier {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Complex { inverse: false, .. } => "fft",
            Self::Complex { inverse: true, .. } => "ifft",
            Self::Real { .. } => "rfft",
            Self::RealInverse { .. } => "irfft",
        }
    }

    pub(crate) fn class(&self) -> Class {
        Class::Task
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        transform::transform(self, &one(self.name(), inputs)?).map(single)
    }
}
