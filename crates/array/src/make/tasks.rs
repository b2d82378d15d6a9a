//! Arrays whose blocks are made by tasks of the user.

use crate::array::Array;
use crate::axis::{Axis, MAX_BLOCKS};
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockTask, Layer, Work};
use crate::node::{Axes, place};
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_kernels::{Block, DType};
use taskloom_task::TaskCall;

/// Which block of an array a task is to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPlace {
    /// Its place in the grid of blocks.
    pub at: Vec<usize>,
    /// Where it begins along each axis, in elements; `None` where a length before it is unknown.
    pub starts: Vec<Option<usize>>,
    /// Its lengths, where they are known.
    pub lengths: Vec<Option<usize>>,
}

type MakesCall = dyn Fn(&BlockPlace) -> TaskCall<Block> + Send + Sync;

impl Array {
    /// An array whose blocks are the results of tasks: `call` gives the call that makes the block at
    /// a place. The axes say how the array is cut; where a length is not known before the task has
    /// run, the axis is one of [`Array::unknown_axis`]. When the array is computed, blocks are
    /// checked against dtype and axes.
    ///
    /// ```
    /// use taskloom_array::{Array, Axis, Block, DType};
    /// use taskloom_task::task;
    ///
    /// #[task(crate = taskloom_task)]
    /// fn day(number: usize) -> Block {
    ///     Block::vector(vec![number as f32; 3])
    /// }
    ///
    /// let axes = [Axis::regular(6, 3)];
    /// let x = Array::from_block_tasks(axes, DType::F32, |place| day::task(place.at[0]))?;
    /// assert_eq!(x.to_local_here::<f32>()?.sum(), 3.0);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If a call cannot be made: its arguments cannot be encoded. If an axis has no blocks, as one
    /// that was to have more than [`MAX_BLOCKS`].
    pub fn from_block_tasks(
        axes: impl IntoIterator<Item = Axis>,
        dtype: DType,
        call: impl Fn(&BlockPlace) -> TaskCall<Block> + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::of_tasks("from-block-tasks", axes, dtype, Arc::new(call))
    }

    pub(crate) fn of_tasks(
        name: &'static str,
        axes: impl IntoIterator<Item = Axis>,
        dtype: DType,
        call: Arc<MakesCall>,
    ) -> Result<Self> {
        let axes: Axes = axes.into_iter().collect();
        if let Some(at) = axes.iter().position(|axis| axis.blocks() == 0) {
            let reason = format!(
                "axis {at} has no blocks, or more than {MAX_BLOCKS}; one without elements has a \
                 block of length 0"
            );
            return Err(ArrayError::value(name, reason));
        }
        let count = axes
            .iter()
            .try_fold(1_usize, |n, axis| n.checked_mul(axis.blocks()))
            .ok_or_else(|| ArrayError::value(name, "there are more blocks than can be counted"))?;
        let layer = Tasks {
            name,
            digest: [0; 16],
            axes: axes.clone(),
            offsets: axes.iter().map(offsets).collect(),
            call,
        };
        // The key of a call is a hash of all that it is.
        let mut identity = Identity::new("calls");
        let mut at = SmallVec::new();
        for block in 0..count {
            place(&axes, block, &mut at);
            let parts = (layer.call)(&layer.place(&at)).into_parts()?;
            identity.bytes(parts.key.as_bytes());
        }
        let digest = identity.digest();
        Ok(Self::from_layer(
            Tasks { digest, ..layer },
            &[],
            dtype,
            axes,
        ))
    }
}

/// Where the blocks of an axis begin, as far as that is known.
fn offsets(axis: &Axis) -> Vec<Option<usize>> {
    let lengths = axis.lengths().iter();
    lengths
        .scan(Some(0_usize), |end, len| {
            let start = *end;
            *end = start
                .zip(*len)
                .and_then(|(start, len)| start.checked_add(len));
            Some(start)
        })
        .collect()
}

struct Tasks {
    name: &'static str,
    digest: [u8; 16],
    axes: Axes,
    offsets: Vec<Vec<Option<usize>>>,
    call: Arc<MakesCall>,
}

impl Tasks {
    fn place(&self, at: &[usize]) -> BlockPlace {
        let each = self.axes.iter().zip(&self.offsets).zip(at);
        BlockPlace {
            at: at.to_vec(),
            starts: each
                .clone()
                .map(|((_, offsets), &at)| offsets.get(at).copied().flatten())
                .collect(),
            lengths: each.map(|((axis, _), &at)| axis.length(at)).collect(),
        }
    }
}

impl Layer for Tasks {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.bytes(&self.digest);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let (call, place) = (self.call.clone(), self.place(at));
        BlockTask {
            work: Work::task(move |_| call(&place)),
            inputs: SmallVec::new(),
            align: None,
        }
    }
}
