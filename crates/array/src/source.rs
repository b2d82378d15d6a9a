//! Arrays of blocks that are there already: here, or on the cluster.

use crate::array::Array;
use crate::axis::{Axis, MAX_BLOCKS};
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockTask, Layer, Leaf, Work};
use crate::node::{Axes, Node};
use ndarray::{ArrayBase, ArrayD, Data, Dimension, IxDyn, SliceInfoElem};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use taskloom_client::Client;
use taskloom_core::ClientId;
use taskloom_kernels::{Block, DType, Element};
use taskloom_task::TaskFuture;

/// Blocks in this process, and where they lie on clusters once they were sent.
pub(crate) struct LocalBlocks {
    blocks: Vec<Block>,
    sent: Mutex<FxHashMap<(ClientId, usize), TaskFuture<Block>>>,
}

impl LocalBlocks {
    fn new(blocks: Vec<Block>) -> Self {
        Self {
            blocks,
            sent: Mutex::default(),
        }
    }

    /// A block.
    pub(crate) fn block(&self, at: usize) -> Option<&Block> {
        self.blocks.get(at)
    }

    /// The future of a block that was sent by this client and is still there.
    pub(crate) fn sent(&self, client: ClientId, at: usize) -> Option<TaskFuture<Block>> {
        let sent = self.lock();
        let future = sent.get(&(client, at))?;
        future.exception().is_none().then(|| future.clone())
    }

    /// Keeps the future of a block that was sent.
    pub(crate) fn keep(&self, client: ClientId, at: usize, future: TaskFuture<Block>) {
        self.lock().insert((client, at), future);
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<(ClientId, usize), TaskFuture<Block>>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The layer of blocks that are there.
struct There {
    name: &'static str,
    /// What the contents are.
    digest: [u8; 16],
    leaf: Leaf,
}

impl Layer for There {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.bytes(&self.digest);
    }

    fn block(&self, _at: &[usize]) -> BlockTask {
        BlockTask {
            work: Work::Alias,
            inputs: SmallVec::new(),
            align: None,
        }
    }

    fn leaf(&self) -> Option<&Leaf> {
        Some(&self.leaf)
    }
}

fn leaf(
    name: &'static str,
    digest: [u8; 16],
    leaf: Leaf,
    dtype: DType,
    axes: Axes,
    client: Option<Client>,
) -> Array {
    let layer = There { name, digest, leaf };
    Array::of_node(Node::new(Box::new(layer), Vec::new(), dtype, axes), client)
}

/// The node that arrays in the failed state without operands show.
pub(crate) fn nothing() -> Arc<Node> {
    let leaf_of_nothing = Leaf::Local(LocalBlocks::new(vec![Block::vector(Vec::<f64>::new())]));
    let axes = [Axis::single(0)].into_iter().collect();
    let array = leaf("nothing", [0; 16], leaf_of_nothing, DType::F64, axes, None);
    array.node().clone()
}

impl Array {
    /// An array of values that are here, cut into chunks. They are sent to workers when something
    /// is computed of them, and stay there while the array is in use.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1.0, 2.0, 3.0], Chunks::of([2]))?;
    /// assert_eq!(x.chunks(), [[Some(2), Some(1)]]);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the chunks do not fit the shape.
    pub fn from_ndarray<T, S, D>(
        values: &ArrayBase<S, D>,
        chunks: impl Into<Chunks>,
    ) -> Result<Self>
    where
        T: Element,
        S: Data<Elem = T>,
        D: Dimension,
    {
        let axes = chunks
            .into()
            .cut("from_ndarray", values.shape(), T::DTYPE)?;
        let values = values.view().into_dyn();
        let mut identity = Identity::new("values");
        let mut blocks = Vec::new();
        for ranges in grid_of_ranges(&axes)? {
            let part = values.slice_each_axis(|axis| {
                let (start, end) = ranges[axis.axis.index()];
                ndarray::Slice::from(start..end)
            });
            let mut copy = ArrayD::from_elem(part.raw_dim(), T::ZERO);
            copy.assign(&part);
            if let Some(row) = copy.as_slice() {
                identity.bytes(bytemuck::cast_slice(row));
            }
            blocks.push(Block::from(copy));
        }
        let blocks = Leaf::Local(LocalBlocks::new(blocks));
        let digest = identity.digest();
        Ok(leaf("array", digest, blocks, T::DTYPE, axes, None))
    }

    /// An array of one block for values that are here, of any dtype.
    pub fn from_block(block: Block) -> Self {
        let axes: Axes = block.shape().iter().map(|&len| Axis::single(len)).collect();
        let (digest, dtype) = (digest_of([&block]), block.dtype());
        leaf(
            "array",
            digest,
            Leaf::Local(LocalBlocks::new(vec![block])),
            dtype,
            axes,
            None,
        )
    }

    /// An array of blocks in the order of their places, `grid` of them along each axis. Their
    /// lengths are looked at.
    ///
    /// # Errors
    /// If their number is not that of the grid, or their dtypes, numbers of axes or lengths differ.
    pub fn from_blocks(blocks: Vec<Block>, grid: &[usize]) -> Result<Self> {
        const OPERATION: &str = "from_blocks";
        let count = grid
            .iter()
            .try_fold(1_usize, |n, &blocks| n.checked_mul(blocks));
        let (Some(first), true) = (blocks.first(), count == Some(blocks.len())) else {
            let reason = format!("{} blocks do not fill a grid of {grid:?}", blocks.len());
            return Err(ArrayError::value(OPERATION, reason));
        };
        let dtype = first.dtype();
        if let Some(other) = blocks
            .iter()
            .find(|b| b.dtype() != dtype || b.ndim() != grid.len())
        {
            let reason = format!(
                "all blocks are to be {dtype} of {} axes, and one is {} of {}",
                grid.len(),
                other.dtype(),
                other.ndim()
            );
            return Err(ArrayError::value(OPERATION, reason));
        }
        let axes = axes_of_blocks(OPERATION, &blocks, grid)?;
        let digest = digest_of(&blocks);
        Ok(leaf(
            "array",
            digest,
            Leaf::Local(LocalBlocks::new(blocks)),
            dtype,
            axes,
            None,
        ))
    }

    /// An array of futures of blocks in the order of their places. The axes say how they are cut; a
    /// length that is not known is `None` ([`Array::unknown_axis`] makes such an axis).
    ///
    /// # Errors
    /// If the number of futures is not that of the blocks.
    pub fn from_futures(
        client: &Client,
        futures: Vec<TaskFuture<Block>>,
        dtype: DType,
        axes: impl IntoIterator<Item = Axis>,
    ) -> Result<Self> {
        let axes: Axes = axes.into_iter().collect();
        let count = axes
            .iter()
            .try_fold(1_usize, |n, axis| n.checked_mul(axis.blocks()));
        if count != Some(futures.len()) || futures.is_empty() {
            let reason = format!("{} futures do not fill axes of {axes:?}", futures.len());
            return Err(ArrayError::value("from_futures", reason));
        }
        Ok(Self::on_cluster(
            "from-futures",
            client,
            futures,
            dtype,
            axes,
        ))
    }

    /// An unknown axis of so many blocks. Two axes of the same name are taken as cut alike. More than
    /// [`MAX_BLOCKS`] are not made, as in [`Axis::regular`].
    pub fn unknown_axis(name: &str, blocks: usize) -> Axis {
        if blocks > MAX_BLOCKS {
            return Axis::opaque(0);
        }
        let mut identity = Identity::new("named axis");
        identity.text(name).number(blocks as u64);
        Axis::unknown(blocks, &identity, format!("the axis {name:?}"))
    }

    /// An array of futures whose number fits.
    pub(crate) fn on_cluster(
        name: &'static str,
        client: &Client,
        futures: Vec<TaskFuture<Block>>,
        dtype: DType,
        axes: Axes,
    ) -> Self {
        let mut identity = Identity::new("futures");
        futures.iter().for_each(|future| {
            identity.bytes(future.key().as_bytes());
        });
        let (digest, futures) = (identity.digest(), Leaf::Futures(futures));
        leaf(name, digest, futures, dtype, axes, Some(client.clone()))
    }

    /// As this array, of blocks that were computed here.
    pub(crate) fn computed_here(&self, blocks: Vec<Block>, axes: Axes) -> Self {
        let blocks = Leaf::Local(LocalBlocks::new(blocks));
        let digest = *self.node().id().as_bytes();
        leaf(
            "here",
            digest,
            blocks,
            self.dtype(),
            axes,
            self.client().cloned(),
        )
    }
}

fn digest_of<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> [u8; 16] {
    let mut identity = Identity::new("values");
    for block in blocks {
        identity.numbers(block.shape().iter().copied());
        let row = block.contiguous();
        taskloom_kernels::dispatch!(row.dtype(), T => {
            if let Ok(Some(row)) = row.as_slice::<T>() {
                identity.bytes(bytemuck::cast_slice(row));
            }
        });
    }
    identity.digest()
}

/// Where a block begins and ends along each axis.
pub(crate) type Ranges = SmallVec<[(usize, usize); 4]>;

/// The ranges of each block of known axes, in C order of the blocks.
pub(crate) fn grid_of_ranges(axes: &[Axis]) -> Result<Vec<Ranges>> {
    let mut ranges = vec![SmallVec::new()];
    for axis in axes {
        let offsets = axis.offsets().unwrap_or_default();
        let mut longer = Vec::with_capacity(ranges.len().saturating_mul(axis.blocks()));
        for range in &ranges {
            for window in offsets.windows(2) {
                let mut range: Ranges = range.clone();
                range.push((window[0], window[1]));
                longer.push(range);
            }
        }
        ranges = longer;
    }
    Ok(ranges)
}

/// The axes of blocks in a grid.
///
/// # Errors
/// If blocks that stand in a row have different lengths across it.
pub(crate) fn axes_of_blocks(operation: &str, blocks: &[Block], grid: &[usize]) -> Result<Axes> {
    let mut lengths: Vec<Vec<Option<usize>>> = grid.iter().map(|&n| vec![None; n]).collect();
    for (number, block) in blocks.iter().enumerate() {
        let mut rest = number;
        for axis in (0..grid.len()).rev() {
            let at = rest % grid[axis].max(1);
            rest /= grid[axis].max(1);
            let len = block.len_of(axis);
            let known = lengths[axis][at].get_or_insert(len);
            if *known != len {
                return Err(ArrayError::value(
                    operation,
                    format!(
                        "block {number} has {len} elements along axis {axis}, and others at the \
                         same place have {known}"
                    ),
                ));
            }
        }
    }
    let axes = lengths.into_iter();
    Ok(axes
        .map(|axis| Axis::known(axis.into_iter().flatten()))
        .collect())
}

/// Puts blocks in a grid together to one.
///
/// # Errors
/// If blocks that stand in a row have different lengths across it, or another dtype.
pub(crate) fn assemble(
    operation: &str,
    blocks: Vec<Block>,
    grid: &[usize],
    dtype: DType,
) -> Result<Block> {
    let axes = axes_of_blocks(operation, &blocks, grid)?;
    if let ([block], true) = (blocks.as_slice(), blocks.len() == 1) {
        return Ok(block.clone());
    }
    let shape: SmallVec<[usize; 4]> = axes.iter().map(|axis| axis.len().unwrap_or(0)).collect();
    let ranges = grid_of_ranges(&axes)?;
    taskloom_kernels::dispatch!(dtype, T => {
        let mut whole = ArrayD::<T>::from_elem(IxDyn(&shape), <T as Element>::ZERO);
        for (block, ranges) in blocks.iter().zip(ranges) {
            let slices: Vec<SliceInfoElem> = ranges
                .iter()
                .map(|&(start, end)| SliceInfoElem::from(start..end))
                .collect();
            whole.slice_mut(slices.as_slice()).assign(&block.view::<T>()?);
        }
        Ok(Block::from(whole))
    })
}
