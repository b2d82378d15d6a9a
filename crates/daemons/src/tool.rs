//! The command line tool.

use std::process::ExitCode;

fn main() -> ExitCode {
    taskloom_launch::tool_main()
}
