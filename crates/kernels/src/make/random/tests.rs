//! Tests of random numbers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Spread, places, and known values of random blocks.

use super::{Distribution, Permutation, Pick, Place, Race, Random, Stream};
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::error::KernelError;
use proptest::prelude::*;

const STREAM: Stream = Stream { seed: 7, draw: 0 };

fn place(first: u64, shape: &[usize], strides: &[usize]) -> Place {
    Place {
        first,
        shape: shape.into(),
        strides: strides.into(),
    }
}

fn draw(distribution: Distribution, dtype: DType, place: Place) -> Result<Block, KernelError> {
    let random = Random {
        stream: STREAM,
        place,
        distribution,
        dtype,
    };
    random.run()
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (mean, variance)
}

fn floats(distribution: Distribution, len: usize) -> Vec<f64> {
    let block = draw(distribution, DType::F64, place(0, &[len], &[1])).unwrap();
    block.into_vec().unwrap()
}

#[test]
fn the_values_of_a_seed_stay_what_they_are() {
    let uniform = floats(
        Distribution::Uniform {
            low: 0.0,
            high: 1.0,
        },
        3,
    );
    let normal = floats(
        Distribution::Normal {
            mean: 0.0,
            deviation: 1.0,
        },
        3,
    );
    // Computed again in Python: Philox by its definition, and `NormalDist().inv_cdf`.
    assert_eq!(
        uniform,
        [0.7501522221031126, 0.0856578653012815, 0.7952840373401903]
    );
    for (ours, expected) in
        normal
            .into_iter()
            .zip([0.6749688500369042, -1.367988324959371, 0.824893731791029])
    {
        assert!((ours - expected).abs() < 1e-14, "{ours} {expected}");
    }
}

#[test]
fn distributions_have_their_moments() {
    let n = 200_000;
    let (mean, variance) = moments(&floats(
        Distribution::Uniform {
            low: -1.0,
            high: 3.0,
        },
        n,
    ));
    assert!(
        (mean - 1.0).abs() < 0.01 && (variance - 16.0 / 12.0).abs() < 0.02,
        "{mean} {variance}"
    );
    let (mean, variance) = moments(&floats(
        Distribution::Normal {
            mean: 2.0,
            deviation: 3.0,
        },
        n,
    ));
    assert!(
        (mean - 2.0).abs() < 0.03 && (variance - 9.0).abs() < 0.15,
        "{mean} {variance}"
    );
    let (mean, variance) = moments(&floats(Distribution::Exponential { scale: 2.0 }, n));
    assert!(
        (mean - 2.0).abs() < 0.03 && (variance - 4.0).abs() < 0.2,
        "{mean} {variance}"
    );
    let bernoulli = draw(
        Distribution::Bernoulli { p: 0.3 },
        DType::Bool,
        place(0, &[n], &[1]),
    );
    let truths = bernoulli.unwrap().into_vec::<bool>().unwrap();
    let share = truths.iter().filter(|t| **t).count() as f64 / n as f64;
    assert!((share - 0.3).abs() < 0.01, "{share}");
}

#[test]
fn integers_are_even_and_in_range() {
    let small = Distribution::Integers { low: -3, span: 7 };
    let drawn = draw(small, DType::I8, place(0, &[70_000], &[1])).unwrap();
    let mut counts = [0_i64; 7];
    for number in drawn.into_vec::<i8>().unwrap() {
        counts[(number + 3) as usize] += 1;
    }
    assert!(
        counts.iter().all(|count| (count - 10_000).abs() < 500),
        "{counts:?}"
    );

    let wide = Distribution::Integers {
        low: 5,
        span: 3 << 62,
    };
    let drawn = draw(wide, DType::U64, place(0, &[30_000], &[1])).unwrap();
    let mut counts = [0_i64; 3];
    for number in drawn.into_vec::<u64>().unwrap() {
        counts[((number - 5) >> 62) as usize] += 1;
    }
    assert!(
        counts.iter().all(|count| (count - 10_000).abs() < 500),
        "{counts:?}"
    );

    let all = Distribution::Integers {
        low: i64::MIN.into(),
        span: 1 << 64,
    };
    let drawn = draw(all, DType::I64, place(0, &[10_000], &[1])).unwrap();
    let negative = drawn
        .into_vec::<i64>()
        .unwrap()
        .iter()
        .filter(|n| **n < 0)
        .count();
    assert!((4_700..5_300).contains(&negative), "{negative}");

    let one = Distribution::Integers { low: 9, span: 1 };
    let drawn = draw(one, DType::U16, place(0, &[5], &[1])).unwrap();
    assert_eq!(drawn.into_vec::<u16>().unwrap(), [9; 5]);
}

#[test]
fn dtypes_that_do_not_fit_are_errors() {
    let uniform = || Distribution::Uniform {
        low: 0.0,
        high: 1.0,
    };
    for dtype in [DType::I32, DType::Bool, DType::C64, DType::C128] {
        let error = draw(uniform(), dtype, place(0, &[3], &[1])).unwrap_err();
        assert!(error.to_string().contains("uniform"), "{error}");
    }
    let integers = Distribution::Integers { low: 0, span: 2 };
    assert!(draw(integers, DType::F64, place(0, &[3], &[1])).is_err());
}

#[test]
fn no_place_makes_it_stop_or_take_all_memory() {
    let uniform = || Distribution::Uniform {
        low: 0.0,
        high: 1.0,
    };
    let empty = draw(uniform(), DType::F64, place(5, &[3, 0, 2], &[9, 3, 1])).unwrap();
    assert_eq!(empty.shape(), [3, 0, 2]);
    let scalar = draw(uniform(), DType::F32, place(5, &[], &[])).unwrap();
    assert_eq!(scalar.shape(), [0_usize; 0]);
    assert!(draw(uniform(), DType::F64, place(0, &[usize::MAX, 2], &[2, 1])).is_err());
    assert!(draw(uniform(), DType::F64, place(0, &[1 << 60], &[1])).is_err());
    assert!(draw(uniform(), DType::F64, place(0, &[2, 2], &[1])).is_err());
}

fn permutation(of: u64, first: u64, len: usize) -> Result<Vec<i64>, KernelError> {
    let stream = STREAM;
    Permutation {
        stream,
        of,
        first,
        len,
    }
    .run()?
    .into_vec()
}

#[test]
fn a_permutation_has_each_number_once() {
    for of in [0, 1, 2, 3, 10, 4096, 4097, 5000, 10_007] {
        let order = permutation(of, 0, of as usize).unwrap();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..of as i64).collect::<Vec<_>>(), "of {of}");
        let half = of / 2;
        assert_eq!(
            permutation(of, half, (of - half) as usize).unwrap(),
            order[half as usize..]
        );
    }
    let order = permutation(100_000, 0, 100_000).unwrap();
    let still = order
        .iter()
        .enumerate()
        .filter(|(at, n)| *at as i64 == **n)
        .count();
    assert!(still < 10, "{still} numbers stayed in their places");
    let rising = order.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!(
        (49_000..51_000).contains(&rising),
        "{rising} neighbours rise"
    );
    assert!(permutation(10, 5, 6).is_err());
    assert!(permutation(u64::MAX, 0, 1).is_err());
}

#[test]
fn choices_follow_their_weights() {
    let values = Block::vector(vec![10_i32, 20, 30, 40]);
    let pick = |stream, inputs| {
        let place = place(0, &[40_000], &[1]);
        Pick { stream, place }
            .run(inputs)
            .unwrap()
            .into_vec::<i32>()
            .unwrap()
    };
    let even = pick(STREAM, vec![values.clone()]);
    let sums = Block::vector(vec![0.5, 0.5, 1.75, 2.0]);
    let weighted = pick(STREAM, vec![values.clone(), sums]);
    for (at, value) in [10, 20, 30, 40].into_iter().enumerate() {
        let share = |drawn: &[i32]| drawn.iter().filter(|v| **v == value).count() as f64 / 4e4;
        assert!((share(&even) - 0.25).abs() < 0.01);
        let expected = [0.25, 0.0, 0.625, 0.125][at];
        assert!((share(&weighted) - expected).abs() < 0.01, "{value}");
    }
    let no_values = Block::vector(Vec::<f32>::new());
    let place = place(0, &[1], &[1]);
    assert!(
        Pick {
            stream: STREAM,
            place
        }
        .run(vec![no_values])
        .is_err()
    );
    assert!(
        Pick {
            stream: STREAM,
            place: self::place(0, &[1], &[1])
        }
        .run(vec![])
        .is_err()
    );
}

#[test]
fn a_race_draws_each_at_most_once() {
    let mut first = [0; 3];
    for draw in 0..3000 {
        let weights = Block::vector(vec![1.0, 0.0, 2.0, 3.0]);
        let race = Race {
            stream: Stream { seed: 1, draw },
            count: 3,
        };
        let drawn = race.run(vec![weights]).unwrap().into_vec::<i64>().unwrap();
        let mut sorted = drawn.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 2, 3]);
        first[sorted.iter().position(|n| *n == drawn[0]).unwrap()] += 1;
    }
    for (count, expected) in first.into_iter().zip([500_i32, 1000, 1500]) {
        assert!((count - expected).abs() < 120, "{first:?}");
    }
    let weights = || Block::vector(vec![1.0, 0.0]);
    assert!(
        Race {
            stream: STREAM,
            count: 2
        }
        .run(vec![weights()])
        .is_err()
    );
    assert_eq!(
        Race {
            stream: STREAM,
            count: 0
        }
        .run(vec![weights()])
        .unwrap()
        .len(),
        0
    );
}

proptest! {
    /// A part of an array has the values that the whole has there.
    #[test]
    fn cuts_do_not_show(
        shape in prop::collection::vec(1_usize..9, 1..4),
        from in prop::collection::vec(0.0..1.0_f64, 3),
        to in prop::collection::vec(0.0..1.0_f64, 3),
        kind in 0..4,
    ) {
        let (distribution, dtype) = match kind {
            0 => (Distribution::Uniform { low: 0.0, high: 1.0 }, DType::F64),
            1 => (Distribution::Normal { mean: 0.0, deviation: 1.0 }, DType::F64),
            2 => (Distribution::Integers { low: 0, span: 1 << 40 }, DType::I64),
            _ => (Distribution::Uniform { low: 0.0, high: 1.0 }, DType::F32),
        };
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        let whole = draw(distribution.clone(), dtype, place(0, &shape, &strides)).unwrap();
        let (mut part, mut first, mut lens) = (whole, 0, Extent::new());
        for axis in 0..shape.len() {
            let start = (from[axis] * shape[axis] as f64) as usize;
            let len = (to[axis] * (shape[axis] - start + 1) as f64) as usize;
            part = part.sliced(axis, start, len, 1).unwrap();
            first += start * strides[axis];
            lens.push(len);
        }
        let alone = draw(distribution, dtype, place(first as u64, &lens, &strides)).unwrap();
        prop_assert_eq!(alone, part);
    }
}
