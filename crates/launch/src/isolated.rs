//! Processes for isolated tasks: a worker starts its own program again for them.

use std::ffi::OsString;
use std::path::PathBuf;
use taskloom_task::Registry;
use taskloom_telemetry::{LogFilter, start_tap};
use taskloom_worker::{Isolation, LINES_OF_TASKS, isolated_main};

/// The first word of the command line of such a process.
const WORD: &str = "isolated-tasks";

/// Runs isolated tasks and does not return, if this process was started for that.
pub(crate) fn run_if_asked() {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_none_or(|word| word != WORD) {
        return;
    }
    let name = words.next().unwrap_or_default();
    let directory = PathBuf::from(words.next().unwrap_or_default());
    // The caller may be inside a runtime, where no second one can be driven.
    let run = move || {
        // What is logged travels to the worker, which filters it for its own log.
        let _ = start_tap(&LogFilter::default(), LINES_OF_TASKS);
        let registry = Registry::linked().unwrap_or_default();
        isolated_main(name.to_string_lossy().into_owned(), directory, &registry)
    };
    let ended = std::thread::scope(|scope| scope.spawn(run).join());
    if let Ok(Err(error)) = &ended {
        eprintln!("this is for workers, which run their isolated tasks so: {error}");
    }
    std::process::exit(i32::from(!matches!(ended, Ok(Ok(())))));
}

/// How a worker of this program starts such processes. Its main must begin with [`run_if_asked`].
pub(crate) fn isolation() -> Option<Isolation> {
    let program = std::env::current_exe().ok()?;
    Some(Isolation {
        program,
        arguments: vec![OsString::from(WORD)],
    })
}

/// How workers in this process start processes for isolated tasks; `None` if the program did not
/// call [`crate::init`].
pub fn isolation_if_initialised() -> Option<Isolation> {
    crate::initialised().then(isolation).flatten()
}
