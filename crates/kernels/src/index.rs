//! Elements by their places, masks, and assignment.

use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, one, single};
use serde::{Deserialize, Serialize};

/// Elements by their places, masks, and assignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Index {
    /// The lengths of the block's axes, as `uint64`.
    Lengths,
}

impl Index {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Lengths => "lengths",
        }
    }

    pub(crate) fn class(&self) -> Class {
        Class::Task
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let block = one(self.name(), inputs)?;
        match self {
            Self::Lengths => {
                let lengths = block.shape().iter().map(|&len| len as u64);
                Ok(single(Block::vector(lengths.collect())))
            }
        }
    }
}
