//! Tests of sorting, counting and searching.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Interpolation, Order, Quantiles, Tally, Top};
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::Kernel;
use ndarray::array;
use proptest::prelude::{prop, proptest};

const NAN: f64 = f64::NAN;

fn run(order: Order, blocks: &[&Block]) -> Result<Vec<Block>, KernelError> {
    let blocks = blocks.iter().map(|&block| block.clone()).collect();
    Ok(Kernel::Order(order).run(blocks)?.into_vec())
}

fn only(order: Order, blocks: &[&Block]) -> Block {
    let mut outputs = run(order, blocks).unwrap();
    assert_eq!(outputs.len(), 1);
    outputs.pop().unwrap()
}

fn floats(block: &Block) -> Vec<f64> {
    block.clone().into_vec::<f64>().unwrap()
}

#[test]
fn sorted_and_cut_again() {
    let a = Block::vector(vec![3.0, NAN, 1.0]);
    let b = Block::vector(Vec::<f64>::new());
    let c = Block::vector(vec![2.0, -1.0]);
    let parts = run(Order::Sort { axis: 0 }, &[&a, &b, &c]).unwrap();
    let parts: Vec<Vec<f64>> = parts.iter().map(floats).collect();
    assert_eq!(parts[0], [-1.0, 1.0, 2.0]);
    assert!(parts[1].is_empty());
    assert!(parts[2][0] == 3.0 && parts[2][1].is_nan());
    let rows = Block::from(array![[3_u8, 1], [2, 5]].into_dyn());
    let down = only(Order::Sort { axis: 0 }, &[&rows]);
    assert_eq!(down, Block::from(array![[2_u8, 1], [3, 5]].into_dyn()));
    let other = Block::from(array![[1_u8]].into_dyn());
    assert!(run(Order::Sort { axis: 0 }, &[&rows, &other]).is_err());
    assert!(run(Order::Sort { axis: 2 }, &[&rows]).is_err());
}

fn quantiles(at: &[f64], interpolation: Interpolation, skip_nan: bool) -> Order {
    Order::Quantiles(Quantiles {
        at: at.to_vec(),
        several: at.len() > 1,
        interpolation,
        axis: 0,
        keepdims: false,
        skip_nan,
    })
}

#[test]
fn quantiles_are_those_of_numpy() {
    let linear = Interpolation::Linear;
    let (a, b) = (Block::vector(vec![4_i32, 1]), Block::vector(vec![3_i32, 2]));
    let result = only(quantiles(&[0.0, 0.3, 1.0], linear, false), &[&a, &b]);
    assert_eq!(floats(&result), [1.0, 1.9, 4.0]);
    let at = |interpolation| floats(&only(quantiles(&[0.3], interpolation, false), &[&a, &b]))[0];
    assert_eq!(at(Interpolation::Lower), 1.0);
    assert_eq!(at(Interpolation::Higher), 2.0);
    assert_eq!(at(Interpolation::Nearest), 2.0);
    assert_eq!(at(Interpolation::Midpoint), 1.5);
    assert_eq!(
        floats(&only(quantiles(&[], linear, false), &[&a, &b])),
        [2.5]
    );
    let x = Block::vector(vec![1.0, NAN, 5.0, 3.0]);
    assert!(floats(&only(quantiles(&[], linear, false), &[&x]))[0].is_nan());
    assert_eq!(floats(&only(quantiles(&[], linear, true), &[&x])), [3.0]);
    let none = Block::vector(Vec::<f64>::new());
    assert!(floats(&only(quantiles(&[], linear, false), &[&none]))[0].is_nan());
    let singles = Block::vector(vec![1.0_f32, 2.0]);
    assert_eq!(
        only(quantiles(&[], linear, false), &[&singles]),
        Block::scalar(1.5_f32)
    );
    let rows = Block::from(array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
    let order = Order::Quantiles(Quantiles {
        at: vec![0.5, 0.75],
        several: true,
        interpolation: linear,
        axis: 1,
        keepdims: true,
        skip_nan: false,
    });
    let expected = array![[[1.5], [3.5]], [[1.75], [3.75]]];
    assert_eq!(only(order, &[&rows]), Block::from(expected.into_dyn()));
}

#[test]
fn the_greatest_few_with_places() {
    let top = |least, places| Top {
        count: 2,
        least,
        axis: 0,
        places,
    };
    let blocks = [vec![3.0, 9.0], vec![], vec![9.0, -1.0, 4.0]].map(Block::vector);
    let result = |top: Top| {
        let states: Vec<Block> = blocks
            .iter()
            .flat_map(|block| run(Order::Top(top), &[block]).unwrap())
            .collect();
        assert_eq!(states.len(), 3 * top.parts());
        only(Order::FinishTop(top), &states.iter().collect::<Vec<_>>())
    };
    assert_eq!(floats(&result(top(false, false))), [9.0, 9.0]);
    assert_eq!(floats(&result(top(true, false))), [-1.0, 3.0]);
    assert_eq!(result(top(false, true)), Block::vector(vec![1_i64, 2]));
    assert_eq!(result(top(true, true)), Block::vector(vec![3_i64, 0]));
}

#[test]
fn different_elements() {
    let a = Block::vector(vec![3.0, 1.0, NAN, NAN]);
    let b = Block::from(array![[1.0, NAN], [0.0, 3.0]].into_dyn());
    let mut states = run(Order::Tally(Tally::Unique), &[&a]).unwrap();
    states.extend(run(Order::Tally(Tally::Unique), &[&b]).unwrap());
    let states: Vec<&Block> = states.iter().collect();
    let merged = run(Order::MergeTally(Tally::Unique), &states).unwrap();
    let values = floats(&merged[0]);
    assert_eq!(values[..3], [0.0, 1.0, 3.0]);
    assert!(values[3].is_nan() && values.len() == 4);
    assert_eq!(merged[1], Block::vector(vec![1_i64, 2, 2, 3]));
    let inverse = only(Order::Inverse, &[&merged[0], &b]);
    assert_eq!(inverse, Block::from(array![[1_i64, 3], [0, 2]].into_dyn()));
}

#[test]
fn values_counted() {
    let count = |minlength| Order::Tally(Tally::Bincount { minlength });
    let x = Block::vector(vec![1_u8, 1, 3]);
    assert_eq!(only(count(2), &[&x]), Block::vector(vec![0_i64, 2, 0, 1]));
    let none = Block::vector(Vec::<i64>::new());
    assert_eq!(only(count(2), &[&none]), Block::vector(vec![0_i64, 0]));
    let weights = Block::vector(vec![0.5, 1.0, 2.0]);
    assert_eq!(
        only(count(0), &[&x, &weights]),
        Block::vector(vec![0.0, 1.5, 0.0, 2.0])
    );
    let merged = only(
        Order::MergeTally(Tally::Bincount { minlength: 0 }),
        &[&Block::vector(vec![1_i64]), &Block::vector(vec![2_i64, 5])],
    );
    assert_eq!(merged, Block::vector(vec![3_i64, 5]));
    let negative = run(count(0), &[&Block::vector(vec![-1_i8])]).unwrap_err();
    assert!(negative.to_string().contains("negative"), "{negative}");
    assert!(run(count(0), &[&Block::vector(vec![u64::MAX])]).is_err());
    assert!(run(count(0), &[&Block::vector(vec![1.5])]).is_err());
    assert!(run(count(0), &[&x, &Block::vector(vec![1.0])]).is_err());
}

#[test]
fn histograms_are_those_of_numpy() {
    let edges = Block::vector(vec![0.0, 1.0, 2.0]);
    let x = Block::vector(vec![1.0, 2.0, 2.0, NAN, 5.0, 0.5]);
    let counts = only(Order::Tally(Tally::Histogram), &[&edges, &x]);
    assert_eq!(counts, Block::vector(vec![1_i64, 3]));
    let weights = Block::vector(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let sums = only(Order::Tally(Tally::Histogram), &[&edges, &x, &weights]);
    assert_eq!(floats(&sums), [6.0, 6.0]);
    let density = only(Order::Density, &[&counts, &edges]);
    assert_eq!(floats(&density), [0.25, 0.75]);
    let (one, two) = (Block::scalar(1.0), Block::scalar(2.0));
    assert_eq!(
        floats(&only(Order::Edges { bins: 2 }, &[&one, &two])),
        [1.0, 1.5, 2.0]
    );
    assert_eq!(
        floats(&only(Order::Edges { bins: 2 }, &[&one, &one])),
        [0.5, 1.0, 1.5]
    );
    assert!(run(Order::Edges { bins: 0 }, &[&one, &two]).is_err());
    assert!(run(Order::Edges { bins: 2 }, &[&two, &one]).is_err());
    assert!(run(Order::Edges { bins: 2 }, &[&one, &Block::scalar(NAN)]).is_err());
}

#[test]
fn places_in_a_row() {
    let digitize = |edges: &[f64], right| Order::Digitize {
        edges: edges.to_vec(),
        right,
    };
    let x = Block::vector(vec![0.5, 1.0, 1.5, 2.0]);
    let places = |order| only(order, &[&x]).into_vec::<i64>().unwrap();
    assert_eq!(places(digitize(&[1.0, 2.0], false)), [0, 1, 1, 2]);
    assert_eq!(places(digitize(&[1.0, 2.0], true)), [0, 0, 1, 1]);
    assert_eq!(places(digitize(&[2.0, 1.0], false)), [2, 1, 1, 0]);
    assert_eq!(places(digitize(&[2.0, 1.0], true)), [2, 2, 1, 1]);
    let (a, b) = (Block::vector(vec![1_i32, 2]), Block::vector(vec![2_i32, 3]));
    let values = Block::vector(vec![2.0, 0.0, NAN]);
    let search = |right| only(Order::Search { right }, &[&values, &a, &b]);
    assert_eq!(search(false), Block::vector(vec![1_i64, 0, 4]));
    assert_eq!(search(true), Block::vector(vec![3_i64, 0, 4]));
}

#[test]
fn quantiles_of_digests() {
    let part = |from: i32| Block::vector((from..from + 500).map(f64::from).collect());
    let mut states = run(Order::Tally(Tally::Digest), &[&part(0)]).unwrap();
    states.extend(run(Order::Tally(Tally::Digest), &[&part(500)]).unwrap());
    let states: Vec<&Block> = states.iter().collect();
    let merged = run(Order::MergeTally(Tally::Digest), &states).unwrap();
    let read = |state: &[Block]| {
        let order = Order::ReadDigest {
            at: vec![0.0, 0.5, 1.0],
        };
        floats(&only(order, &state.iter().collect::<Vec<_>>()))
    };
    let quantiles = read(&merged);
    assert_eq!((quantiles[0], quantiles[2]), (0.0, 999.0));
    assert!((quantiles[1] - 499.5).abs() < 5.0, "{quantiles:?}");
    let infinite = Block::vector(vec![f64::NEG_INFINITY, 1.0, f64::INFINITY]);
    let quantiles = read(&run(Order::Tally(Tally::Digest), &[&infinite]).unwrap());
    assert_eq!(quantiles, [f64::NEG_INFINITY, 1.0, f64::INFINITY]);
    let nan = read(
        &run(
            Order::Tally(Tally::Digest),
            &[&Block::vector(vec![1.0, NAN])],
        )
        .unwrap(),
    );
    assert!(nan.iter().all(|q| q.is_nan()));
}

proptest! {
    #[test]
    fn bins_by_guess_and_by_search(
        mut edges in prop::collection::vec(-5.0..5.0_f64, 2..8),
        numbers in prop::collection::vec(-6.0..6.0_f64, 0..50),
    ) {
        edges.sort_by(f64::total_cmp);
        let bins = edges.len() - 1;
        let mut expected = vec![0_i64; bins];
        for &x in &numbers {
            let last = |bin| bin == bins - 1 && x == edges[bins];
            let inside = |bin: usize| x >= edges[bin] && (x < edges[bin + 1] || last(bin));
            if let Some(bin) = (0..bins).find(|&bin| inside(bin)) {
                expected[bin] += 1;
            }
        }
        let counts = only(
            Order::Tally(Tally::Histogram),
            &[&Block::vector(edges), &Block::vector(numbers)],
        );
        proptest::prop_assert_eq!(counts, Block::vector(expected));
    }
}
