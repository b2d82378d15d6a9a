//! The steps of a rechunk: how many there are, and what is in between.
//!
//! Going straight from rows to columns cuts each block into as many parts as there are columns of
//! blocks. With steps in between the parts are fewer and larger, and no block is larger than a bound.
//! The way to choose them is that of dask's `plan_rechunk`: merge along the axes where that saves most
//! parts for its memory, split along the others, and so on until a straight step is cheap.

use super::pieces::refined;

/// The lengths of the blocks along one axis.
pub(crate) type Cuts = Vec<usize>;

/// A step may make this many times the blocks of both ends before another is put in between.
const FACTOR: f64 = 4.0;

/// Blocks in between are at most so many times as large as the largest at either end: fewer of them
/// would keep fewer workers busy.
const GROWTH: f64 = 4.0;

/// The cuts of all axes after each step, the last of them `to`. Blocks in between have at most
/// `limit` elements, or as many as the largest at either end. Parts of `worthwhile` elements on
/// average cost less than another step, which copies everything.
pub(crate) fn steps(from: &[Cuts], to: &[Cuts], limit: usize, worthwhile: usize) -> Vec<Vec<Cuts>> {
    let mut steps = Vec::new();
    if from.len() > 1 && to.iter().all(|cuts| !cuts.is_empty()) {
        let ends = largest(from).max(largest(to));
        let limit = (limit as f64).min(GROWTH * ends).max(ends);
        let size: f64 = from
            .iter()
            .map(|cuts| cuts.iter().sum::<usize>() as f64)
            .product();
        let enough = (FACTOR * (blocks(from) + blocks(to))).max(size / worthwhile as f64);
        let mut now = from.to_vec();
        let mut first = true;
        while parts(&now, to) >= enough {
            let split = match first {
                true => now.clone(),
                false => split(&now, to, parts(&now, to) * FACTOR),
            };
            let (next, at_limit) = merge(&split, to, limit);
            if next == to || (next == now && !first) {
                break;
            }
            if next != now {
                steps.push(next.clone());
            }
            now = next;
            if !at_limit {
                break;
            }
            first = false;
        }
    }
    steps.push(to.to_vec());
    steps
}

/// The elements of the largest block.
fn largest(cuts: &[Cuts]) -> f64 {
    cuts.iter().map(|cuts| widest(cuts) as f64).product()
}

fn widest(cuts: &[usize]) -> usize {
    cuts.iter().copied().max().unwrap_or(0).max(1)
}

fn blocks(cuts: &[Cuts]) -> f64 {
    cuts.iter().map(|cuts| cuts.len() as f64).product()
}

/// How many parts a step cuts.
pub(super) fn parts(from: &[Cuts], to: &[Cuts]) -> f64 {
    let along = from.iter().zip(to).map(|(from, to)| match from == to {
        true => from.len() as f64,
        false => refined(from, to).len() as f64,
    });
    along.product()
}

/// Takes the new cuts, or something on the way to them, along axes where they are fewer: first where
/// that saves most blocks for the growth of the largest one. Says whether the limit was met.
fn merge(from: &[Cuts], to: &[Cuts], limit: f64) -> (Vec<Cuts>, bool) {
    let worth = |axis: usize| {
        let fewer = to[axis].len() as f64 / from[axis].len() as f64;
        let wider = widest(&to[axis]) as f64 / widest(&from[axis]) as f64;
        match wider == 1.0 {
            true => fewer.ln() / 1e-9,
            false => fewer.ln() / wider.ln(),
        }
    };
    let mut axes: Vec<usize> = (0..from.len())
        .filter(|&axis| to[axis].len() <= from[axis].len())
        .collect();
    axes.sort_by(|&a, &b| worth(a).total_cmp(&worth(b)));
    let mut largest = largest(from);
    let mut cuts = from.to_vec();
    let mut at_limit = false;
    for axis in axes {
        let now = widest(&from[axis]) as f64;
        let whole = largest * widest(&to[axis]) as f64 / now;
        if whole <= limit {
            cuts[axis] = to[axis].clone();
            largest = whole;
            continue;
        }
        at_limit = true;
        let some = divided(&to[axis], (limit * now / largest) as usize);
        if some.len() <= from[axis].len() {
            largest *= widest(&some) as f64 / now;
            cuts[axis] = some;
        }
    }
    (cuts, at_limit)
}

/// Takes what comes near to the new cuts along axes where they are more, within a number of parts.
fn split(from: &[Cuts], to: &[Cuts], most_parts: f64) -> Vec<Cuts> {
    let mut cuts = from.to_vec();
    for axis in 0..from.len() {
        let now = parts(&cuts, to);
        if now > most_parts {
            break;
        }
        if from[axis].len() > to[axis].len() {
            continue;
        }
        let most = (from[axis].len() as f64 * most_parts / now) as usize;
        let some = grouped(&to[axis], most);
        if some.len() >= from[axis].len() && widest(&some) <= widest(&from[axis]) {
            cuts[axis] = some;
        }
    }
    cuts
}

/// The cuts with those that are wider than this in even pieces.
fn divided(cuts: &[usize], most: usize) -> Cuts {
    let most = most.max(1);
    let mut divided = Cuts::new();
    for &len in cuts {
        divided.extend(even(len, len.div_ceil(most).max(1)));
    }
    divided
}

/// This length in so many pieces, which differ by one at most.
fn even(len: usize, pieces: usize) -> impl Iterator<Item = usize> {
    let (each, more) = (len / pieces, len % pieces);
    (0..pieces).map(move |at| each + usize::from(at < more))
}

/// Neighbours together, so that there are at most so many.
fn grouped(cuts: &[usize], most: usize) -> Cuts {
    let together = cuts.len().div_ceil(most.max(1)).max(1);
    cuts.chunks(together)
        .map(|some| some.iter().sum())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Cuts, blocks, divided, even, grouped, largest, parts, steps};
    use crate::arrange::testing::cuts_of;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    fn straight(to: &[Cuts]) -> Vec<Vec<Cuts>> {
        vec![to.to_vec()]
    }

    #[test]
    fn cheap_ways_are_straight() {
        let (from, to) = (vec![vec![5, 5]], vec![vec![2; 5]]);
        assert_eq!(steps(&from, &to, 1000, 1000), straight(&to));
        let (from, to) = (vec![vec![20; 5], vec![100]], vec![vec![100], vec![20; 5]]);
        assert_eq!(steps(&from, &to, 1000, 1000), straight(&to));
        let (from, to) = (vec![vec![10; 10], vec![100]], vec![vec![100], vec![10; 10]]);
        assert_eq!(steps(&from, &to, 1000, 50), straight(&to));
        assert_ne!(steps(&from, &to, 5000, 1000), straight(&to));
    }

    #[test]
    fn rows_to_columns_go_in_steps() {
        // 100 blocks of rows into 100 of columns would be 10,000 parts.
        let from = vec![vec![100; 100], vec![10_000]];
        let to = vec![vec![10_000], vec![100; 100]];
        let steps = steps(&from, &to, 5_000_000, 100_000);
        assert!(steps.len() > 1, "{} steps", steps.len());
        let mut at = &from;
        let mut cost = 0.0;
        for step in &steps {
            cost += parts(at, step);
            assert!(largest(step) <= 5_000_000.0);
            at = step;
        }
        assert!(cost < 0.5 * parts(&from, &to), "{cost} parts");
        assert_eq!(steps.last(), Some(&to));
    }

    #[test]
    fn pieces() {
        assert_eq!(divided(&[10, 3, 0], 4), [4, 3, 3, 3, 0]);
        assert_eq!(grouped(&[1, 2, 3, 4, 5], 2), [6, 9]);
        assert_eq!(even(7, 3).collect::<Vec<_>>(), [3, 2, 2]);
        assert_eq!(even(0, 1).collect::<Vec<_>>(), [0]);
    }

    proptest! {
        #[test]
        fn steps_end_where_they_should_and_keep_the_bound(
            from in (cuts_of(60), cuts_of(40), cuts_of(7)),
            to in (cuts_of(60), cuts_of(40), cuts_of(7)),
            limit in 1_usize..2000,
        ) {
            let (from, to) = (vec![from.0, from.1, from.2], vec![to.0, to.1, to.2]);
            let bound = largest(&from).max(largest(&to)).max(limit as f64);
            let steps = steps(&from, &to, limit, 1000);
            prop_assert!(steps.len() < 20);
            prop_assert_eq!(steps.last(), Some(&to));
            for step in &steps {
                prop_assert!(largest(step) <= bound * 1.001);
                prop_assert!(blocks(step) > 0.0);
                for (cuts, axis) in step.iter().zip(&from) {
                    prop_assert_eq!(cuts.iter().sum::<usize>(), axis.iter().sum::<usize>());
                }
            }
        }
    }
}
