//! What a step of a program does.

use crate::block::Block;
use crate::elementwise::Elementwise;
use crate::error::KernelError;
use crate::fourier::Fourier;
use crate::index::Index;
use crate::linalg::Linalg;
use crate::make::Make;
use crate::multiply::Multiply;
use crate::order::Order;
use crate::reduce::Reduce;
use crate::scan::Scan;
use crate::shape::Reshape;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// What a kernel makes: most make one block, factorizations and partial results several.
pub type Outputs = SmallVec<[Block; 1]>;

/// How a kernel may be put together with others in one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Element by element, or another view of the same elements: goes into the task of whoever uses
    /// its result, if that is one task.
    Inline,
    /// A smaller part of its one input: goes into the task of its one user if it is the only thing
    /// which that takes. Else it is cut out where the whole lies, and only the part travels.
    Part,
    /// Made of nothing at next to no cost: goes into the task of each who uses it.
    Source,
    /// Work of its own: what it needs may go into its task, but it goes into no other.
    Task,
}

/// What one step of a program does, with its parameters. The families are in modules of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kernel {
    /// Element by element.
    Elementwise(Elementwise),
    /// New elements of nothing.
    Make(Make),
    /// Fewer elements along some axes.
    Reduce(Reduce),
    /// Running results along an axis.
    Scan(Scan),
    /// Sorting, counting, searching.
    Order(Order),
    /// Elements by their places, masks, and assignment.
    Index(Index),
    /// The same elements in another shape or arrangement.
    Reshape(Reshape),
    /// Products of matrices and tensors.
    Multiply(Multiply),
    /// Factorizations and solutions.
    Linalg(Linalg),
    /// Fourier transforms.
    Fourier(Fourier),
}

macro_rules! families {
    ($self:expr, $kernel:ident => $body:expr) => {
        match $self {
            Kernel::Elementwise($kernel) => $body,
            Kernel::Make($kernel) => $body,
            Kernel::Reduce($kernel) => $body,
            Kernel::Scan($kernel) => $body,
            Kernel::Order($kernel) => $body,
            Kernel::Index($kernel) => $body,
            Kernel::Reshape($kernel) => $body,
            Kernel::Multiply($kernel) => $body,
            Kernel::Linalg($kernel) => $body,
            Kernel::Fourier($kernel) => $body,
        }
    };
}

impl Kernel {
    /// What it is called: in the names of tasks and in errors.
    pub fn name(&self) -> &'static str {
        families!(self, kernel => kernel.name())
    }

    /// How it may be put together with others.
    pub fn class(&self) -> Class {
        families!(self, kernel => kernel.class())
    }

    /// Runs it. Blocks that nobody else has may be reused for the result.
    ///
    /// # Errors
    /// If the blocks are not what it is for: their number, dtypes, shapes or values.
    pub fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        families!(self, kernel => kernel.run(inputs))
    }
}

/// The one input of a kernel that takes one.
///
/// # Errors
/// If there are more or fewer.
pub(crate) fn one(name: &str, inputs: Vec<Block>) -> Result<Block, KernelError> {
    let [block] = inputs_of(name, inputs)?;
    Ok(block)
}

/// The inputs of a kernel that takes a fixed number of them.
///
/// # Errors
/// If there are more or fewer.
pub(crate) fn inputs_of<const N: usize>(
    name: &str,
    inputs: Vec<Block>,
) -> Result<[Block; N], KernelError> {
    <[Block; N]>::try_from(inputs).map_err(|inputs| {
        KernelError::Program(format!(
            "{name} takes {N} blocks and was given {}",
            inputs.len()
        ))
    })
}

/// The outputs of a kernel that makes one block.
pub(crate) fn single(block: Block) -> Outputs {
    let mut outputs = Outputs::new();
    outputs.push(block);
    outputs
}
