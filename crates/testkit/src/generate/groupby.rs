//! Means by group over a time series, beside a resampled one.

use super::{push, reduce};
use crate::shape::GraphShape;

/// groupby-d-f-p for `partitions` = 24 d / p partitions. Each source feeds a sum and a count by
/// group, both reduced with a fan-in of 8, and a resampled sum, which one task takes from all.
pub fn groupby(partitions: usize) -> GraphShape {
    let mut shape = GraphShape::new([
        "make",
        "sum-chunk",
        "sum-combine",
        "count-chunk",
        "count-combine",
        "resample",
        "chunk",
        "divide",
        "sum",
        "add",
    ]);
    let sources: Vec<u32> = (0..partitions).map(|_| push(&mut shape, 0, &[])).collect();
    let each = |shape: &mut GraphShape, kind, inputs: &[u32]| -> Vec<u32> {
        inputs
            .iter()
            .map(|&input| push(shape, kind, &[input]))
            .collect()
    };
    let sums = each(&mut shape, 1, &sources);
    let sum = reduce(&mut shape, sums, 8, 2, 2);
    let counts = each(&mut shape, 3, &sources);
    let count = reduce(&mut shape, counts, 8, 4, 4);
    let resampled = each(&mut shape, 5, &sources);
    let chunks = each(&mut shape, 6, &resampled);
    let resampled = push(&mut shape, 8, &chunks);
    let both: Vec<u32> = sum.into_iter().chain(count).collect();
    let mean = push(&mut shape, 7, &both);
    let mean = push(&mut shape, 8, &[mean]);
    push(&mut shape, 9, &[mean, resampled]);
    shape
}
