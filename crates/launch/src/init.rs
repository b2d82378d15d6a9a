//! The first line of a program that can also be started as a daemon.

use crate::exit::Exit;
use crate::flags::CommandLine;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs a daemon by a command line.
type Daemon = fn(&CommandLine) -> Exit;

static INITIALISED: AtomicBool = AtomicBool::new(false);

/// Makes this program a worker and a scheduler too: it has to be the first line of `main`.
///
/// Started as `myapp worker scheduler:8786` (or `myapp scheduler --port 8786`) the program runs that
/// daemon, with the tasks that are linked into it, and ends with its exit code: this function does
/// not return then. Otherwise it returns at once, and from now on the program can start copies of
/// itself as workers. It may be called inside `#[tokio::main]`.
pub fn init() {
    INITIALISED.store(true, Ordering::Release);
    let daemons: [(&str, Daemon); 2] = [
        ("worker", crate::worker::run),
        ("scheduler", crate::scheduler::run),
    ];
    for (name, run) in daemons {
        if let Some(line) = CommandLine::of_subcommand(name) {
            std::process::exit(i32::from(on_a_thread_of_its_own(run, &line).code()));
        }
    }
}

/// The caller may be inside a runtime, where no second one can be driven.
fn on_a_thread_of_its_own(run: Daemon, line: &CommandLine) -> Exit {
    let ended = std::thread::scope(|scope| scope.spawn(|| run(line)).join());
    // A panic has printed what it was.
    ended.unwrap_or(Exit::Failure)
}

/// Whether [`init`] was called, so that this program can be started again as a worker.
pub fn initialised() -> bool {
    INITIALISED.load(Ordering::Acquire)
}
