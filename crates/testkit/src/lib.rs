//! Graphs for tests and benchmarks.
//!
//! What lives here: [`GraphShape`] (tasks by kind and the tasks they depend on, and nothing else),
//! [`fixture()`] (the shapes of real jobs, as files beside this crate), [`generate`] (rules that build
//! the same shapes in any size), [`literature`] (how long their tasks took and how large their
//! results were when they were published), [`mod@workload`] (the set that scheduling is judged by), and the diagrams of `taskloom-core` that tests of the
//! cores are written in.
//!
//! What does not: clusters (`taskloom-cluster`), tasks that run (`taskloom-bench`), test drivers of
//! the cores (each core keeps its own).

pub mod fixture;
pub mod generate;
pub mod literature;
pub mod shape;
pub mod workload;

pub use fixture::{FixtureError, fixture};
pub use literature::{Published, published};
pub use shape::GraphShape;
pub use taskloom_core::diagram;
pub use workload::{Workload, workload};
