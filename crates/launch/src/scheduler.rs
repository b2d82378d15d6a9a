//! The main function of a scheduler.

use std::process::ExitCode;

/// Runs a scheduler by the flags of the command line, and returns when it has ended.
pub fn scheduler_main() -> ExitCode {
    ExitCode::SUCCESS
}
