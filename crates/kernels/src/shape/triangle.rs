//! Zeros on one side of a diagonal.

use crate::block::{Block, Extent};
use crate::element::Element;
use crate::error::KernelError;

/// The block with zeros beside the half of the last two axes that is kept: above the diagonal
/// `(i, i + diagonal)` and on it, or below and on it.
pub(super) fn kept(block: Block, upper: bool, diagonal: i64) -> Result<Block, KernelError> {
    let shape: Extent = block.shape().into();
    let [.., rows, columns] = shape[..] else {
        let name = if upper { "triu" } else { "tril" };
        return Err(KernelError::value(name, "a block of fewer than two axes"));
    };
    crate::dispatch!(block.dtype(), T => {
        let mut elements = block.into_vec::<T>()?;
        clear(&mut elements, rows, columns, upper, diagonal);
        Block::new(elements, &shape)
    })
}

fn clear<T: Element>(elements: &mut [T], rows: usize, columns: usize, upper: bool, diagonal: i64) {
    if rows == 0 || columns == 0 {
        return;
    }
    let most = i64::try_from(columns).unwrap_or(i64::MAX);
    for (at, row) in elements.chunks_exact_mut(columns).enumerate() {
        // The first column above the diagonal, or after it.
        let row_at = i64::try_from(at % rows).unwrap_or(i64::MAX);
        let first = row_at
            .saturating_add(diagonal)
            .saturating_add(i64::from(!upper))
            .clamp(0, most);
        let (before, after) = row.split_at_mut(first as usize);
        if upper { before } else { after }.fill(T::ZERO);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::kept;
    use crate::block::Block;

    fn half(upper: bool, diagonal: i64) -> Vec<i32> {
        let block = Block::new((1..=6).collect::<Vec<i32>>(), &[2, 3]).unwrap();
        kept(block, upper, diagonal).unwrap().into_vec().unwrap()
    }

    #[test]
    fn as_numpy() {
        assert_eq!(half(true, 0), [1, 2, 3, 0, 5, 6]);
        assert_eq!(half(true, 1), [0, 2, 3, 0, 0, 6]);
        assert_eq!(half(true, -1), [1, 2, 3, 4, 5, 6]);
        assert_eq!(half(false, 0), [1, 0, 0, 4, 5, 0]);
        assert_eq!(half(false, 1), [1, 2, 0, 4, 5, 6]);
        assert_eq!(half(false, -1), [0, 0, 0, 4, 0, 0]);
        assert_eq!(half(false, i64::MIN), [0; 6]);
        assert_eq!(half(false, i64::MAX), [1, 2, 3, 4, 5, 6]);
        let stack = Block::new(vec![1.0; 8], &[2, 2, 2]).unwrap();
        let stack = kept(stack, true, 0).unwrap();
        let ones = [1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0];
        assert_eq!(stack.into_vec::<f64>().unwrap(), ones);
        let none = Block::new(Vec::<u8>::new(), &[0, 3]).unwrap();
        assert_eq!(kept(none, true, 0).unwrap().shape(), [0, 3]);
        assert!(kept(Block::vector(vec![1]), true, 0).is_err());
    }
}
