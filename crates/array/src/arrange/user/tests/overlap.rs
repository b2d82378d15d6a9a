//! Blocks with what lies around them, along axes of unknown chunk sizes.

use super::super::Boundary;
use super::{around, doubled, inner, sums, values};
use crate::arrange::testing::{counting, cuts_of, local};
use crate::array::Array;
use crate::chunks::Chunks;
use ndarray::{ArrayD, array};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use taskloom_kernels::{Block, DType, Scalar};
use taskloom_task::task;

fn boundaries() -> [Boundary; 5] {
    [
        Boundary::None,
        Boundary::Reflect,
        Boundary::Periodic,
        Boundary::Nearest,
        Boundary::Constant(Scalar::from(-7)),
    ]
}

/// What a task was given, as text.
#[task(crate = taskloom_task)]
fn seen(block: Block) -> Block {
    let text = format!("{:?}", block.into_array::<i64>().unwrap());
    let hash = text.bytes().fold(7_i64, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(i64::from(byte))
    });
    Block::from(ndarray::ArrayD::from_elem(vec![1, 1], hash))
}

/// For each block of the array a number that all that its task was given makes.
fn all_seen(x: &Array, depth: [usize; 2], boundary: Boundary) -> Vec<i64> {
    let y = x.map_overlap(depth, seen::task).boundary(boundary);
    // The task gives another block than the one that it is given: nothing is cut off.
    let y = y.trimmed_by_task().array().unwrap().forget_chunk_sizes();
    let blocks = y.blocks_here().unwrap();
    blocks.iter().map(|block| block.item().unwrap()).collect()
}

proptest! {
    // Each case is ten expressions.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn tasks_are_given_the_same_as_with_known_sizes(
        rows in cuts_of(5), columns in cuts_of(4), depth in [0_usize..7, 0..3],
        unknown in [any::<bool>(), any::<bool>()],
    ) {
        let x = counting(&[5, 4], Chunks::exact([rows, columns]));
        let axes = (0..2).filter(|&axis| unknown[axis as usize]);
        let y = x.forget_chunk_sizes_along(axes).unwrap();
        for boundary in boundaries() {
            // Sizes must be known to tell blocks without elements apart from others.
            let known = x.forget_chunk_sizes().compute_chunk_sizes_here().unwrap();
            let expected = all_seen(&known, depth, boundary);
            prop_assert_eq!(all_seen(&y, depth, boundary), expected, "{:?}", boundary);
            let same = y.map_overlap(depth, |block| doubled::task(block, 1)).boundary(boundary);
            let same = same.array().unwrap();
            prop_assert_eq!(values(&same), local(&[5, 4]), "{:?}", boundary);
            prop_assert_eq!(same.axes(), y.axes());
        }
    }

    #[test]
    fn stencils_of_unknown_sizes(rows in cuts_of(5), columns in cuts_of(4)) {
        let x = counting(&[5, 4], Chunks::exact([rows, columns])).forget_chunk_sizes();
        let y = x.map_overlap([1, 1], around::task).array().unwrap();
        prop_assert_eq!(values(&y), sums(&local(&[5, 4])));
        let same = x.map_overlap([1, 1], inner::task).boundary(Boundary::Periodic);
        let same = same.trimmed_by_task().array().unwrap();
        prop_assert_eq!(values(&same), local(&[5, 4]));
        // It is aligned with what it was made of.
        let zeros = ArrayD::<i64>::zeros(vec![5, 4]);
        prop_assert_eq!(values(&(&same - &x)), zeros);
    }
}

/// Each element and the one before it.
#[task(crate = taskloom_task)]
fn steps(block: Block) -> Block {
    let x = block.into_vec::<f64>().unwrap();
    let steps = (0..x.len()).map(|at| x[at] - if at > 0 { x[at - 1] } else { 0.0 });
    Block::vector(steps.collect::<Vec<f64>>())
}

#[test]
fn what_a_mask_selected_has_neighbours() {
    let x = counting(&[100], Chunks::of([3]));
    // Most blocks are without elements, and there are more of them than one task brings together.
    let few = x.mask(&(&x % 17).eq(3)).unwrap();
    let y = few.astype(DType::F64).map_overlap([1], steps::task);
    let y = y
        .boundary(Boundary::Constant(Scalar::from(-1)))
        .array()
        .unwrap();
    // np.diff(np.arange(100)[np.arange(100) % 17 == 3], prepend=-1)
    assert_eq!(
        y.to_local_here::<f64>().unwrap(),
        array![4.0, 17.0, 17.0, 17.0, 17.0, 17.0].into_dyn()
    );
    assert_eq!(y.axes(), few.axes());
    // Of nothing there is nothing to mirror, which is found when the blocks are there.
    let none = x.mask(&x.gt(1000)).unwrap();
    let y = none.map_overlap([1], |block| doubled::task(block, 1));
    let error = y
        .boundary(Boundary::Reflect)
        .array()
        .unwrap()
        .compute_here();
    let error = error.err().unwrap().to_string();
    assert!(
        error.contains("overlap") && error.contains("axis 0"),
        "{error}"
    );
    let y = none
        .map_overlap([1], |block| doubled::task(block, 1))
        .array()
        .unwrap();
    assert_eq!(values(&y).len(), 0);
}

#[test]
fn a_task_that_gives_too_little_is_told() {
    let x = counting(&[4], Chunks::of([2])).forget_chunk_sizes();
    let y = x.map_overlap([3], super::positive::task).array().unwrap();
    let error = y.compute_here().err().unwrap().to_string();
    assert!(
        error.contains("trim") && error.contains("axis 0"),
        "{error}"
    );
}
