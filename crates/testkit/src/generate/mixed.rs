//! Shuffles, and layers in which everything may need anything.

use super::push;
use crate::shape::GraphShape;

/// Every one of `partitions` partitions is split for every other, in one stage.
pub fn shuffle(partitions: usize) -> GraphShape {
    let mut shape = GraphShape::new(["make", "split", "join"]);
    let made: Vec<u32> = (0..partitions).map(|_| push(&mut shape, 0, &[])).collect();
    for _ in 0..partitions {
        let splits: Vec<u32> = made
            .iter()
            .map(|&partition| push(&mut shape, 1, &[partition]))
            .collect();
        push(&mut shape, 2, &splits);
    }
    shape
}

/// `layers` layers of `width` tasks. Each needs one to four of the layer before, as drawn from the
/// seed; the first is of one kind, the others of three.
pub fn layered(layers: usize, width: usize, seed: u64) -> GraphShape {
    let mut shape = GraphShape::new(["source", "a", "b", "c"]);
    let mut state = seed;
    let mut draw = |below: usize| {
        // Splitmix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(bits ^ (bits >> 31)) * below as u128) >> 64) as usize
    };
    let mut layer: Vec<u32> = (0..width).map(|_| push(&mut shape, 0, &[])).collect();
    for _ in 1..layers {
        layer = (0..width)
            .map(|at| {
                let mut inputs: Vec<u32> = (0..=draw(4)).map(|_| layer[draw(width)]).collect();
                inputs.sort_unstable();
                inputs.dedup();
                push(&mut shape, 1 + (at % 3) as u32, &inputs)
            })
            .collect();
    }
    shape
}
