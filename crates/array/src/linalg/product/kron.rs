//! Kronecker products.

use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::{AUTO_BYTES, Chunk, Chunks, auto_lengths};
use crate::error::{ArrayError, Result};

impl Array {
    /// numpy's `kron`: each element of this array times the whole other one, in its place. Of arrays
    /// with different numbers of axes, the one with fewer gets axes of length 1 in front.
    ///
    /// Each block of the result is made of a few elements of this array and, where that is small, the
    /// whole other one.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[1, 2]], Chunks::of([1, 1]))?;
    /// let y = Array::from_ndarray(&ndarray::array![[1, 1], [0, 1]], Chunks::whole())?;
    /// let product = x.kron(&y)?.to_local_here::<i32>()?;
    /// assert_eq!(product, ndarray::array![[1, 1, 2, 2], [0, 1, 0, 2]].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If an array is in the failed state or has unknown chunk sizes, or the shape is too large.
    pub fn kron(&self, other: &Self) -> Result<Self> {
        self.kron_in(other, AUTO_BYTES)
    }

    /// As [`Array::kron`], with blocks of about so many bytes where that can be had.
    pub(in crate::linalg) fn kron_in(&self, other: &Self, bytes: usize) -> Result<Self> {
        const NAME: &str = "kron";
        Self::common_client(NAME, &[self, other])?;
        for array in [self, other] {
            let open = array.axes().iter().position(|axis| !axis.is_known());
            if let Some(axis) = open {
                return Err(array.unknown(NAME, axis));
            }
        }
        if self.ndim() == 0 || other.ndim() == 0 {
            return self.try_mul(other);
        }
        let ndim = self.ndim().max(other.ndim());
        let small = other.nbytes().is_some_and(|all| all <= bytes);
        let right = match small {
            true => other.rechunk(Chunks::whole())?,
            false => other.clone(),
        };
        let left = self.cut_for(NAME, &right, bytes)?;
        // The axes side by side, this array's before the other's, ...
        let missing = |array: &Self| ndim - array.ndim();
        let (before, behind) = (missing(&left), missing(&right));
        let pairs = (0..ndim).flat_map(|at| [at.checked_sub(before), None]);
        let left = left.looked_at(&pairs.collect::<Vec<_>>());
        let pairs = (0..ndim).flat_map(|at| [None, at.checked_sub(behind)]);
        let right = right.looked_at(&pairs.collect::<Vec<_>>());
        // ... and each pair as one.
        let shape = left.axes().iter().zip(right.axes()).map(|(one, other)| {
            let (one, other) = (one.len().unwrap_or(1), other.len().unwrap_or(1));
            one.checked_mul(other)
        });
        let shape: Option<Vec<usize>> = shape.collect();
        let merged = shape.map(|shape| {
            let pairs = shape.as_chunks::<2>().0.iter();
            let lens = pairs.map(|[one, other]| isize::try_from(one.checked_mul(*other)?).ok());
            lens.collect::<Option<Vec<isize>>>()
        });
        let too_large = || ArrayError::value(NAME, "the shape of the product is too large");
        let merged = merged.flatten().ok_or_else(too_large)?;
        left.try_mul(&right)?.reshape(merged)
    }

    /// The array in blocks so small that their products with blocks of the other are about as large
    /// as blocks should be. Where the other has several blocks along an axis, single elements: their
    /// products lie in a row.
    fn cut_for(&self, operation: &str, other: &Self, bytes: usize) -> Result<Self> {
        let longest = |axis: &Axis| axis.lengths().iter().copied().flatten().max().unwrap_or(1);
        let block = other.axes().iter().map(longest);
        let block = block.fold(1_usize, |size, len| size.saturating_mul(len.max(1)));
        let beside = |at: usize| {
            let at = (at + other.ndim()).checked_sub(self.ndim())?;
            other.axes().get(at)
        };
        let chunks: Vec<Chunk> = (0..self.ndim())
            .map(
                |at| match beside(at).is_some_and(|axis| axis.blocks() > 1) {
                    true => Chunk::Size(1),
                    false => Chunk::Auto(bytes / block),
                },
            )
            .collect();
        let lens = self.known_shape()?;
        let wanted = auto_lengths(&chunks, &lens, self.dtype().itemsize());
        let axes = self.axes().iter().enumerate().map(|(at, axis)| {
            let most = match chunks[at] {
                Chunk::Size(size) => size,
                _ => wanted[at],
            };
            match longest(axis) <= most {
                true => Ok(axis.clone()),
                false => Axis::cut_evenly(operation, at, lens[at], most),
            }
        });
        self.rechunk_to(operation, &axes.collect::<Result<Vec<Axis>>>()?)
    }
}
