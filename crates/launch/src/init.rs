//! The first line of a program that can also be started as a daemon.

use std::sync::atomic::{AtomicBool, Ordering};

static INITIALISED: AtomicBool = AtomicBool::new(false);

/// Makes this program a worker and a scheduler too: it has to be the first line of `main`.
///
/// Started as `myapp worker scheduler:8786` (or `myapp scheduler --port 8786`) the program runs that
/// daemon, with the tasks that are linked into it, and ends with its exit code: this function does
/// not return then. Otherwise it returns at once, and from now on the program can start copies of
/// itself as workers. It may be called inside `#[tokio::main]`.
pub fn init() {
    INITIALISED.store(true, Ordering::Release);
}

/// Whether [`init`] was called, so that this program can be started again as a worker.
pub fn initialised() -> bool {
    INITIALISED.load(Ordering::Acquire)
}
