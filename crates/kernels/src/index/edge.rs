//! What lies beside a block along an axis, where lengths are known only at the time.
//!
//! A block without elements has its neighbours' edges beside it, and a short one shows what lies
//! behind it: so the edges of all blocks in a row are put together like running sums, with "the last
//! elements of one after the other" in the place of the sum.

use super::splice::{Run, no_axis, splice};
use crate::block::Block;
use crate::error::{KernelError, Shape};
use crate::kernel::{Class, Outputs, inputs_of, single};
use crate::room::too_large;
use serde::{Deserialize, Serialize};

/// Most outputs of a task.
const OUTPUTS_MAX: u32 = 1024;

/// On which side of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Beside {
    /// What lies before it: the last elements of what comes before.
    Before,
    /// What lies behind it: the first elements of what comes behind.
    Behind,
}

/// What is taken for elements beyond the ends of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Beyond {
    /// The axis mirrored, its first and last elements repeated. Made of the edge at the same end.
    Mirrored,
    /// The axis from its other end. Made of the edge there.
    Wrapped,
    /// The first or the last element again and again. Made of the edge at the same end.
    Nearest,
}

/// Edges of blocks along an axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edge {
    /// The edge of blocks that lie behind each other, for what is on this side of which they are:
    /// `depth` elements, or all if there are fewer.
    Of {
        /// The axis.
        axis: usize,
        /// How many elements.
        depth: usize,
        /// What the edge is to others.
        side: Beside,
    },
    /// For each of some edges in a row, what lies on this side of it: several outputs. The first
    /// input is what lies beyond all of them, if `carried`.
    Each {
        /// The axis.
        axis: usize,
        /// How many elements.
        depth: usize,
        /// On which side.
        side: Beside,
        /// Whether the first input lies beyond all edges.
        carried: bool,
        /// How many outputs; if there are fewer edges, the last is repeated.
        outputs: u32,
    },
    /// `depth` elements beyond an end of the axis, of an edge of all blocks.
    Past {
        /// The axis.
        axis: usize,
        /// How many elements.
        depth: usize,
        /// Which end: what lies before the first element, or behind the last.
        side: Beside,
        /// What is taken for them.
        beyond: Beyond,
    },
    /// A block without as many elements at its ends as the second and the third input have.
    Trim {
        /// The axis.
        axis: usize,
    },
}

impl Edge {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Of { .. } => "edge",
            Self::Each { .. } => "edges",
            Self::Past { .. } => "overlap",
            Self::Trim { .. } => "trim",
        }
    }

    pub(super) fn class(&self) -> Class {
        match self {
            Self::Of { .. } | Self::Trim { .. } => Class::Part,
            Self::Each { .. } | Self::Past { .. } => Class::Task,
        }
    }

    pub(super) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let name = self.name();
        let axis = self.axis();
        if let Some(block) = inputs.iter().find(|block| axis >= block.ndim()) {
            return Err(no_axis(name, block, axis));
        }
        match *self {
            Self::Of { depth, side, .. } => edge(name, &inputs, axis, depth, side).map(single),
            Self::Each {
                depth,
                side,
                carried,
                outputs,
                ..
            } => {
                if outputs > OUTPUTS_MAX {
                    let reason = format!("{outputs} outputs of {} edges", inputs.len());
                    return Err(KernelError::Program(reason));
                }
                let (carry, edges) = inputs.split_at(usize::from(carried).min(inputs.len()));
                let Some(last) = edges.len().checked_sub(1) else {
                    return Err(KernelError::Program("edges of no blocks".to_owned()));
                };
                let each = (0..outputs as usize).map(|at| {
                    let beyond = match side {
                        Beside::Before => [carry, &edges[..at.min(last)]].concat(),
                        Beside::Behind => [&edges[at.min(last) + 1..], carry].concat(),
                    };
                    match beyond.is_empty() {
                        true => splice(name, &edges[..1], axis, &[]),
                        false => edge(name, &beyond, axis, depth, side),
                    }
                });
                each.collect()
            }
            Self::Past {
                depth,
                side,
                beyond,
                ..
            } => {
                let [block] = inputs_of(name, inputs)?;
                past(name, &block, axis, depth, (side, beyond)).map(single)
            }
            Self::Trim { .. } => {
                let [block, before, behind] = inputs_of(name, inputs)?;
                trimmed(name, &block, axis, [&before, &behind]).map(single)
            }
        }
    }

    fn axis(&self) -> usize {
        match *self {
            Self::Of { axis, .. }
            | Self::Each { axis, .. }
            | Self::Past { axis, .. }
            | Self::Trim { axis } => axis,
        }
    }
}

/// The last (or first) elements of blocks behind each other.
fn edge(
    name: &str,
    blocks: &[Block],
    axis: usize,
    depth: usize,
    side: Beside,
) -> Result<Block, KernelError> {
    if let [block] = blocks {
        let len = block.len_of(axis);
        let taken = depth.min(len);
        let start = match side {
            Beside::Before => len - taken,
            Beside::Behind => 0,
        };
        return block.sliced(axis, start, taken, 1);
    }
    let mut missing = depth;
    let mut runs: Vec<Run> = Vec::new();
    let mut take = |part: usize| {
        let len = blocks[part].len_of(axis);
        let taken = missing.min(len);
        missing -= taken;
        let start = match side {
            Beside::Before => len - taken,
            Beside::Behind => 0,
        };
        if taken > 0 {
            runs.push(Run {
                part,
                start,
                len: taken,
            });
        }
    };
    match side {
        Beside::Before => (0..blocks.len()).rev().for_each(&mut take),
        Beside::Behind => (0..blocks.len()).for_each(&mut take),
    }
    if side == Beside::Before {
        runs.reverse();
    }
    splice(name, blocks, axis, &runs)
}

/// What is taken for the elements beyond an end.
fn past(
    name: &str,
    block: &Block,
    axis: usize,
    depth: usize,
    (side, beyond): (Beside, Beyond),
) -> Result<Block, KernelError> {
    let len = block.len_of(axis);
    let Some(last) = len.checked_sub(1) else {
        let reason = format!("an overlap of {depth} does not fit axis {axis}: it has no elements");
        return Err(KernelError::value(name, reason));
    };
    // The `at`-th element away from the end, from 0 on, by its place in the edge. The edge is shorter
    // than `depth` only if it is the whole axis.
    let inwards = |at: usize| match beyond {
        Beyond::Nearest => 0,
        Beyond::Wrapped => last - at % len,
        Beyond::Mirrored => match at % (2 * len) {
            turned if turned < len => turned,
            back => 2 * len - 1 - back,
        },
    };
    let place = |at: usize| match side {
        Beside::Before => inwards(depth - 1 - at),
        Beside::Behind => last - inwards(at),
    };
    let mut runs: Vec<Run> = Vec::new();
    let reserved = runs.try_reserve_exact(depth);
    reserved.map_err(|_| too_large(name, &[depth]))?;
    runs.extend((0..depth).map(|at| Run {
        part: 0,
        start: place(at),
        len: 1,
    }));
    splice(name, std::slice::from_ref(block), axis, &runs)
}

fn trimmed(
    name: &str,
    block: &Block,
    axis: usize,
    beside: [&Block; 2],
) -> Result<Block, KernelError> {
    let [before, behind] = beside.map(|edge| edge.len_of(axis));
    let around = before.saturating_add(behind);
    let len = block.len_of(axis).checked_sub(around).ok_or_else(|| {
        let shape = Shape(block.shape().into());
        let reason = format!(
            "a task gave a block of the shape {shape}, which should have had {before} elements before \
             and {behind} behind it along axis {axis}, as the one that it was given"
        );
        KernelError::value(name, reason)
    })?;
    block.sliced(axis, before, len, 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Beside, Beyond, Edge};
    use crate::block::Block;

    fn row(values: &[i64]) -> Block {
        Block::vector(values.to_vec())
    }

    fn run(edge: &Edge, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        let made = edge.run(inputs.iter().map(|row_of| row(row_of)).collect());
        let made = made.unwrap().into_iter();
        made.map(|block| block.into_vec().unwrap()).collect()
    }

    #[test]
    fn edges_reach_through_short_blocks() {
        let of = |side, depth| Edge::Of {
            axis: 0,
            depth,
            side,
        };
        let blocks: [&[i64]; 4] = [&[1, 2, 3], &[], &[4], &[]];
        assert_eq!(run(&of(Beside::Before, 2), &blocks), [[3, 4]]);
        assert_eq!(run(&of(Beside::Behind, 2), &blocks), [[1, 2]]);
        assert_eq!(run(&of(Beside::Before, 9), &blocks), [[1, 2, 3, 4]]);
        assert_eq!(run(&of(Beside::Before, 2), &blocks[..1]), [[2, 3]]);
        assert_eq!(run(&of(Beside::Behind, 2), &blocks[1..2]), [[0_i64; 0]]);
        let each = |side, carried, outputs| Edge::Each {
            axis: 0,
            depth: 2,
            side,
            carried,
            outputs,
        };
        assert_eq!(
            run(&each(Beside::Before, false, 4), &blocks),
            [vec![], vec![2, 3], vec![2, 3], vec![3, 4]]
        );
        assert_eq!(
            run(&each(Beside::Behind, false, 4), &blocks),
            [vec![4], vec![4], vec![], vec![]]
        );
        let carried: [&[i64]; 3] = [&[7, 8], &[1], &[2]];
        assert_eq!(
            run(&each(Beside::Before, true, 2), &carried),
            [[7, 8], [8, 1]]
        );
        assert_eq!(
            run(&each(Beside::Behind, true, 2), &carried),
            [[2, 7], [7, 8]]
        );
        assert_eq!(
            run(&each(Beside::Before, false, 2), &carried[..1]),
            [[0_i64; 0]; 2]
        );
    }

    #[test]
    fn what_lies_beyond_the_ends() {
        let past = |side, beyond, depth| Edge::Past {
            axis: 0,
            depth,
            side,
            beyond,
        };
        // As np.pad of [1, 2, 3] with modes symmetric, wrap and edge.
        for (beyond, before, behind) in [
            (Beyond::Mirrored, [2, 3, 3, 2, 1], [3, 2, 1, 1, 2]),
            (Beyond::Wrapped, [2, 3, 1, 2, 3], [1, 2, 3, 1, 2]),
            (Beyond::Nearest, [1; 5], [3; 5]),
        ] {
            assert_eq!(
                run(&past(Beside::Before, beyond, 5), &[&[1, 2, 3]]),
                [before]
            );
            assert_eq!(
                run(&past(Beside::Behind, beyond, 5), &[&[1, 2, 3]]),
                [behind]
            );
            assert!(past(Beside::Before, beyond, 1).run(vec![row(&[])]).is_err());
        }
    }

    #[test]
    fn blocks_without_what_lay_beside_them() {
        let trim = Edge::Trim { axis: 0 };
        assert_eq!(run(&trim, &[&[1, 2, 3, 4], &[1], &[4]]), [[2, 3]]);
        assert_eq!(run(&trim, &[&[1, 2], &[1, 2], &[]]), [[0_i64; 0]]);
        let short = vec![row(&[1]), row(&[1]), row(&[1])];
        let error = trim.run(short).unwrap_err().to_string();
        assert!(
            error.contains("axis 0") && error.contains("(1,)"),
            "{error}"
        );
    }

    #[test]
    fn what_was_not_made_here_is_an_error() {
        let each = |axis, outputs| Edge::Each {
            axis,
            depth: usize::MAX,
            side: Beside::Before,
            carried: true,
            outputs,
        };
        assert!(each(1, 2).run(vec![row(&[1]); 3]).is_err());
        assert!(each(0, u32::MAX).run(vec![row(&[1]); 3]).is_err());
        assert!(each(0, 1).run(vec![row(&[1])]).is_err());
        assert!(each(0, 1).run(Vec::new()).is_err());
        assert!(each(0, 2).run(vec![row(&[1]); 3]).is_ok());
        let of = Edge::Of {
            axis: 0,
            depth: 1,
            side: Beside::Behind,
        };
        assert!(of.run(Vec::new()).is_err());
        assert!(of.run(vec![row(&[1]), Block::vector(vec![1.0])]).is_err());
        let past = Edge::Past {
            axis: 0,
            depth: usize::MAX,
            side: Beside::Behind,
            beyond: Beyond::Nearest,
        };
        assert!(past.run(vec![row(&[1])]).is_err());
    }
}
