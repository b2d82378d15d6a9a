//! Graphs with durations and sizes: what scheduling is judged by.
//!
//! Those of the literature have its figures ([`crate::literature`]). The others have figures of their
//! own by kind of task, in the range of what array and table jobs have: durations are drawn from a
//! log-normal distribution about the mean of the kind, sizes are all the mean.

use crate::generate;
use crate::literature::{self, Draws, Weight};
use crate::shape::GraphShape;

/// A graph with the weights of its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// Its tasks.
    pub shape: GraphShape,
    /// How long each task takes and how large its result is.
    pub weights: Vec<Weight>,
}

/// Mean milliseconds and bytes by kind of task.
type Means = &'static [(f64, u64)];

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Graphs that are not of the literature.
const OWN: &[(&str, Means)] = &[
    // Blocks of 4 MiB with edges of 32 KiB.
    (
        "overlap-16-10",
        &[
            (20.0, 4 * MIB),
            (0.5, 32 * KIB),
            (20.0, 4 * MIB),
            (2.0, 8),
            (0.1, 8),
        ],
    ),
    // Chunks of 16 MiB.
    (
        "two-pass-1K",
        &[
            (20.0, 16 * MIB),
            (5.0, 16),
            (0.1, 16),
            (10.0, 16),
            (0.1, 16),
        ],
    ),
    // Partitions of 32 MiB, cut into 64 parts.
    (
        "shuffle-64",
        &[(100.0, 32 * MIB), (2.0, 512 * KIB), (50.0, 32 * MIB)],
    ),
    (
        "layered-40-100",
        &[(10.0, MIB), (10.0, MIB), (20.0, 64 * KIB), (2.0, 2 * MIB)],
    ),
];

/// Graphs of the literature that belong to the set.
const LITERATURE: [&str; 16] = [
    "merge-25K",
    "merge_slow-5K-0.1",
    "tree-15",
    "xarray-25-variant",
    "bag-25K-10",
    "bag-25K-50",
    "bag-25K-100",
    "numpy-50K-10",
    "numpy-50K-50",
    "numpy-50K-100",
    "groupby-90-1S-8H",
    "groupby-90-1S-1H",
    "groupby-360-1S-8H",
    "groupby-360-1S-1H",
    "join-1-1S-1H",
    "join-1-1S-1T",
];

/// The names of the set, those of the literature first.
pub fn names() -> Vec<&'static str> {
    let own = OWN.iter().map(|(name, _)| *name);
    LITERATURE.into_iter().chain(own).collect()
}

/// The graph of this name, with durations drawn from this seed; `None` if it is not in the set.
///
/// ```
/// let workload = taskloom_testkit::workload::workload("shuffle-64", 1).unwrap();
/// assert_eq!(workload.shape.len(), workload.weights.len());
/// ```
pub fn workload(name: &str, seed: u64) -> Option<Workload> {
    if let Some(name) = LITERATURE.into_iter().find(|known| *known == name) {
        let shape = generate::by_name(name).or_else(|| crate::fixture(name).ok())?;
        let weights = literature::weights(name, &shape, seed)?;
        return Some(Workload {
            name,
            shape,
            weights,
        });
    }
    let &(name, means) = OWN.iter().find(|(known, _)| *known == name)?;
    let shape = match name {
        "overlap-16-10" => generate::overlap(16, 10),
        "two-pass-1K" => generate::two_pass(1_000),
        "shuffle-64" => generate::shuffle(64),
        _ => generate::layered(40, 100, 7),
    };
    let mut draws = Draws::new(seed);
    let weight = |task| {
        let (mean_ms, bytes) = means[shape.kind_number(task)];
        Weight {
            duration: draws.duration(mean_ms),
            bytes,
        }
    };
    let weights = (0..shape.len()).map(weight).collect();
    Some(Workload {
        name,
        shape,
        weights,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn every_name_has_a_graph_with_a_weight_for_each_task() {
        for name in names() {
            let workload = workload(name, 1).unwrap();
            assert_eq!(workload.name, name);
            assert_eq!(workload.weights.len(), workload.shape.len(), "{name}");
        }
        assert!(workload("nothing", 1).is_none());
    }

    #[test]
    fn graphs_of_our_own_have_the_means_of_their_kinds() {
        let workload = workload("shuffle-64", 3).unwrap();
        let splits = (0..workload.shape.len()).filter(|&task| workload.shape.kind(task) == "split");
        let splits: Vec<f64> = splits
            .map(|task| workload.weights[task].duration.as_secs_f64() * 1e3)
            .collect();
        let mean = splits.iter().sum::<f64>() / splits.len() as f64;
        assert_eq!(splits.len(), 64 * 64);
        assert!((1.8..2.2).contains(&mean), "{mean}");
    }
}
