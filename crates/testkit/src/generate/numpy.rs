//! A slice of an array plus its own transpose, averaged by row and summed.

use super::{push, reduce};
use crate::shape::GraphShape;

/// Fan-in of the reductions.
const FAN_IN: usize = 4;

/// numpy-n-p: of `p` by `p` blocks, `(x + x.T)[::2, n/2:].mean(axis=1).sum()`. Only the blocks that
/// the slice needs are made; `p` is rounded up to an even number.
pub fn numpy(p: usize) -> GraphShape {
    let p = p.next_multiple_of(2);
    let half = p / 2;
    let mut shape = GraphShape::new([
        "random",
        "add",
        "mean-chunk",
        "mean-combine",
        "mean",
        "sum-chunk",
        "sum-combine",
        "sum",
    ]);
    // Blocks of which both indexes lie in the first half are never used.
    let mut blocks = vec![None; p * p];
    for i in 0..p {
        for j in 0..p {
            if i >= half || j >= half {
                blocks[i * p + j] = Some(push(&mut shape, 0, &[]));
            }
        }
    }
    let mut rows = Vec::with_capacity(p);
    for i in 0..p {
        let added: Vec<u32> = (half..p)
            .map(|j| {
                let pair: Vec<u32> = [blocks[i * p + j], blocks[j * p + i]]
                    .into_iter()
                    .flatten()
                    .collect();
                let inputs = if i == j { &pair[..1] } else { &pair[..] };
                push(&mut shape, 1, inputs)
            })
            .collect();
        let chunks = added
            .iter()
            .map(|&block| push(&mut shape, 2, &[block]))
            .collect();
        let mean = reduce(&mut shape, chunks, FAN_IN, 3, 4);
        rows.extend(mean.map(|mean| push(&mut shape, 5, &[mean])));
    }
    reduce(&mut shape, rows, FAN_IN, 6, 7);
    shape
}
