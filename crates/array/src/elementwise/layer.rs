//! The layer of an operation element by element.

use super::join::{Joined, join};
use crate::array::Array;
use crate::error::Result;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_kernels::elementwise::Elementwise;
use taskloom_kernels::{Align, Extent, Kernel};

/// An operation on arrays that are cut alike.
struct Elements {
    kernel: Elementwise,
    /// The same, as each block's task takes it.
    work: Arc<Kernel>,
    inputs: SmallVec<[Input; 2]>,
    /// The names of the arrays, if their blocks are to be compared when they are there.
    names: Option<SmallVec<[String; 2]>>,
}

/// How the blocks of the result follow from those of an input.
struct Input {
    /// How many axes the result has before the first of the input.
    skipped: usize,
    /// The number of blocks along each axis of the input.
    blocks: SmallVec<[usize; 4]>,
    /// A bit for each axis of the result along which the input is stretched.
    stretched: u64,
}

/// The operation on arrays.
///
/// # Errors
/// If an array is in the failed state, or they do not go together.
#[track_caller]
pub(crate) fn apply(kernel: Elementwise, arrays: &[&Array]) -> Result<Array> {
    let Joined {
        arrays,
        axes,
        unknown,
    } = join(kernel.name(), arrays)?;
    let inputs = arrays.iter().map(|array| {
        let skipped = axes.len() - array.ndim();
        let ones = array.axes().iter().enumerate();
        let ones = ones.filter(|(_, axis)| axis.is_one());
        let stretched = ones.fold(0_u64, |bits, (at, _)| {
            bits | 1_u64.checked_shl((at + skipped) as u32).unwrap_or(0)
        });
        Input {
            skipped,
            blocks: array.axes().iter().map(|axis| axis.blocks()).collect(),
            stretched,
        }
    });
    let layer = Elements {
        inputs: inputs.collect(),
        names: unknown.then(|| arrays.iter().map(Array::name).collect()),
        work: Arc::new(Kernel::Elementwise(kernel.clone())),
        kernel,
    };
    let dtype = layer.kernel.result();
    let arrays: Vec<&Array> = arrays.iter().collect();
    let array = Array::from_layer(layer, &arrays, dtype, axes);
    array.check()?;
    Ok(array)
}

impl Layer for Elements {
    fn name(&self) -> &'static str {
        self.kernel.name()
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let inputs = self.inputs.iter().enumerate().map(|(place, input)| {
            let own = at.iter().skip(input.skipped).zip(&input.blocks);
            let block = own.fold(0, |block, (&at, &blocks)| {
                // The only block along an axis is there for all of the result's.
                block * blocks + if blocks == 1 { 0 } else { at }
            });
            BlockRef::new(place, block)
        });
        let mut task = BlockTask::kernel(self.work.clone(), inputs);
        task.align = self.names.as_ref().map(|names| {
            Box::new(Align {
                names: names.clone(),
                block: Extent::from_slice(at),
                stretch: self.inputs.iter().map(|input| input.stretched).collect(),
            })
        });
        task
    }

    fn again(&self, inputs: &[Array]) -> Option<Array> {
        let inputs: Vec<&Array> = inputs.iter().collect();
        apply(self.kernel.clone(), &inputs).ok()
    }
}
