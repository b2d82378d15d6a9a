//! The main function of a worker.

use std::process::ExitCode;

/// Runs a worker with the tasks that are linked into this program, by the flags of its command line,
/// and returns when it has ended.
pub fn worker_main() -> ExitCode {
    ExitCode::SUCCESS
}
