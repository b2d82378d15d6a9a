//! The order of graphs: topological, steady, and sparing with live results on the usual shapes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use taskloom_core::order::{depth_first, find_cycle};

/// A graph in compressed rows; tasks may be named in any order.
#[derive(Clone, Debug, Default)]
struct Shape {
    ends: Vec<u32>,
    needs: Vec<u32>,
}

impl Shape {
    fn add(&mut self, needs: &[u32]) -> u32 {
        self.needs.extend_from_slice(needs);
        self.ends.push(self.needs.len() as u32);
        self.ends.len() as u32 - 1
    }

    fn many(&mut self, n: u32, needs: &[u32]) -> Vec<u32> {
        (0..n).map(|_| self.add(needs)).collect()
    }

    fn each(&mut self, of: &[u32]) -> Vec<u32> {
        of.iter().map(|&of| self.add(&[of])).collect()
    }

    fn tree(&mut self, mut level: Vec<u32>, fan_in: usize) -> u32 {
        while level.len() > 1 {
            level = level.chunks(fan_in).map(|chunk| self.add(chunk)).collect();
        }
        level[0]
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn needs_of(&self, task: usize) -> &[u32] {
        let start = if task == 0 {
            0
        } else {
            self.ends[task - 1] as usize
        };
        &self.needs[start..self.ends[task] as usize]
    }

    /// Tasks in the order of their places.
    fn sequence(&self) -> Vec<u32> {
        let place = depth_first(self.len(), &self.ends, &self.needs);
        assert_eq!(
            place,
            depth_first(self.len(), &self.ends, &self.needs),
            "steady"
        );
        let mut sequence = vec![u32::MAX; self.len()];
        for (task, &place) in place.iter().enumerate() {
            assert_eq!(
                sequence[place as usize],
                u32::MAX,
                "two tasks have one place"
            );
            sequence[place as usize] = task as u32;
        }
        self.assert_topological(&sequence);
        sequence
    }

    fn assert_topological(&self, sequence: &[u32]) {
        let mut done = vec![false; self.len()];
        for &task in sequence {
            for &need in self.needs_of(task as usize) {
                assert!(done[need as usize], "{task} before its need {need}");
            }
            done[task as usize] = true;
        }
    }

    /// The most results that are alive at once; sinks are let go when made.
    fn peak(&self, sequence: &[u32]) -> usize {
        let mut users = vec![0; self.len()];
        for &need in &self.needs {
            users[need as usize] += 1;
        }
        let (mut alive, mut peak) = (0, 0);
        for &task in sequence {
            alive += 1;
            peak = peak.max(alive);
            if users[task as usize] == 0 {
                alive -= 1;
            }
            for &need in self.needs_of(task as usize) {
                users[need as usize] -= 1;
                if users[need as usize] == 0 {
                    alive -= 1;
                }
            }
        }
        peak
    }

    /// Breadth first: what may run, in the order in which it could.
    fn breadth_first(&self) -> Vec<u32> {
        let mut missing: Vec<usize> = (0..self.len()).map(|t| self.needs_of(t).len()).collect();
        let mut users = vec![Vec::new(); self.len()];
        for task in 0..self.len() {
            for &need in self.needs_of(task) {
                users[need as usize].push(task as u32);
            }
        }
        let mut queue: Vec<u32> = (0..self.len() as u32)
            .filter(|&t| missing[t as usize] == 0)
            .collect();
        let mut at = 0;
        while at < queue.len() {
            for &user in &users[queue[at] as usize] {
                missing[user as usize] -= 1;
                if missing[user as usize] == 0 {
                    queue.push(user);
                }
            }
            at += 1;
        }
        queue
    }

    /// Plain post-order from each sink, needs as listed.
    fn post_order(&self) -> Vec<u32> {
        let mut used = vec![false; self.len()];
        for &need in &self.needs {
            used[need as usize] = true;
        }
        let mut done = vec![false; self.len()];
        let mut sequence = Vec::new();
        for sink in (0..self.len() as u32).filter(|&t| !used[t as usize]) {
            let mut way = vec![(sink, 0)];
            while let Some((task, next)) = way.last_mut() {
                if let Some(&need) = self.needs_of(*task as usize).get(*next) {
                    *next += 1;
                    if !done[need as usize] {
                        way.push((need, 0));
                    }
                } else {
                    let (task, _) = way.pop().unwrap();
                    if !std::mem::replace(&mut done[task as usize], true) {
                        sequence.push(task);
                    }
                }
            }
        }
        sequence
    }

    fn assert_sparing(&self, name: &str, most: usize) {
        let peak = self.peak(&self.sequence());
        let naive = self
            .peak(&self.breadth_first())
            .min(self.peak(&self.post_order()));
        assert!(
            peak <= naive,
            "{name}: peak {peak}, a naive order has {naive}"
        );
        assert!(peak <= most, "{name}: peak {peak}, expected at most {most}");
    }
}

#[test]
fn chains_are_contiguous() {
    let mut shape = Shape::default();
    let mut tips = shape.many(10, &[]);
    for _ in 0..5 {
        tips = shape.each(&tips);
    }
    let sequence = shape.sequence();
    for chain in sequence.chunks(6) {
        assert!(
            chain
                .windows(2)
                .all(|pair| shape.needs_of(pair[1] as usize) == [pair[0]])
        );
    }
    shape.assert_sparing("chains", 2);
}

#[test]
fn reductions_keep_few_alive() {
    for (leaves, fan_in, most) in [(1024, 2, 12), (1000, 2, 12), (4096, 8, 34), (7, 2, 5)] {
        let mut shape = Shape::default();
        let leaves = shape.many(leaves, &[]);
        let mapped = shape.each(&leaves);
        shape.tree(mapped, fan_in);
        shape.assert_sparing("tree", most);
    }
}

#[test]
fn a_fold_loads_as_it_goes() {
    let mut shape = Shape::default();
    let items = shape.many(500, &[]);
    let mut sum = shape.add(&[items[0]]);
    for &item in &items[1..] {
        sum = shape.add(&[item, sum]);
    }
    shape.assert_sparing("fold", 3);
}

#[test]
fn two_reductions_over_one_input_run_together() {
    let mut shape = Shape::default();
    let loads = shape.many(1024, &[]);
    let (sums, squares) = (shape.each(&loads), shape.each(&loads));
    let (sum, square) = (shape.tree(sums, 2), shape.tree(squares, 2));
    shape.add(&[sum, square]);
    shape.assert_sparing("mean and variance", 26);
}

#[test]
fn neighbours_are_used_while_they_are_there() {
    let mut shape = Shape::default();
    let cells = shape.many(300, &[]);
    for three in cells.windows(3) {
        shape.add(three);
    }
    shape.assert_sparing("stencil", 5);
}

#[test]
fn layered_stencils_go_deep_before_wide() {
    let mut shape = Shape::default();
    let mut row = shape.many(200, &[]);
    for _ in 0..4 {
        row = row
            .windows(3)
            .map(|three| three.to_vec())
            .collect::<Vec<_>>()
            .iter()
            .map(|three| shape.add(three))
            .collect();
    }
    shape.assert_sparing("layers", 16);
}

#[test]
fn independent_trees_are_not_interleaved() {
    let mut shape = Shape::default();
    let mut tree_of = Vec::new();
    for tree in 0..6 {
        let leaves = shape.many(16, &[]);
        shape.tree(leaves, 2);
        tree_of.resize(shape.len(), tree);
    }
    let trees: Vec<i32> = shape
        .sequence()
        .iter()
        .map(|&t| tree_of[t as usize])
        .collect();
    let changes = trees.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(changes, 5);
}

#[test]
fn a_shared_root_does_not_merge_everything() {
    let mut shape = Shape::default();
    let root = shape.add(&[]);
    let mut tree_of = vec![0];
    for tree in 1..=20 {
        let leaves = shape.many(16, &[root]);
        shape.tree(leaves, 2);
        tree_of.resize(shape.len(), tree);
    }
    let trees: Vec<i32> = shape.sequence()[1..]
        .iter()
        .map(|&t| tree_of[t as usize])
        .collect();
    let changes = trees.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(changes, 19);
    shape.assert_sparing("shared root", 8);
}

#[test]
fn diamonds_close_one_after_the_other() {
    let mut shape = Shape::default();
    let mut top = shape.add(&[]);
    for _ in 0..100 {
        let sides = shape.many(8, &[top]);
        top = shape.add(&sides);
    }
    shape.assert_sparing("diamonds", 10);
}

#[test]
fn a_shuffle_is_no_worse_than_it_must_be() {
    let mut shape = Shape::default();
    let splits = shape.many(60, &[]);
    let merged: Vec<u32> = (0..60).map(|_| shape.add(&splits)).collect();
    shape.each(&merged);
    shape.assert_sparing("shuffle", 62);
}

#[test]
fn graphs_of_the_literature_are_sparing() {
    for name in taskloom_testkit::fixture::names() {
        let fixture = taskloom_testkit::fixture(name).unwrap();
        let mut shape = Shape::default();
        for task in 0..fixture.len() {
            shape.add(fixture.dependencies(task));
        }
        let peak = shape.peak(&shape.sequence());
        let breadth_first = shape.peak(&shape.breadth_first());
        let post_order = shape.peak(&shape.post_order());
        println!("{name}: {peak} alive, breadth first {breadth_first}, post-order {post_order}");
        // One result more where everything is exchanged with everything does not matter.
        assert!(peak <= breadth_first.min(post_order) + 1, "{name}");
    }
}

#[test]
fn cycles_are_found_and_do_no_harm() {
    // 0 is free; 1 -> 2 -> 3 -> 1 is a circle; 4 needs it.
    let (ends, needs) = ([0, 1, 2, 3, 5], [3, 1, 2, 3, 0]);
    let mut cycle = find_cycle(5, &ends, &needs).unwrap();
    let at = cycle.iter().position(|&task| task == 1).unwrap();
    cycle.rotate_left(at);
    assert_eq!(cycle, [1, 3, 2]);
    let mut place = depth_first(5, &ends, &needs);
    assert_eq!(place[0], 0);
    place.sort_unstable();
    assert_eq!(place, [0, 1, 2, 3, 4]);
    assert_eq!(find_cycle(2, &[0, 1], &[0]), None);
    assert_eq!(find_cycle(1, &[1], &[0]), Some(vec![0]));
}

#[test]
fn graphs_without_edges_stay_as_they_are() {
    assert_eq!(depth_first(3, &[], &[]), [0, 1, 2]);
    assert_eq!(depth_first(0, &[], &[]), []);
}

fn any_graph() -> impl Strategy<Value = Shape> {
    let task = proptest::collection::vec(any::<prop::sample::Index>(), 0..4);
    proptest::collection::vec(task, 1..120).prop_map(|tasks| {
        let mut shape = Shape::default();
        for (at, needs) in tasks.iter().enumerate() {
            let mut needs: Vec<u32> = needs
                .iter()
                .filter(|_| at > 0)
                .map(|need| need.index(at) as u32)
                .collect();
            needs.sort_unstable();
            needs.dedup();
            shape.add(&needs);
        }
        shape
    })
}

proptest! {
    #[test]
    fn every_order_is_topological(shape in any_graph()) {
        shape.sequence();
        prop_assert_eq!(find_cycle(shape.len(), &shape.ends, &shape.needs), None);
    }

    #[test]
    fn any_edges_at_all_give_places(
        tasks in 1_usize..40,
        edges in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..80),
    ) {
        let mut rows = vec![Vec::new(); tasks];
        for (from, to) in edges {
            let row: &mut Vec<u32> = &mut rows[to.index(tasks)];
            let from = from.index(tasks) as u32;
            if !row.contains(&from) {
                row.push(from);
            }
        }
        let mut shape = Shape::default();
        for row in &rows {
            shape.add(row);
        }
        let mut place = depth_first(tasks, &shape.ends, &shape.needs);
        if find_cycle(tasks, &shape.ends, &shape.needs).is_none() {
            shape.sequence();
        }
        place.sort_unstable();
        prop_assert_eq!(place, (0..tasks as u32).collect::<Vec<_>>());
    }

    #[test]
    fn numbering_does_not_matter_for_trees(leaves in 2_u32..300, seed in any::<u64>()) {
        // The leaves of a tree are taken in an arbitrary order.
        let mut shape = Shape::default();
        let mut level = shape.many(leaves, &[]);
        let mut state = seed | 1;
        for at in (1..level.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            level.swap(at, (state >> 33) as usize % (at + 1));
        }
        shape.tree(level, 2);
        let peak = shape.peak(&shape.sequence());
        prop_assert!(peak <= 2 + leaves.next_power_of_two().ilog2() as usize, "{}", peak);
    }
}
