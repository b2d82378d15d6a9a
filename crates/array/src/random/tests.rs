//! Tests of random numbers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Random arrays do not show how they are cut, and refuse what cannot be.

use super::Generator;
use crate::array::Array;
use crate::chunks::Chunks;
use taskloom_kernels::DType;

/// One draw of each kind, cut so.
fn draws(shape: [usize; 2], chunks: &Chunks) -> Vec<Array> {
    let random = Generator::new(11);
    let small = Generator::new(11).with_dtype(DType::F32);
    vec![
        random.random(shape, chunks.clone()),
        random.uniform(-2.0, 5.0, shape, chunks.clone()),
        random.normal(1.0, 2.0, shape, chunks.clone()),
        random.exponential(3.0, shape, chunks.clone()),
        random.lognormal(0.0, 1.0, shape, chunks.clone()),
        random.weibull(1.0, shape, chunks.clone()),
        random.laplace(0.0, 1.0, shape, chunks.clone()),
        random.standard_cauchy(shape, chunks.clone()),
        random.triangular(0.0, 1.0, 3.0, shape, chunks.clone()),
        random.gamma(2.5, 2.0, shape, chunks.clone()),
        random.chisquare(3.0, shape, chunks.clone()),
        random.beta(0.5, 2.0, shape, chunks.clone()),
        random.standard_t(4.0, shape, chunks.clone()),
        random.f(3.0, 8.0, shape, chunks.clone()),
        random.poisson(3.5, shape, chunks.clone()),
        random.binomial(20, 0.4, shape, chunks.clone()),
        random.negative_binomial(2.5, 0.4, shape, chunks.clone()),
        random.hypergeometric(5, 7, 6, shape, chunks.clone()),
        random.geometric(0.2, shape, chunks.clone()),
        random.logseries(0.8, shape, chunks.clone()),
        random.bernoulli(0.25, shape, chunks.clone()),
        random.integers(-5, 5, DType::I16, shape, chunks.clone()),
        random.integers(0, 1_i64 << 40, DType::U64, shape, chunks.clone()),
        random.choice(&[1_u8, 2, 3], shape, chunks.clone()),
        random.choice_weighted(&[1.0, 2.0], &[3.0, 1.0], shape, chunks.clone()),
        small.random(shape, chunks.clone()),
        small.normal(0.0, 1.0, shape, chunks.clone()),
    ]
}

#[test]
fn the_cut_does_not_show() {
    let whole = draws([7, 9], &Chunks::whole());
    for chunks in [
        Chunks::of([2, 4]),
        Chunks::exact([vec![0, 3, 4], vec![5, 0, 4]]),
        Chunks::of([7, 1]),
    ] {
        for (whole, cut) in whole.iter().zip(draws([7, 9], &chunks)) {
            assert_eq!(
                whole.compute_here().unwrap(),
                cut.compute_here().unwrap(),
                "{}",
                cut.name()
            );
        }
    }
    for (at, one) in whole.iter().enumerate() {
        for other in &whole[at + 1..] {
            assert_ne!(one.name(), other.name());
        }
    }
}

#[test]
fn equal_draws_are_equal_and_others_are_not() {
    let (one, other) = (Generator::new(3), Generator::new(3));
    let first = one.random([5], [5]);
    assert_eq!(first.name(), other.random([5], [5]).name());
    assert_ne!(
        first.compute_here().unwrap(),
        one.random([5], [5]).compute_here().unwrap()
    );
    let seed = Generator::new(4).random([5], [5]);
    assert_ne!(first.compute_here().unwrap(), seed.compute_here().unwrap());
}

#[test]
fn orders_and_samples() {
    let random = Generator::new(5);
    let mut order = random
        .permutation(6000, [1000])
        .compute_here()
        .unwrap()
        .into_vec::<i64>()
        .unwrap();
    order.sort_unstable();
    assert_eq!(order, (0..6000).collect::<Vec<i64>>());
    let mut sample = random
        .sample(100, 30, [7])
        .compute_here()
        .unwrap()
        .into_vec::<i64>()
        .unwrap();
    sample.sort_unstable();
    sample.dedup();
    assert_eq!(sample.len(), 30);
    let weighted = random
        .sample_weighted(&[0.0, 1.0, 2.0], 2)
        .compute_here()
        .unwrap();
    let mut weighted = weighted.into_vec::<i64>().unwrap();
    weighted.sort_unstable();
    assert_eq!(weighted, [1, 2]);
    assert_eq!(random.permutation(0, [1]).compute_here().unwrap().len(), 0);
    assert_eq!(
        random
            .choice::<f64>(&[], [0], [1])
            .compute_here()
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn shuffled_arrays_have_the_same_rows() {
    let x = Array::arange(0, 300, 1, [70]);
    let shuffled = Generator::new(2).shuffle(&x, -1).unwrap();
    assert_eq!(shuffled.chunks(), x.chunks());
    let values = shuffled.compute_here().unwrap().into_vec::<i64>().unwrap();
    let mut sorted = values.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..300).collect::<Vec<i64>>());
    assert_ne!(sorted, values);
    assert!(Generator::new(2).shuffle(&x, 1).is_err());
    let error = Generator::new(2)
        .shuffle(&x.forget_chunk_sizes(), 0)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("chunk") && error.contains("unknown"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_is_in_the_failed_state() {
    let random = Generator::new(5);
    let nan = f64::NAN;
    for failed in [
        random.random([4], [2, 2]),
        random.random([4], [0]),
        random.random([usize::MAX, 3], Chunks::whole()),
        random.choice(&[1], [usize::MAX, 3], Chunks::whole()),
        random.uniform(0.0, f64::INFINITY, [4], [2]),
        random.normal(0.0, -1.0, [4], [2]),
        random.normal(0.0, nan, [4], [2]),
        random.exponential(nan, [4], [2]),
        random.bernoulli(1.5, [4], [2]),
        random.integers(5, 5, DType::I64, [4], [2]),
        random.integers(0, 300, DType::U8, [4], [2]),
        random.integers(-1, 3, DType::U8, [4], [2]),
        random.integers(0, 3, DType::F64, [4], [2]),
        random.sample(3, 4, [2]),
        random.choice::<f64>(&[], [4], [2]),
        random.choice_weighted(&[1, 2], &[1.0], [4], [2]),
        random.choice_weighted(&[1, 2], &[1.0, -1.0], [4], [2]),
        random.choice_weighted(&[1, 2], &[0.0, 0.0], [4], [2]),
        random.sample_weighted(&[1.0, nan], 1),
        random.sample_weighted(&[1.0, 0.0], 2),
        Generator::new(1).with_dtype(DType::I8).random([4], [2]),
    ] {
        assert!(failed.check().is_err());
    }
}

/// Shares of what is below a number, by the distribution's function.
#[test]
fn derived_numbers_are_spread_as_they_should() {
    let random = Generator::new(5);
    let (shape, chunks) = ([40_000], Chunks::of([30_000]));
    let e = std::f64::consts::E;
    // The draw, a number, and the share of the distribution that is below it.
    let cases = [
        (random.lognormal(1.0, 2.0, shape, chunks.clone()), e, 0.5),
        (
            random.lognormal(0.0, 1.0, shape, chunks.clone()),
            e,
            0.841_344_7,
        ),
        (
            random.weibull(2.0, shape, chunks.clone()),
            1.0,
            1.0 - 1.0 / e,
        ),
        (random.weibull(2.0, shape, chunks.clone()), 0.5, 0.221_199_2),
        (random.pareto(3.0, shape, chunks.clone()), 1.0, 1.0 - 0.125),
        (
            random.rayleigh(2.0, shape, chunks.clone()),
            2.0,
            0.393_469_3,
        ),
        (random.gumbel(1.0, 3.0, shape, chunks.clone()), 1.0, 1.0 / e),
        (
            random.gumbel(0.0, 1.0, shape, chunks.clone()),
            1.0,
            0.692_200_6,
        ),
        (random.logistic(2.0, 3.0, shape, chunks.clone()), 2.0, 0.5),
        (
            random.logistic(0.0, 1.0, shape, chunks.clone()),
            -1.0,
            0.268_941_4,
        ),
        (random.laplace(2.0, 3.0, shape, chunks.clone()), 2.0, 0.5),
        (
            random.laplace(0.0, 1.0, shape, chunks.clone()),
            -1.0,
            0.5 / e,
        ),
        (
            random.laplace(0.0, 1.0, shape, chunks.clone()),
            2.0,
            1.0 - 0.5 / (e * e),
        ),
        (random.standard_cauchy(shape, chunks.clone()), 0.0, 0.5),
        (random.standard_cauchy(shape, chunks.clone()), 1.0, 0.75),
        (
            random.triangular(-1.0, 0.0, 2.0, shape, chunks.clone()),
            0.0,
            1.0 / 3.0,
        ),
        (
            random.triangular(-1.0, 0.0, 2.0, shape, chunks.clone()),
            1.0,
            5.0 / 6.0,
        ),
        (
            random.triangular(0.0, 0.0, 2.0, shape, chunks.clone()),
            1.0,
            0.75,
        ),
        (
            random.gamma(1.0, 2.0, shape, chunks.clone()),
            2.0,
            1.0 - 1.0 / e,
        ),
        (
            random.gamma(0.06, 1.0, shape, chunks.clone()),
            1e-5,
            0.517_357_7,
        ),
        (
            random.chisquare(2.0, shape, chunks.clone()),
            2.0,
            1.0 - 1.0 / e,
        ),
        (
            random.beta(0.5, 0.5, shape, chunks.clone()),
            0.25,
            1.0 / 3.0,
        ),
        (random.beta(2.0, 1.0, shape, chunks.clone()), 0.5, 0.25),
        (random.beta(0.06, 0.06, shape, chunks.clone()), 0.5, 0.5),
        (random.standard_t(1.0, shape, chunks.clone()), 1.0, 0.75),
        (
            random.standard_t(2.0, shape, chunks.clone()),
            1.0,
            0.788_675_1,
        ),
        (random.f(2.0, 2.0, shape, chunks.clone()), 3.0, 0.75),
        (random.poisson(3.0, shape, chunks.clone()), 3.0, 0.423_190_1),
        (
            random.binomial(10, 0.3, shape, chunks.clone()),
            3.0,
            0.382_782_8,
        ),
        (
            random.negative_binomial(2.0, 0.5, shape, chunks.clone()),
            2.0,
            0.5,
        ),
        (
            random.hypergeometric(5, 7, 9, shape, chunks.clone()),
            4.0,
            80.0 / 220.0,
        ),
        (
            random.geometric(0.25, shape, chunks.clone()),
            3.0,
            1.0 - 0.5625,
        ),
        (random.geometric(1.0, shape, chunks.clone()), 1.5, 1.0),
        (random.logseries(0.6, shape, chunks.clone()), 2.0, 0.654_814),
    ];
    for (draw, number, share) in cases {
        let below = draw.lt(number).mean().to_local_here::<f64>().unwrap()[[]];
        // Five standard deviations of a share of so many draws.
        assert!(
            (below - share).abs() < 0.0125,
            "{}: {below} not {share}",
            draw.name()
        );
        let whole = draw.isfinite().all().to_local_here::<bool>().unwrap()[[]];
        assert!(whole, "{}", draw.name());
    }
    for draw in [
        random.gumbel(0.0, 0.0, shape, chunks.clone()),
        random.lognormal(0.0, -1.0, shape, chunks.clone()),
        random.pareto(f64::NAN, shape, chunks.clone()),
        random.triangular(0.0, 2.0, 1.0, shape, chunks.clone()),
        random.triangular(1.0, 1.0, 1.0, shape, chunks.clone()),
        random.gamma(0.01, 1.0, shape, chunks.clone()),
        random.gamma(1.0, -1.0, shape, chunks.clone()),
        random.chisquare(f64::NAN, shape, chunks.clone()),
        random.beta(1.0, 2e4, shape, chunks.clone()),
        random.standard_t(0.0, shape, chunks.clone()),
        random.f(1.0, f64::INFINITY, shape, chunks.clone()),
        Generator::new(1)
            .with_dtype(DType::I32)
            .beta(1.0, 1.0, shape, chunks.clone()),
        random.poisson(-1.0, shape, chunks.clone()),
        random.poisson(1e9, shape, chunks.clone()),
        random.binomial(3, 1.5, shape, chunks.clone()),
        random.hypergeometric(1, 2, 4, shape, chunks.clone()),
        random.geometric(0.0, shape, chunks.clone()),
        random.logseries(1.0, shape, chunks.clone()),
    ] {
        assert!(draw.check().is_err());
    }
    let small = Generator::new(5).with_dtype(DType::F32);
    assert_eq!(
        small.laplace(0.0, 1.0, shape, chunks.clone()).dtype(),
        DType::F32
    );
    // Counts are counts whatever floats the generator draws.
    let counts = |random: Generator| {
        let counts = random.geometric(1e-10, shape, chunks.clone());
        counts.compute_here().unwrap()
    };
    let small = Generator::new(5).with_dtype(DType::F32);
    assert_eq!(counts(Generator::new(5)), counts(small));
}
