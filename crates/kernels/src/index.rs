//! Elements by their places, masks, and assignment.

use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, one, single};
use serde::{Deserialize, Serialize};

/// Elements by their places, masks, and assignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Index {
    /// The block itself.
    Pass,
}

impl Index {
    pub(crate) fn name(&self) -> &'static str {
        "pass"
    }

    pub(crate) fn class(&self) -> Class {
        Class::Task
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        Ok(single(one(self.name(), inputs)?))
    }
}
