//! A matrix of zeros with given elements along a diagonal.

use crate::block::Block;
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::room::zeros;

pub(super) fn matrix(block: Block, shape: [usize; 2], offset: i64) -> Result<Block, KernelError> {
    let [rows, columns] = shape;
    let away = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
    let (row, column) = if offset < 0 { (away, 0) } else { (0, away) };
    let room = rows.saturating_sub(row).min(columns.saturating_sub(column));
    if block.ndim() != 1 || block.len() > room {
        return Err(KernelError::Shapes {
            operation: "diag".to_owned(),
            left: Shape(block.shape().into()),
            right: Shape(shape.as_slice().into()),
        });
    }
    crate::dispatch!(block.dtype(), T => {
        let mut to = zeros::<T>("diag", &shape)?;
        // Without elements there may be no diagonal either.
        if !block.is_empty() {
            let first = row * columns + column;
            set(&mut to[first..], &block.into_vec::<T>()?, columns);
        }
        Block::new(to, &shape)
    })
}

fn set<T: Element>(to: &mut [T], elements: &[T], columns: usize) {
    let places = to.iter_mut().step_by(columns.saturating_add(1));
    for (to, from) in places.zip(elements) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::matrix;
    use crate::block::Block;

    #[test]
    fn as_numpy() {
        let block = Block::vector(vec![1, 2]);
        let to = |shape, offset| matrix(block.clone(), shape, offset);
        assert_eq!(
            to([2, 2], 0).unwrap().into_vec::<i32>().unwrap(),
            [1, 0, 0, 2]
        );
        assert_eq!(
            to([3, 3], 1).unwrap().into_vec::<i32>().unwrap(),
            [0, 1, 0, 0, 0, 2, 0, 0, 0]
        );
        assert_eq!(
            to([3, 2], -1).unwrap().into_vec::<i32>().unwrap(),
            [0, 0, 1, 0, 0, 2]
        );
        assert!(to([2, 2], 1).is_err());
        assert!(to([usize::MAX, usize::MAX], 0).is_err());
        let none = matrix(Block::vector(Vec::<f64>::new()), [0, 0], 3).unwrap();
        assert_eq!(none.shape(), [0, 0]);
    }

    #[test]
    fn diagonals_of_blocks() {
        let block = Block::new((0..12).collect::<Vec<i32>>(), &[3, 4]).unwrap();
        let at = |offset| {
            let diagonal = block.diagonal([0, 1], offset).unwrap();
            diagonal.into_vec::<i32>().unwrap()
        };
        assert_eq!(at(0), [0, 5, 10]);
        assert_eq!(at(2), [2, 7]);
        assert_eq!(at(-2), [8]);
        assert_eq!(at(i64::MIN), [0_i32; 0]);
        let cube = Block::new((0..8).collect::<Vec<i32>>(), &[2, 2, 2]).unwrap();
        // np.diagonal(np.arange(8).reshape(2, 2, 2), 0, 0, 2)
        let diagonal = cube.diagonal([0, 2], 0).unwrap();
        assert_eq!(diagonal.into_vec::<i32>().unwrap(), [0, 5, 2, 7]);
        assert!(cube.diagonal([1, 1], 0).is_err());
        assert!(cube.diagonal([1, 3], 0).is_err());
    }
}
