//! Tasks of users on blocks.
#![allow(clippy::unwrap_used, clippy::panic)]

mod gufunc;
mod overlap;

use super::super::testing::{counting, cuts_of, local};
use super::{Boundary, blockwise};
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::Chunks;
use crate::error::ArrayError;
use ndarray::{ArrayD, Axis as Along, IxDyn, array};
use proptest::prelude::{prop_assert_eq, proptest};
use taskloom_kernels::{Block, DType, Scalar};
use taskloom_task::task;

#[task(crate = taskloom_task)]
fn doubled(block: Block, by: i64) -> Block {
    Block::from(block.into_array::<i64>().unwrap() * by)
}

/// The sum of each element and its neighbours along all axes, zeros beyond the ends.
#[task(crate = taskloom_task)]
fn around(block: Block) -> Block {
    let x = block.into_array::<i64>().unwrap();
    Block::from(sums(&x))
}

/// The inner elements of a block with one element around it.
#[task(crate = taskloom_task)]
fn inner(block: Block) -> Block {
    let x = block.into_array::<i64>().unwrap();
    let x = x.slice_each_axis(|axis| ndarray::Slice::from(1..axis.len as isize - 1));
    Block::from(x.to_owned())
}

#[task(crate = taskloom_task)]
fn positive(block: Block) -> Block {
    let row = block.into_vec::<i64>().unwrap();
    Block::vector(row.into_iter().filter(|x| x % 3 == 1).collect::<Vec<i64>>())
}

#[task(crate = taskloom_task)]
fn sorted_pair(block: Block) -> Block {
    let x = block.into_array::<i64>().unwrap();
    let first = x.map_axis(Along(x.ndim() - 1), |row| row[0]);
    let last = x.map_axis(Along(x.ndim() - 1), |row| row[row.len() - 1]);
    Block::from(ndarray::stack(Along(first.ndim()), &[last.view(), first.view()]).unwrap())
}

#[task(crate = taskloom_task)]
fn times(a: Block, b: Block) -> Block {
    let a = a
        .into_array::<i64>()
        .unwrap()
        .into_dimensionality::<ndarray::Ix2>()
        .unwrap();
    let b = b
        .into_array::<i64>()
        .unwrap()
        .into_dimensionality::<ndarray::Ix2>()
        .unwrap();
    Block::from(a.dot(&b).into_dyn())
}

fn sums(x: &ArrayD<i64>) -> ArrayD<i64> {
    let shape: Vec<i64> = x.shape().iter().map(|&len| len as i64).collect();
    ArrayD::from_shape_fn(x.raw_dim(), |at| {
        let mut sum = 0;
        for down in -1..=1 {
            for right in -1..=1 {
                let place = [at[0] as i64 + down, at[1] as i64 + right];
                if (0..shape[0]).contains(&place[0]) && (0..shape[1]).contains(&place[1]) {
                    sum += x[[place[0] as usize, place[1] as usize]];
                }
            }
        }
        sum
    })
}

fn values(array: &Array) -> ArrayD<i64> {
    array.to_local_here().unwrap()
}

proptest! {
    #[test]
    fn stencils_do_not_see_the_cuts(rows in cuts_of(5), columns in cuts_of(4)) {
        let x = counting(&[5, 4], Chunks::exact([rows, columns]));
        let whole = local(&[5, 4]);
        let y = x.map_overlap([1, 1], around::task).array().unwrap();
        prop_assert_eq!(values(&y), sums(&whole));
        prop_assert_eq!(y.axes(), x.axes());
        for (boundary, rule) in [
            (Boundary::Constant(Scalar::from(0)), None),
            (Boundary::Nearest, Some([0_usize, 0, 1, 2, 3, 4, 4])),
            (Boundary::Reflect, Some([0, 0, 1, 2, 3, 4, 4])),
            (Boundary::Periodic, Some([4, 0, 1, 2, 3, 4, 0])),
        ] {
            let y = x.map_overlap([1, 0], around::task).boundary(boundary).array().unwrap();
            let wide = match rule {
                None => sums(&whole),
                Some(rows) => {
                    let wide = whole.select(Along(0), &rows);
                    sums(&wide).slice_axis(Along(0), ndarray::Slice::from(1..6)).to_owned()
                }
            };
            // Along the other axis each block is on its own: compare where it has one block.
            if x.axes()[1].lengths().iter().filter(|len| **len != Some(0)).count() == 1 {
                prop_assert_eq!(values(&y), wide, "{:?}", boundary);
            }
        }
        let same = x.map_overlap([1, 1], inner::task).boundary(Boundary::Periodic).trimmed_by_task();
        prop_assert_eq!(values(&same.array().unwrap()), whole);
    }

    #[test]
    fn an_overlap_may_reach_beyond_the_next_block(cuts in cuts_of(6), depth in 0_usize..9) {
        let x = counting(&[6], Chunks::exact([cuts]));
        for boundary in [Boundary::None, Boundary::Periodic, Boundary::Reflect, Boundary::Nearest] {
            let y = x.map_overlap([depth], |block| doubled::task(block, 1)).boundary(boundary);
            prop_assert_eq!(values(&y.array().unwrap()), local(&[6]));
        }
    }

    #[test]
    fn products_by_letters(i in cuts_of(3), j in cuts_of(4), k in cuts_of(2), other in cuts_of(4)) {
        let a = counting(&[3, 4], Chunks::exact([i, j]));
        let b = counting(&[4, 2], Chunks::exact([other, k]));
        let c = blockwise("ik", [(&a, "ij"), (&b, "jk")], DType::I64, |blocks| {
            times::task(&blocks[0], &blocks[1])
        }).unwrap();
        // np.arange(12).reshape(3, 4) @ np.arange(8).reshape(4, 2)
        prop_assert_eq!(values(&c), array![[28, 34], [76, 98], [124, 162]].into_dyn());
    }

    #[test]
    fn groups_of_neighbours(cuts in cuts_of(6), by in 1_usize..4) {
        let x = counting(&[2, 6], Chunks::exact([vec![1, 1], cuts]));
        let y = x.coarsen(1, by, |groups, axis| groups.sum_over(axis)).unwrap();
        let n = 6 / by;
        let expected = ArrayD::from_shape_fn(IxDyn(&[2, n]), |at| {
            (0..by).map(|k| (at[0] * 6 + at[1] * by + k) as i64).sum::<i64>()
        });
        prop_assert_eq!(values(&y), expected);
    }
}

#[test]
fn tasks_for_blocks() {
    let x = counting(&[5], Chunks::of([2]));
    let y = x
        .map_blocks(|block| doubled::task(block, 2))
        .same_lengths()
        .array()
        .unwrap();
    assert_eq!(values(&y), array![0, 2, 4, 6, 8].into_dyn());
    assert_eq!(y.axes(), x.axes());
    // By the place of the block.
    let z = x
        .map_blocks_at(|at, block| doubled::task(block, at[0] as i64))
        .same_lengths();
    let z = z.array().unwrap();
    assert_eq!(values(&z), array![0, 0, 2, 3, 8].into_dyn());
    assert_ne!(y.name(), z.name());
    // Other arguments are another array, the same ones the same.
    let again = x
        .map_blocks(|block| doubled::task(block, 2))
        .same_lengths()
        .array()
        .unwrap();
    assert_eq!(again.name(), y.name());
    let other = x
        .map_blocks(|block| doubled::task(block, 3))
        .same_lengths()
        .array()
        .unwrap();
    assert_ne!(other.name(), y.name());
}

#[test]
fn lengths_that_tasks_show() {
    let x = counting(&[7], Chunks::of([3]));
    let make = || x.map_blocks(positive::task).array().unwrap();
    let y = make();
    assert_eq!(y.shape(), [None]);
    assert_eq!(y.axes(), make().axes());
    assert_eq!(values(&y), array![1, 4].into_dyn());
    assert_ne!(
        y.axes()[0].id(),
        x.map_blocks(inner::task).array().unwrap().axes()[0].id()
    );
    // Unknown axes keep their cut with the same lengths.
    let kept = y
        .map_blocks(|block| doubled::task(block, 2))
        .same_lengths()
        .array()
        .unwrap();
    assert_eq!(kept.axes(), y.axes());
    // What was declared is checked.
    let wrong = x.map_blocks(positive::task).same_lengths().array().unwrap();
    assert!(wrong.compute_here().is_err());
    let grid = x.map_blocks(positive::task).axes([Axis::single(7)]).array();
    assert!(grid.is_err());
    assert!(x.map_overlap([1, 1], inner::task).array().is_err());
    assert!(
        x.map_overlap([usize::MAX], inner::task)
            .boundary(Boundary::Reflect)
            .array()
            .is_err()
    );
}

#[test]
fn rows_along_an_axis() {
    let x = counting(&[3, 4], Chunks::of([2, 3]));
    let y = x
        .apply_along_axis(0, DType::I64, 2, sorted_pair::task)
        .unwrap();
    assert_eq!(values(&y), array![[8, 9, 10, 11], [0, 1, 2, 3]].into_dyn());
    let z = x
        .forget_chunk_sizes()
        .apply_along_axis(-1, DType::I64, 2, sorted_pair::task)
        .unwrap();
    assert_eq!(z.axes()[0], x.forget_chunk_sizes().axes()[0]);
    assert_eq!(values(&z), array![[3, 0], [7, 4], [11, 8]].into_dyn());
}

#[test]
fn letters_that_do_not_fit() {
    let a = counting(&[3, 4], Chunks::of([2, 3]));
    let b = counting(&[3], Chunks::of([2]));
    let call = |result: &str, letters: (&str, &str)| {
        blockwise(
            result,
            [(&a, letters.0), (&b, letters.1)],
            DType::I64,
            |blocks| times::task(&blocks[0], &blocks[1]),
        )
    };
    assert!(call("ij", ("ij", "j")).is_err());
    assert!(call("ij", ("i", "i")).is_err());
    assert!(call("ij", ("ii", "i")).is_err());
    assert!(call("ik", ("ij", "i")).is_err());
    assert!(call("ii", ("ij", "i")).is_err());
    assert!(
        a.coarsen(1, 3, |groups, axis| groups.sum_over(axis))
            .is_err()
    );
    assert!(
        a.coarsen(1, 0, |groups, axis| groups.sum_over(axis))
            .is_err()
    );
    let unknown = a
        .forget_chunk_sizes()
        .coarsen(1, 2, |groups, axis| groups.sum_over(axis));
    assert!(matches!(
        unknown.err().unwrap(),
        ArrayError::UnknownChunks { axis: 1, .. }
    ));
}
