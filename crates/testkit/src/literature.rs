//! What was published about the graphs of the rsds paper.

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
