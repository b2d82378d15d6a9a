//! The digest against the values of the reference.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn of(numbers: impl IntoIterator<Item = f64>) -> TDigest {
    let mut digest = TDigest::default();
    digest.update(numbers);
    digest
}

#[track_caller]
fn near(have: &[f64], want: &[f64], by: f64) {
    assert_eq!(have.len(), want.len());
    for (a, b) in have.iter().zip(want) {
        assert!((a - b).abs() <= by, "{have:?}, not {want:?}");
    }
}

#[track_caller]
fn quantiles(digest: &TDigest, qs: &[f64], want: &[f64]) {
    near(&digest.quantiles(qs).unwrap(), want, 1e-12);
}

#[track_caller]
fn shares(digest: &TDigest, xs: &[f64], want: &[f64]) {
    let have: Vec<f64> = xs.iter().map(|x| digest.cdf(*x)).collect();
    near(&have, want, 1e-12);
}

#[test]
fn t1_an_empty_digest_has_no_numbers() {
    let empty = TDigest::default();
    assert_eq!(empty.size(), 0.0);
    assert!(empty.min().is_nan() && empty.max().is_nan());
    assert!(empty.quantile(0.5).unwrap().is_nan() && empty.cdf(0.5).is_nan());
    assert!(empty.centroids().is_empty());
    let histogram = empty.histogram(10, None).unwrap();
    assert_eq!(histogram.counts, [0.0; 10]);
    assert_eq!((histogram.edges[0], histogram.edges[10]), (-0.5, 0.5));
}

#[test]
fn t2_one_number() {
    let one = of([10.0]);
    quantiles(&one, &[0.0, 0.5, 1.0], &[10.0; 3]);
    shares(&one, &[9.0, 10.0, 11.0], &[0.0, 0.5, 1.0]);
}

#[test]
fn t3_two_numbers() {
    let two = of([2.0, 1.0]);
    quantiles(
        &two,
        &[0.0, 0.25, 0.5, 0.75, 1.0],
        &[1.0, 1.0, 1.5, 2.0, 2.0],
    );
    shares(&two, &[1.5], &[0.5]);
    let histogram = two.histogram(2, None).unwrap();
    assert_eq!(histogram.counts, [1.0, 1.0]);
    assert_eq!(histogram.edges, [1.0, 1.5, 2.0]);
}

#[test]
fn t4_three_numbers() {
    let three = of([3.0, 1.0, 2.0]);
    quantiles(&three, &[0.25, 0.5, 0.75], &[1.25, 2.0, 2.75]);
    let third = 1.0 / 3.0;
    let want = [0.0, third, 0.5, 2.0 * third, 1.0];
    shares(&three, &[1.0, 1.5, 2.0, 2.5, 3.0], &want);
}

#[test]
fn t5_ten_numbers() {
    let ten = of((1..=10).map(f64::from));
    quantiles(
        &ten,
        &[0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0],
        &[1.0, 1.5, 3.0, 5.5, 8.0, 9.5, 10.0],
    );
    shares(
        &ten,
        &[1.0, 1.5, 5.0, 5.5, 9.5, 10.0],
        &[0.0, 0.1, 0.45, 0.5, 0.9, 1.0],
    );
    assert_eq!(ten.centroids().len(), 10);
    let histogram = ten.histogram(3, None).unwrap();
    near(&histogram.counts, &[3.5, 3.0, 3.5], 1e-12);
    near(&histogram.edges, &[1.0, 4.0, 7.0, 10.0], 1e-12);
}

#[test]
fn t7_numbers_that_are_equal() {
    let equal = of([0.0, 10.0].into_iter().cycle().take(10));
    quantiles(&equal, &[0.5], &[5.0]);
    shares(&equal, &[0.0, 5.0, 10.0], &[0.0, 0.5, 1.0]);
    assert_eq!(equal.centroids().len(), 10);
    // Those exactly at a mean count half.
    shares(&of([1.0, 5.0, 5.0, 5.0, 9.0]), &[5.0], &[0.5]);
    shares(&of([4.0; 7]), &[3.9, 4.0, 4.1], &[0.0, 0.5, 1.0]);
}

#[test]
fn t8_many_numbers_stay_few_centroids() {
    let thousand = of((0..1000).map(f64::from));
    let have = thousand.quantiles(&[0.01, 0.5, 0.99]).unwrap();
    near(&have, &[9.5, 499.5, 989.5], 0.5);
    assert!(thousand.centroids().len() <= 200);

    let million = of((0..1_000_000).map(|i| f64::from(i % 1000)));
    let have = million.quantiles(&[0.01, 0.5, 0.99]).unwrap();
    near(&have, &[9.55, 499.54, 989.48], 0.5);
    assert!(million.centroids().len() <= 200);
    assert!((million.size() - 1e6).abs() < 1e-3);
}

#[test]
fn t10_scaling_makes_a_new_digest() {
    let four = of([1.0, 2.0, 3.0, 4.0]);
    let half = four.scale(0.5).unwrap();
    assert_eq!((half.size(), four.size()), (2.0, 4.0));
    assert!(half.centroids().iter().all(|c| c.weight == 0.5));
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(four.scale(factor), Err(TDigestError::Scale(_))));
    }
    let nothing = four.scale(f64::EPSILON).unwrap();
    assert!(nothing.centroids().is_empty());
    assert_eq!((nothing.min(), nothing.max()), (1.0, 4.0));
    assert!(nothing.quantile(0.5).unwrap().is_nan());
}

#[test]
fn t12_edges_outside_of_the_numbers_are_empty_bins() {
    let digest = of((0..500).map(|i| f64::from(i % 77)));
    let (min, max) = (digest.min(), digest.max());
    let mid = (min + max) / 2.0;
    let edges = [min - 1.0, min - 1e-9, min, mid, max, max + 1e-9, max + 1.0];
    let counts = digest.histogram_at(&edges).unwrap().counts;
    for bin in [0, 1, 4, 5] {
        assert_eq!(counts[bin], 0.0, "{counts:?}");
    }
    assert!((counts.iter().sum::<f64>() - 500.0).abs() < 1e-9);
    for edges in [&[1.0][..], &[2.0, 1.0], &[0.0, f64::NAN]] {
        assert_eq!(digest.histogram_at(edges), Err(TDigestError::Edges));
    }
    assert_eq!(digest.histogram(0, None), Err(TDigestError::Edges));
}

#[test]
fn t13_what_is_not_finite_is_left_out_and_compression_is_bounded() {
    assert_eq!(of([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]).size(), 0.0);
    assert_eq!(TDigest::new(5.0).unwrap().compression(), 20.0);
    assert_eq!(TDigest::new(5000.0).unwrap().compression(), 1000.0);
    assert!(TDigest::new(f64::NAN).is_err());
    let mut digest = TDigest::default();
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(digest.add_weighted(1.0, weight).is_err());
    }
    digest.add_weighted(1.0, 2e-16).unwrap();
    assert_eq!(digest.size(), 0.0);
    assert!(digest.min().is_nan());
    digest.add_weighted(1.0, 2.5).unwrap();
    assert_eq!(digest.size(), 2.5);
    assert!(digest.quantile(f64::NAN).is_err());
}

#[test]
fn t14_bytes_keep_everything() {
    for digest in [
        TDigest::default(),
        of((0..5_000).map(|i| f64::from(i).sin())),
    ] {
        let copy = TDigest::from_bytes(&digest.to_bytes()).unwrap();
        assert_eq!(copy.centroids(), digest.centroids());
        assert_eq!(copy.min().to_bits(), digest.min().to_bits());
        assert_eq!(copy.max().to_bits(), digest.max().to_bits());
        assert!((copy.size() - digest.size()).abs() < 1e-9);
        assert_eq!(copy.compression(), digest.compression());
    }
}

#[test]
fn bytes_that_are_no_digest_are_refused() {
    let good = of([1.0, 2.0, 3.0]).to_bytes();
    for cut in 0..good.len() {
        let part = TDigest::from_bytes(&good[..cut]);
        // Cut between two centroids it is a digest of fewer.
        assert!(
            part.is_err() || (cut > 25 && (cut - 25) % 16 == 0) || cut == 25,
            "{cut}"
        );
    }
    // Whatever a byte is changed to, what comes out can be read.
    for at in 0..good.len() {
        for byte in [0, 1, 0x7f, 0x80, 0xf0, 0xff] {
            let mut bad = good.clone();
            bad[at] = byte;
            if let Ok(digest) = TDigest::from_bytes(&bad) {
                let _ = digest.quantiles(&[0.0, 0.1, 0.5, 1.0]).unwrap();
                for x in [-1.0, 0.0, 1.0, 1.5, 3.0, f64::MAX] {
                    let _ = digest.cdf(x);
                }
                let _ = digest.histogram(3, Some((0.0, 4.0)));
                of([1.0, 5.0]).merge(&digest);
            }
        }
    }
}

#[test]
fn merging_is_as_if_all_were_added_to_one() {
    let (mut a, b) = (of((0..500).map(f64::from)), of((500..1000).map(f64::from)));
    a.merge(&b);
    assert_eq!((a.size(), b.size()), (1000.0, 500.0));
    assert_eq!((a.min(), a.max()), (0.0, 999.0));
    near(
        &a.quantiles(&[0.01, 0.5, 0.99]).unwrap(),
        &[9.5, 499.5, 989.5],
        1.0,
    );
    a.merge(&TDigest::default());
    assert_eq!(a.size(), 1000.0);
}

/// Numbers that look random and are the same in every run.
struct Seeded(u64);

impl Seeded {
    fn uniform(&mut self) -> f64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Marsaglia and Tsang, for a shape below one by way of one above.
    fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        let d = shape + 1.0 - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            let u = 1.0 - self.uniform();
            if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v * (1.0 - self.uniform()).powf(1.0 / shape) * scale;
            }
        }
    }
}

#[test]
fn t9_accuracy() {
    const N: usize = 100_000;
    let mut seeded = Seeded(1);
    let mut sampled =
        |f: fn(&mut Seeded) -> f64| -> Vec<f64> { (0..N).map(|_| f(&mut seeded)).collect() };
    let mut sorted = sampled(Seeded::uniform);
    sorted.sort_by(f64::total_cmp);
    let reversed: Vec<f64> = sorted.iter().rev().copied().collect();
    let cases = [
        ("gamma", sampled(|s| s.gamma(0.1, 0.1))),
        ("uniform", sampled(Seeded::uniform)),
        ("narrow", sampled(|s| s.normal() * 1e-5)),
        ("sorted", sorted),
        ("reversed", reversed),
        // As in the tests of Dunning's own implementation.
        (
            "mixture",
            sampled(|s| match s.uniform() {
                u if u < 0.5 => s.normal() * 1e-5,
                _ => s.uniform() * 2.0 - 1.0,
            }),
        ),
        ("steps", sampled(|s| (s.uniform() * 10.0).floor())),
    ];
    for (name, numbers) in cases {
        let mut one_by_one = of(numbers.iter().copied());
        let mut blocks = TDigest::default();
        for block in numbers.clone().chunks_mut(512) {
            blocks.add_block(block);
        }
        let mut all = numbers;
        all.sort_by(f64::total_cmp);
        for (how, digest) in [("one by one", &mut one_by_one), ("in blocks", &mut blocks)] {
            for q in [0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999] {
                let found = digest.quantile(q).unwrap();
                // Where the number that was found lies, as a share: a step lies over a whole range.
                let low = all.partition_point(|x| *x < found) as f64 / N as f64;
                let high = all.partition_point(|x| *x <= found) as f64 / N as f64;
                let off = (low - q).max(q - high).max(0.0);
                assert!(off < 0.012, "{name} {how}: quantile {q} is off by {off}");

                let x = all[(q * N as f64) as usize];
                let low = all.partition_point(|y| *y < x) as f64 / N as f64;
                let high = all.partition_point(|y| *y <= x) as f64 / N as f64;
                let have = digest.cdf(x);
                let off = (low - have).max(have - high).max(0.0);
                assert!(off < 0.005, "{name} {how}: cdf at {q} is off by {off}");
            }
            assert_eq!((digest.min(), digest.max()), (all[0], all[N - 1]));
        }
    }
}
