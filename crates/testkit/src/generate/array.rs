//! Jobs on arrays: stencils, and statistics that need two passes.

use super::{push, reduce};
use crate::shape::GraphShape;

/// `steps` steps of a stencil over `side` by `side` blocks: in each, a block is made anew from itself
/// and from the edges of those left, right, above and below it, which are cut out before. At the end
/// the blocks are summed up with a fan-in of 8.
pub fn overlap(side: usize, steps: usize) -> GraphShape {
    let mut shape = GraphShape::new(["make", "edges", "stencil", "sum-chunk", "sum"]);
    let mut blocks: Vec<u32> = (0..side * side).map(|_| push(&mut shape, 0, &[])).collect();
    for _ in 0..steps {
        let edges: Vec<u32> = blocks
            .iter()
            .map(|&block| push(&mut shape, 1, &[block]))
            .collect();
        blocks = (0..side * side)
            .map(|at| {
                let (row, column) = (at / side, at % side);
                let mut inputs = vec![blocks[at]];
                inputs.extend((row > 0).then(|| edges[at - side]));
                inputs.extend((row + 1 < side).then(|| edges[at + side]));
                inputs.extend((column > 0).then(|| edges[at - 1]));
                inputs.extend((column + 1 < side).then(|| edges[at + 1]));
                push(&mut shape, 2, &inputs)
            })
            .collect();
    }
    let sums: Vec<u32> = blocks
        .iter()
        .map(|&block| push(&mut shape, 3, &[block]))
        .collect();
    reduce(&mut shape, sums, 8, 4, 4);
    shape
}

/// The variance of an array of `chunks` chunks: their mean, with a fan-in of 8, then each chunk again
/// with the mean, and the sum of the squares, with a fan-in of 8. All chunks are needed twice.
pub fn two_pass(chunks: usize) -> GraphShape {
    let mut shape = GraphShape::new(["make", "mean-chunk", "mean", "square", "sum"]);
    let made: Vec<u32> = (0..chunks).map(|_| push(&mut shape, 0, &[])).collect();
    let means: Vec<u32> = made
        .iter()
        .map(|&chunk| push(&mut shape, 1, &[chunk]))
        .collect();
    if let Some(mean) = reduce(&mut shape, means, 8, 2, 2) {
        let squares = made
            .iter()
            .map(|&chunk| push(&mut shape, 3, &[chunk, mean]))
            .collect();
        reduce(&mut shape, squares, 8, 4, 4);
    }
    shape
}
