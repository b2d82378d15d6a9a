//! What was published about the graphs of the rsds paper, and durations and sizes drawn after it.

use crate::shape::GraphShape;
use std::time::Duration;

/// Properties of one graph as published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// The name of the graph.
    pub name: &'static str,
    /// Tasks.
    pub tasks: usize,
    /// Dependencies.
    pub edges: usize,
    /// Mean size of a result in KiB.
    pub mean_kib: f64,
    /// Mean duration of a task in milliseconds.
    pub mean_ms: f64,
    /// Edges on the longest path.
    pub longest_path: usize,
}

const fn row(
    name: &'static str,
    tasks: usize,
    edges: usize,
    mean_kib: f64,
    mean_ms: f64,
    longest_path: usize,
) -> Published {
    Published {
        name,
        tasks,
        edges,
        mean_kib,
        mean_ms,
        longest_path,
    }
}

/// The published graphs that a rule of [`crate::generate`] builds exactly, and xarray-25, whose
/// published wiring is not known (the fixture `xarray-25-variant` is of a newer xarray).
pub const PUBLISHED: &[Published] = &[
    row("merge-10K", 10_001, 10_000, 0.027, 0.006, 1),
    row("merge-25K", 25_001, 25_000, 0.027, 0.006, 1),
    row("merge-100K", 100_001, 100_000, 0.027, 0.006, 1),
    row("merge_slow-5K-0.1", 5_001, 5_000, 0.023, 100.0, 1),
    row("tree-15", 32_767, 32_766, 0.027, 0.007, 14),
    row("xarray-25", 552, 862, 55.7, 3.1, 10),
    row("bag-25K-10", 236, 415, 292.0, 1_233.0, 6),
    row("bag-25K-50", 5_458, 10_357, 12.6, 54.9, 7),
    row("bag-25K-100", 21_631, 41_430, 3.2, 13.9, 8),
    row("bag-25K-200", 86_116, 165_715, 0.8, 3.6, 9),
    row("numpy-50K-10", 209, 228, 70_108.0, 169.0, 7),
    row("numpy-50K-50", 4_892, 5_491, 2_999.0, 8.3, 9),
    row("numpy-50K-100", 19_334, 21_783, 760.0, 2.6, 10),
    row("numpy-50K-200", 77_067, 86_966, 191.0, 0.9, 11),
    row("groupby-90-1S-8H", 1_434, 1_973, 501.0, 7.7, 7),
    row("groupby-90-1S-1H", 11_424, 15_743, 64.3, 3.9, 8),
    row("groupby-360-1S-8H", 5_714, 7_873, 503.0, 8.0, 8),
    row("groupby-360-1S-1H", 45_674, 62_953, 64.3, 3.8, 9),
    row("groupby-1440-1S-8H", 22_842, 31_481, 503.0, 7.7, 9),
    row("groupby-1440-1S-1H", 182_682, 251_801, 64.3, 3.8, 10),
    row("join-1-1S-1H", 673, 1_224, 15.3, 33.0, 5),
    row("join-1-1S-1T", 72_001, 125_568, 3.7, 1.7, 11),
];

/// What was published about this graph; a `-variant` has the figures of its original.
pub fn published(name: &str) -> Option<&'static Published> {
    let name = name.strip_suffix("-variant").unwrap_or(name);
    PUBLISHED.iter().find(|row| row.name == name)
}

/// How long one task takes, and how large its result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// How long it runs.
    pub duration: Duration,
    /// Bytes of its result.
    pub bytes: u64,
}

/// Weights for every task of a published graph: durations drawn from a log-normal distribution with
/// the published mean (only means were published), results all of the mean size. The same seed gives
/// the same durations. `None` if nothing was published about the graph.
pub fn weights(name: &str, shape: &GraphShape, seed: u64) -> Option<Vec<Weight>> {
    let published = published(name)?;
    let mut draws = Draws::new(seed);
    let bytes = (published.mean_kib * 1024.0) as u64;
    let one = |_| Weight {
        duration: draws.duration(published.mean_ms),
        bytes,
    };
    Some((0..shape.len()).map(one).collect())
}

/// No cluster with this many threads runs the graph in less: neither below the sum of all durations
/// over the threads, nor below the longest path.
pub fn lower_bound(shape: &GraphShape, weights: &[Weight], threads: usize) -> Duration {
    let mut ends: Vec<Duration> = Vec::with_capacity(shape.len());
    let mut sum = Duration::ZERO;
    for (task, weight) in weights.iter().enumerate() {
        let above = shape
            .dependencies(task)
            .iter()
            .map(|&on| ends[on as usize])
            .max();
        ends.push(above.unwrap_or_default() + weight.duration);
        sum += weight.duration;
    }
    let longest = ends.into_iter().max().unwrap_or_default();
    longest.max(sum / u32::try_from(threads.max(1)).unwrap_or(u32::MAX))
}

/// The spread of the logarithms of durations: a task in a hundred takes ten times the median.
const SIGMA: f64 = 1.0;

/// Durations drawn from a seed.
#[derive(Clone, Debug)]
pub struct Draws(Normal);

impl Draws {
    /// The row of durations of this seed.
    pub fn new(seed: u64) -> Self {
        Self(Normal(seed))
    }

    /// The next duration: log-normally distributed about this mean.
    pub fn duration(&mut self, mean_ms: f64) -> Duration {
        // A log-normal variable with these parameters has that mean.
        let mean = (mean_ms / 1e3).ln() - SIGMA * SIGMA / 2.0;
        Duration::from_secs_f64((mean + SIGMA * self.0.next()).exp())
    }
}

/// Normally distributed numbers from a counter: splitmix64 and the transform of Box and Muller.
#[derive(Clone, Debug)]
struct Normal(u64);

impl Normal {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        // The upper 53 bits, moved off zero, whose logarithm has no end.
        ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::generate;

    #[test]
    fn durations_have_the_published_mean_and_repeat() {
        let shape = generate::tree(1 << 14);
        let drawn = weights("tree-15", &shape, 1).unwrap();
        let sum: Duration = drawn.iter().map(|weight| weight.duration).sum();
        let mean_us = sum.as_secs_f64() * 1e6 / shape.len() as f64;
        assert!((mean_us - 7.0).abs() < 0.3, "{mean_us}");
        assert_eq!(drawn, weights("tree-15", &shape, 1).unwrap());
        assert_ne!(drawn, weights("tree-15", &shape, 2).unwrap());
        assert!(weights("nothing", &shape, 1).is_none());
    }

    #[test]
    fn the_bound_is_the_longer_of_path_and_share() {
        let second = Weight {
            duration: Duration::from_secs(1),
            bytes: 0,
        };
        let chain = generate::chain(4);
        assert_eq!(lower_bound(&chain, &[second; 4], 2), Duration::from_secs(4));
        let merge = generate::merge(9);
        assert_eq!(
            lower_bound(&merge, &[second; 10], 2),
            Duration::from_secs(5)
        );
    }
}
