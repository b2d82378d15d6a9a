//! New elements of nothing.

use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, inputs_of, single};
use serde::{Deserialize, Serialize};

/// New elements of nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Make {
    /// Zeros of a shape.
    Zeros {
        /// The dtype.
        dtype: DType,
        /// The shape of the block.
        shape: Extent,
    },
}

impl Make {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Zeros { .. } => "zeros",
        }
    }

    pub(crate) fn class(&self) -> Class {
        Class::Source
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let [] = inputs_of(self.name(), inputs)?;
        match self {
            Self::Zeros { dtype, shape } => {
                let len = shape.iter().product();
                crate::dispatch!(*dtype, T => Ok(single(Block::new(
                    vec![<T as crate::Element>::ZERO; len],
                    shape,
                )?)))
            }
        }
    }
}
