//! The same elements in another shape or arrangement.

use crate::block::{Block, Extent};
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, one, single};
use serde::{Deserialize, Serialize};

/// The same elements in another shape or arrangement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reshape {
    /// The axes in another order: axis `i` of the result is axis `order[i]`.
    Transpose {
        /// The order.
        order: Extent,
    },
}

impl Reshape {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Transpose { .. } => "transpose",
        }
    }

    pub(crate) fn class(&self) -> Class {
        Class::Inline
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let block = one(self.name(), inputs)?;
        match self {
            Self::Transpose { order } => Ok(single(block.permuted(order)?)),
        }
    }
}
