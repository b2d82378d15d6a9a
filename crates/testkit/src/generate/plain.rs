//! Independent tasks, chains, merges and trees.

use super::push;
use crate::shape::GraphShape;

/// `tasks` tasks that depend on nothing.
pub fn independent(tasks: usize) -> GraphShape {
    let mut shape = GraphShape::new(["source"]);
    for _ in 0..tasks {
        push(&mut shape, 0, &[]);
    }
    shape
}

/// `tasks` tasks, each on the one before.
pub fn chain(tasks: usize) -> GraphShape {
    let mut shape = GraphShape::new(["source", "link"]);
    let mut last = None;
    for _ in 0..tasks {
        last = Some(match last {
            None => push(&mut shape, 0, &[]),
            Some(before) => push(&mut shape, 1, &[before]),
        });
    }
    shape
}

/// `sources` tasks and one that depends on all of them: merge-N.
pub fn merge(sources: usize) -> GraphShape {
    let mut shape = GraphShape::new(["source", "merge"]);
    let all: Vec<u32> = (0..sources).map(|_| push(&mut shape, 0, &[])).collect();
    push(&mut shape, 1, &all);
    shape
}

/// A binary tree over `leaves` leaves; tree-e has 2^(e-1) of them. An odd one goes up a level alone.
pub fn tree(leaves: usize) -> GraphShape {
    let mut shape = GraphShape::new(["leaf", "add"]);
    let mut level: Vec<u32> = (0..leaves).map(|_| push(&mut shape, 0, &[])).collect();
    while level.len() > 1 {
        let pairs = level.chunks(2).map(|pair| match pair {
            [alone] => *alone,
            pair => push(&mut shape, 1, pair),
        });
        level = pairs.collect();
    }
    shape
}
