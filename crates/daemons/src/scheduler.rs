//! The scheduler.

use std::process::ExitCode;
use taskloom_allocator as _;

fn main() -> ExitCode {
    taskloom_launch::scheduler_main()
}
