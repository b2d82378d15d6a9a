//! The standard worker: it knows the tasks of arrays and of the demo, and runs programs.

use std::process::ExitCode;
use taskloom_array as _;
use taskloom_flights as _;
use taskloom_programs as _;

fn main() -> ExitCode {
    taskloom_allocator::keep_freed_memory();
    taskloom_launch::worker_main()
}
