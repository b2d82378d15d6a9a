//! Benchmarks of whole clusters.
