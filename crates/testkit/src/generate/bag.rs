//! All pairs of the partitions of a bag: the graph in which data are re-used the most.

use super::{push, reduce};
use crate::shape::GraphShape;

/// bag-n-p for `partitions` partitions: sources, a filter on each, a task on each pair of filters,
/// a partial sum of each, and a sum with a fan-in of 8.
pub fn bag(partitions: usize) -> GraphShape {
    let mut shape = GraphShape::new(["make", "filter", "product", "sum-part", "sum"]);
    let filters: Vec<u32> = (0..partitions)
        .map(|_| {
            let source = push(&mut shape, 0, &[]);
            push(&mut shape, 1, &[source])
        })
        .collect();
    let mut parts = Vec::with_capacity(partitions * partitions);
    for &left in &filters {
        for &right in &filters {
            let pair = [left, right];
            let inputs = if left == right { &pair[..1] } else { &pair[..] };
            let product = push(&mut shape, 2, inputs);
            parts.push(push(&mut shape, 3, &[product]));
        }
    }
    reduce(&mut shape, parts, 8, 4, 4);
    shape
}
