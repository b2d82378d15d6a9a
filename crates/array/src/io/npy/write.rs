//! Writing an array as one `.npy` file.

use super::header::Header;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::io::location::Location;
use crate::layer::{BlockRef, BlockTask, Layer, Work};
use crate::source::assemble;
use serde::{Deserialize, Serialize};
use taskloom_kernels::{Block, DType};
use taskloom_task::task;

/// Where a whole array goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Target {
    url: String,
    dtype: DType,
    /// How many blocks there are along each axis.
    grid: Vec<usize>,
}

impl Array {
    /// Writes the array as one `.npy` file, which one task does: the array has to fit into the memory
    /// of a worker ([`Array::to_npy_stack`] and [`Array::to_zarr`] write each block by itself). Chunk
    /// sizes need not be known. Workers must see the path or URL; a file that is there is replaced,
    /// when all is written.
    ///
    /// Nothing is written before the result is computed: an array of one element, the bytes of the
    /// file.
    ///
    /// ```
    /// use taskloom_array::{Array, DType};
    ///
    /// let x = Array::ones([3], DType::U8, [2]);
    /// let written = x.to_npy("memory://doc/ones.npy")?.compute_here()?;
    /// assert_eq!(written.item::<i64>()?, 128 + 3);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the place cannot be understood, or the array is in the failed state.
    pub fn to_npy(&self, url: &str) -> Result<Self> {
        self.check()?;
        let layer = Written(Target {
            url: Location::parse(url)?.url().to_owned(),
            dtype: self.dtype(),
            grid: self.numblocks(),
        });
        Ok(Self::from_layer(
            layer,
            &[self],
            DType::I64,
            [Axis::single(1)],
        ))
    }
}

struct Written(Target);

impl Layer for Written {
    fn name(&self) -> &'static str {
        "to_npy"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.0);
    }

    fn block(&self, _at: &[usize]) -> BlockTask {
        let target = self.0.clone();
        let blocks = self.0.grid.iter().product();
        BlockTask {
            work: Work::task(move |blocks| write_npy::task(target.clone(), blocks.to_vec())),
            inputs: (0..blocks).map(|block| BlockRef::new(0, block)).collect(),
            align: None,
        }
    }
}

#[task(crate = taskloom_task, name = "taskloom_array::write_npy", impure)]
fn write_npy(target: Target, blocks: Vec<Block>) -> Result<Block, ArrayError> {
    let location = Location::parse(&target.url)?;
    let whole = assemble("to_npy", blocks, &target.grid, target.dtype)?;
    write(&location, &whole)
}

/// Writes a block as a file, and gives the bytes of the file.
pub(super) fn write(location: &Location, block: &Block) -> Result<Block> {
    let header = Header::write(block.dtype(), block.shape());
    let elements = little_endian(block);
    let bytes = header.len() + elements.len();
    location.write(vec![header.into(), elements])?;
    Ok(Block::vector(vec![bytes as i64]))
}

/// The bytes of the elements in C order, least significant first.
fn little_endian(block: &Block) -> bytes::Bytes {
    let bytes = block.to_bytes();
    if cfg!(target_endian = "little") {
        return bytes;
    }
    let complex = usize::from(block.dtype().is_complex());
    super::read::swapped(&bytes, block.dtype().itemsize() >> complex)
}
