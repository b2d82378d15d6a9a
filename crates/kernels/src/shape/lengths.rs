//! Shapes that follow the block where its lengths are known only at run time.

use crate::block::{Block, Extent};
use crate::error::{KernelError, Shape};
use serde::{Deserialize, Serialize};

/// The length of an axis of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Len {
    /// This many.
    Is(usize),
    /// As many as this axis of the block has.
    Of(usize),
    /// As many as there are elements for; at most one axis can have it.
    Rest,
}

/// The lengths for this block; `Rest` is worked out from the number of elements.
fn lengths(operation: &str, block: &Block, shape: &[Len]) -> Result<Extent, KernelError> {
    let mut rest = None;
    let mut size = 1_usize;
    let mut lens = Extent::new();
    for (axis, len) in shape.iter().enumerate() {
        let len = match *len {
            Len::Is(len) => len,
            Len::Of(axis) => block.len_of(axis),
            Len::Rest => {
                rest = Some(axis);
                1
            }
        };
        size = size.saturating_mul(len);
        lens.push(len);
    }
    if let Some(axis) = rest {
        lens[axis] = match (size, block.len()) {
            (0, 0) => 0,
            (size, len) if size > 0 && len.is_multiple_of(size) => len / size,
            (_, len) => {
                return Err(KernelError::value(
                    operation,
                    format!(
                        "{len} elements of a block of the shape {} cannot be laid out in rows of \
                         {size}",
                        Shape(block.shape().into())
                    ),
                ));
            }
        };
    }
    Ok(lens)
}

pub(super) fn reshaped(block: &Block, shape: &[Len]) -> Result<Block, KernelError> {
    block.reshaped(&lengths("reshape", block, shape)?)
}

pub(super) fn broadcast(block: &Block, shape: &[Len]) -> Result<Block, KernelError> {
    block.broadcast(&lengths("broadcast_to", block, shape)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Len, broadcast, reshaped};
    use crate::block::Block;

    #[test]
    fn lengths_follow_the_block() {
        let block = Block::new((0..12).collect::<Vec<i32>>(), &[3, 4]).unwrap();
        let flat = reshaped(&block, &[Len::Rest]).unwrap();
        assert_eq!(flat.shape(), [12]);
        let kept = reshaped(&block, &[Len::Of(0), Len::Is(2), Len::Rest]).unwrap();
        assert_eq!(kept.shape(), [3, 2, 2]);
        assert!(reshaped(&block, &[Len::Is(5), Len::Rest]).is_err());
        assert!(reshaped(&block, &[Len::Is(5)]).is_err());
        let none = Block::new(Vec::<f64>::new(), &[0, 4]).unwrap();
        assert_eq!(
            reshaped(&none, &[Len::Of(0), Len::Rest]).unwrap().shape(),
            [0, 0]
        );
        assert_eq!(reshaped(&none, &[Len::Rest]).unwrap().shape(), [0]);
        assert!(reshaped(&none, &[Len::Is(usize::MAX), Len::Is(3)]).is_err());
    }

    #[test]
    fn stretches() {
        let block = Block::new(vec![1_u8, 2], &[2, 1]).unwrap();
        let wide = broadcast(&block, &[Len::Is(2), Len::Of(0), Len::Is(3)]).unwrap();
        assert_eq!(
            wide.clone().into_vec::<u8>().unwrap(),
            [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]
        );
        assert_eq!(wide.contiguous(), wide);
        assert!(broadcast(&block, &[Len::Is(3), Len::Is(3)]).is_err());
        assert!(broadcast(&block, &[Len::Is(2)]).is_err());
        assert!(broadcast(&block, &[Len::Is(usize::MAX), Len::Of(0), Len::Of(1)]).is_err());
        let none = broadcast(&block, &[Len::Is(2), Len::Is(0)]).unwrap();
        assert_eq!(none.into_vec::<u8>().unwrap(), [0_u8; 0]);
    }
}
