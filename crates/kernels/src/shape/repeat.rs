//! Each element several times.

use crate::block::{Block, Extent};
use crate::element::Element;
use crate::error::KernelError;
use crate::room::room;
use serde::{Deserialize, Serialize};

/// How often elements are repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Times {
    /// Each as often.
    Each(usize),
    /// One count per element along the axis.
    Of(Vec<usize>),
}

impl Times {
    fn of(&self, index: usize) -> usize {
        match self {
            Self::Each(times) => *times,
            Self::Of(times) => times.get(index).copied().unwrap_or(0),
        }
    }

    /// The length of an axis of `len` elements after it.
    fn total(&self, len: usize) -> usize {
        match self {
            Self::Each(times) => times.saturating_mul(len),
            Self::Of(times) => times.iter().fold(0, |sum, &n| sum.saturating_add(n)),
        }
    }
}

pub(super) fn repeated(block: Block, axis: usize, times: &Times) -> Result<Block, KernelError> {
    let len = block.len_of(axis);
    let fits = match times {
        Times::Each(_) => true,
        Times::Of(times) => times.len() == len,
    };
    if axis >= block.ndim() || !fits {
        return Err(KernelError::value(
            "repeat",
            format!("{times:?} does not fit axis {axis} with {len} elements"),
        ));
    }
    let mut shape: Extent = block.shape().into();
    shape[axis] = times.total(len);
    crate::dispatch!(block.dtype(), T => {
        let rows = block.into_vec::<T>()?;
        let (mut to, size) = room("repeat", &shape)?;
        if size > 0 {
            in_rows(&rows, len, &shape[axis + 1..], times, &mut to);
        }
        Block::new(to, &shape)
    })
}

fn in_rows<T: Element>(from: &[T], len: usize, inner: &[usize], times: &Times, to: &mut Vec<T>) {
    for (at, row) in from.chunks_exact(inner.iter().product()).enumerate() {
        for _ in 0..times.of(at % len) {
            to.extend_from_slice(row);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Times, repeated};
    use crate::block::Block;

    #[test]
    fn as_numpy() {
        let block = Block::new(vec![1, 2, 3, 4], &[2, 2]).unwrap();
        // np.repeat([[1, 2], [3, 4]], 2, axis=0), axis=1, and [0, 3] along axis 1
        let rows = repeated(block.clone(), 0, &Times::Each(2)).unwrap();
        assert_eq!(rows.shape(), [4, 2]);
        assert_eq!(rows.into_vec::<i32>().unwrap(), [1, 2, 1, 2, 3, 4, 3, 4]);
        let columns = repeated(block.clone(), 1, &Times::Each(2)).unwrap();
        assert_eq!(columns.into_vec::<i32>().unwrap(), [1, 1, 2, 2, 3, 3, 4, 4]);
        let some = repeated(block.clone(), 1, &Times::Of(vec![0, 3])).unwrap();
        assert_eq!(some.into_vec::<i32>().unwrap(), [2, 2, 2, 4, 4, 4]);
        let none = repeated(block.clone(), 0, &Times::Each(0)).unwrap();
        assert_eq!(none.shape(), [0, 2]);
        assert!(repeated(block.clone(), 2, &Times::Each(1)).is_err());
        assert!(repeated(block.clone(), 0, &Times::Of(vec![1])).is_err());
        assert!(repeated(block, 0, &Times::Each(usize::MAX)).is_err());
    }
}
