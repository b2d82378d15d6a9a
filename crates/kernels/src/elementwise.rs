//! Element by element.

use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, one, single};
use serde::{Deserialize, Serialize};

/// Element by element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Elementwise {
    /// The block itself.
    Pass,
}

impl Elementwise {
    pub(crate) fn name(&self) -> &'static str {
        "pass"
    }

    pub(crate) fn class(&self) -> Class {
        Class::Inline
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        Ok(single(one(self.name(), inputs)?))
    }
}
