//! A worker of your own: the standard worker's flags, your tasks.
//!
//! `cargo run --package taskloom --example own_worker -- scheduler:8786` runs it. In a project of
//! yours the tasks live in a library crate that service and worker share; the worker then is
//!
//! ```ignore
//! use my_tasks as _; // links the tasks
//!
//! fn main() -> ExitCode {
//!     taskloom::worker_main()
//! }
//! ```

use std::process::ExitCode;
use taskloom::prelude::*;

/// Stands for your tasks.
#[task]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() -> ExitCode {
    taskloom::worker_main()
}
