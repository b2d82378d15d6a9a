//! How users say how an array is to be cut.

use crate::axis::{Axis, check_grid};
use crate::error::{ArrayError, Result};
use crate::node::Axes;
use taskloom_kernels::DType;

/// Bytes of a block where the cut is left to the library: large enough that the cost of a task does
/// not count, small enough that several fit a worker's memory and one fits its cache's reach.
pub const AUTO_BYTES: usize = 16 * 1024 * 1024;

/// How an array is to be cut along each axis.
///
/// ```
/// use taskloom_array::{Chunks, Chunk};
///
/// let blocks = Chunks::of([1000, 1000]);              // blocks of 1000 x 1000, the last ones smaller
/// let rows = Chunks::each([Chunk::Size(100), Chunk::Whole]);
/// let lists = Chunks::exact([vec![2, 3], vec![4]]);
/// let auto = Chunks::auto();                          // blocks of some megabytes
/// # let _ = (blocks, rows, lists, auto);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunks {
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Each(Vec<Chunk>),
    /// The same for all axes, however many there are.
    All(Chunk),
}

/// How an array is to be cut along one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunk {
    /// Blocks of this length; the last may be shorter.
    Size(usize),
    /// One block.
    Whole,
    /// Blocks of these lengths.
    Exact(Vec<usize>),
    /// As many as give blocks of [`AUTO_BYTES`], or of the bytes that [`Chunks::auto_bytes`] said.
    Auto(usize),
    /// As it is cut already; where nothing is cut yet, one block.
    Keep,
}

impl Chunks {
    /// Blocks of these lengths along each axis; the last ones may be shorter.
    pub fn of(sizes: impl IntoIterator<Item = usize>) -> Self {
        Self::each(sizes.into_iter().map(Chunk::Size))
    }

    /// Exactly these lengths along each axis.
    pub fn exact(lengths: impl IntoIterator<Item = Vec<usize>>) -> Self {
        Self::each(lengths.into_iter().map(Chunk::Exact))
    }

    /// Each axis as said.
    pub fn each(chunks: impl IntoIterator<Item = Chunk>) -> Self {
        Self {
            kind: Kind::Each(chunks.into_iter().collect()),
        }
    }

    /// One block.
    pub fn whole() -> Self {
        Self {
            kind: Kind::All(Chunk::Whole),
        }
    }

    /// Blocks of [`AUTO_BYTES`], of about equal lengths along all axes.
    pub fn auto() -> Self {
        Self::auto_bytes(AUTO_BYTES)
    }

    /// Blocks of about so many bytes, of about equal lengths along all axes.
    pub fn auto_bytes(bytes: usize) -> Self {
        Self {
            kind: Kind::All(Chunk::Auto(bytes)),
        }
    }

    /// What is said for each of `ndim` axes.
    ///
    /// # Errors
    /// If it is said for another number of axes.
    pub(crate) fn for_axes(&self, operation: &str, ndim: usize) -> Result<Vec<Chunk>> {
        match &self.kind {
            Kind::All(chunk) => Ok(vec![chunk.clone(); ndim]),
            Kind::Each(chunks) if chunks.len() == ndim => Ok(chunks.clone()),
            Kind::Each(chunks) => Err(ArrayError::value(
                operation,
                format!(
                    "chunks for {} axes do not fit an array of {ndim}",
                    chunks.len()
                ),
            )),
        }
    }

    /// The axes of an array of this shape, cut so.
    ///
    /// # Errors
    /// If it is said for another number of axes, a size is 0, there would be more than
    /// [`MAX_BLOCKS`](crate::MAX_BLOCKS) blocks along an axis or [`MAX_GRID`](crate::MAX_GRID) in all,
    /// or exact lengths have another sum.
    pub(crate) fn cut(&self, operation: &str, shape: &[usize], dtype: DType) -> Result<Axes> {
        let chunks = self.for_axes(operation, shape.len())?;
        let auto = auto_lengths(&chunks, shape, dtype.itemsize());
        let mut axes = Axes::new();
        for (at, (chunk, &len)) in chunks.iter().zip(shape).enumerate() {
            axes.push(match chunk {
                Chunk::Size(0) => {
                    let reason = format!("the chunk size of axis {at} is 0");
                    return Err(ArrayError::value(operation, reason));
                }
                Chunk::Size(size) => Axis::cut_evenly(operation, at, len, *size)?,
                Chunk::Whole | Chunk::Keep => Axis::single(len),
                Chunk::Auto(_) => Axis::cut_evenly(operation, at, len, auto[at])?,
                Chunk::Exact(lengths) => {
                    let axis = Axis::known(lengths.iter().copied());
                    if axis.len() != Some(len) || lengths.is_empty() {
                        let reason = format!(
                            "chunks of {axis} do not add up to the length {len} of axis {at}"
                        );
                        return Err(ArrayError::value(operation, reason));
                    }
                    axis
                }
            });
        }
        check_grid(operation, &axes)?;
        Ok(axes)
    }
}

/// For the axes whose cut is left open: lengths as equal as they can be with which a block has about
/// the bytes that were asked for. The axes that are said count with their greatest block.
pub(crate) fn auto_lengths(chunks: &[Chunk], shape: &[usize], itemsize: usize) -> Vec<usize> {
    let mut lengths: Vec<usize> = shape.iter().map(|&len| len.max(1)).collect();
    let mut open = Vec::new();
    let mut bytes = AUTO_BYTES;
    let mut fixed = itemsize.max(1) as f64;
    for (at, chunk) in chunks.iter().enumerate() {
        match chunk {
            Chunk::Auto(asked) => {
                bytes = *asked;
                open.push(at);
            }
            Chunk::Size(size) => fixed *= (*size).min(lengths[at]).max(1) as f64,
            Chunk::Exact(exact) => fixed *= exact.iter().copied().max().unwrap_or(1).max(1) as f64,
            Chunk::Whole | Chunk::Keep => fixed *= lengths[at] as f64,
        }
    }
    // Axes that are shorter than an equal share are taken whole, and leave more to the others.
    open.sort_by_key(|&at| lengths[at]);
    let mut left = (bytes as f64 / fixed).max(1.0);
    let mut axes = open.len();
    for at in open {
        let share = left.powf(1.0 / axes as f64).floor().max(1.0);
        lengths[at] = lengths[at].min(share as usize).max(1);
        left = (left / lengths[at] as f64).max(1.0);
        axes -= 1;
    }
    lengths
}

impl From<usize> for Chunks {
    /// Blocks of this length along every axis.
    fn from(size: usize) -> Self {
        Self {
            kind: Kind::All(Chunk::Size(size)),
        }
    }
}

impl<const N: usize> From<[usize; N]> for Chunks {
    fn from(sizes: [usize; N]) -> Self {
        Self::of(sizes)
    }
}
