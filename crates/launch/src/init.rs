//! The first line of a program that can also be started as a daemon.

use crate::exit::Exit;
use crate::flags::CommandLine;
use crate::isolated;
use std::sync::atomic::{AtomicBool, Ordering};
use taskloom_extensions::Extension;

static INITIALISED: AtomicBool = AtomicBool::new(false);

/// Makes this program a worker and a scheduler too: it has to be the first line of `main`.
///
/// Started as `myapp worker scheduler:8786` (or `myapp scheduler --port 8786`) the program runs that
/// daemon, with the tasks that are linked into it, and ends with its exit code: this function does
/// not return then. Otherwise it returns at once, and from now on the program can start copies of
/// itself as workers. It may be called inside `#[tokio::main]`.
pub fn init() {
    init_with(Vec::new);
}

/// [`init`] with extensions beside the standard ones, for when the program is started as a scheduler.
pub fn init_with(extensions: impl FnOnce() -> Vec<Box<dyn Extension>>) {
    isolated::run_if_asked();
    INITIALISED.store(true, Ordering::Release);
    let end = |exit: Exit| std::process::exit(i32::from(exit.code()));
    if let Some(line) = CommandLine::of_subcommand("worker") {
        end(on_a_thread_of_its_own(|| crate::worker::run(&line)));
    }
    if let Some(line) = CommandLine::of_subcommand("scheduler") {
        let extensions = extensions();
        end(on_a_thread_of_its_own(|| {
            crate::scheduler::run(&line, extensions)
        }));
    }
}

/// The caller may be inside a runtime, where no second one can be driven.
fn on_a_thread_of_its_own(daemon: impl FnOnce() -> Exit + Send) -> Exit {
    let ended = std::thread::scope(|scope| scope.spawn(daemon).join());
    // A panic has printed what it was.
    ended.unwrap_or(Exit::Failure)
}

/// Whether [`init`] was called, so that this program can be started again as a worker.
pub fn initialised() -> bool {
    INITIALISED.load(Ordering::Acquire)
}
