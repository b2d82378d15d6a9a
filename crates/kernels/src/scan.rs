//! Running results along an axis.

use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, one, single};
use serde::{Deserialize, Serialize};

/// Running results along an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Scan {
    /// The block itself.
    Pass,
}

impl Scan {
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
