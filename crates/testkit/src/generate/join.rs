//! A self-join behind a shuffle made of tasks.

use super::push;
use crate::shape::GraphShape;

/// Partitions up to which one stage of shuffling is enough.
const ONE_STAGE: usize = 32;

/// join-d-f-p for `partitions` = 24 d / p partitions. Up to 32 partitions every partition is split
/// for every other in one stage; above that the shuffle goes in stages of a smaller fan-out, over
/// partitions padded to a power of it.
pub fn join(partitions: usize) -> GraphShape {
    if partitions <= ONE_STAGE {
        one_stage(partitions)
    } else {
        stages(partitions)
    }
}

fn one_stage(partitions: usize) -> GraphShape {
    let mut shape = GraphShape::new(["make", "group", "split", "join", "sum-chunk", "sum"]);
    let groups: Vec<u32> = (0..partitions)
        .map(|_| {
            let source = push(&mut shape, 0, &[]);
            push(&mut shape, 1, &[source])
        })
        .collect();
    let mut sums = Vec::with_capacity(partitions);
    for _ in 0..partitions {
        let splits: Vec<u32> = groups
            .iter()
            .map(|&group| push(&mut shape, 2, &[group]))
            .collect();
        let joined = push(&mut shape, 3, &splits);
        sums.push(push(&mut shape, 4, &[joined]));
    }
    push(&mut shape, 5, &sums);
    shape
}

fn stages(partitions: usize) -> GraphShape {
    let (stages, fan_out) = stages_of(partitions);
    let padded = fan_out.pow(stages);
    let mut shape = GraphShape::new(["make", "group", "split", "join", "sum-chunk", "sum"]);
    let mut current: Vec<u32> = (0..padded).map(|_| push(&mut shape, 0, &[])).collect();
    for stage in 0..stages {
        let groups: Vec<u32> = current
            .iter()
            .map(|&on| push(&mut shape, 1, &[on]))
            .collect();
        // In each stage, one digit of the number of a partition is exchanged.
        let digit = fan_out.pow(stage);
        let wanted = if stage + 1 == stages {
            partitions
        } else {
            padded
        };
        current = (0..wanted)
            .map(|target| {
                let base = target - (target / digit % fan_out) * digit;
                let splits: Vec<u32> = (0..fan_out)
                    .map(|from| push(&mut shape, 2, &[groups[base + from * digit]]))
                    .collect();
                push(&mut shape, 3, &splits)
            })
            .collect();
    }
    let sums: Vec<u32> = current
        .iter()
        .map(|&on| push(&mut shape, 4, &[on]))
        .collect();
    push(&mut shape, 5, &sums);
    shape
}

/// The fewest stages of a fan-out of at most 32, and the least fan-out that is enough for them.
fn stages_of(partitions: usize) -> (u32, usize) {
    let mut stages = 1;
    while ONE_STAGE.pow(stages) < partitions {
        stages += 1;
    }
    let mut fan_out = 2_usize;
    while fan_out.pow(stages) < partitions {
        fan_out += 1;
    }
    (stages, fan_out)
}
