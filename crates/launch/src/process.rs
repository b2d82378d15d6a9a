//! What every daemon does first: its environment, its log, its runtime.

use crate::announce;
use crate::exit::{Exit, Failure};
use crate::layers::Layers;
use crate::values::parse_switch;
use std::os::unix::process::CommandExt;
use std::process::Command;
use taskloom_telemetry::LogFilter;

/// The variables that may be settings. Others may hold anything, also what is not text.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name
            .into_string()
            .ok()
            .filter(|name| name.starts_with("TASKLOOM_"))?;
        Some((name, value.to_string_lossy().into_owned()))
    })
}

/// Sets up the log by its settings, and passes on what the layers had to warn about.
pub(crate) fn start_logging(layers: &Layers) -> Result<(), Failure> {
    let filter = layers.require("log-level", str::parse::<LogFilter>)?;
    announce::start(&filter, layers.require("log-json", parse_switch)?)?;
    for warning in &layers.warnings {
        announce::warning(warning);
    }
    Ok(())
}

/// Puts this program in its own place, with the command line and the environment that it was started
/// with: whoever looks after the process notices nothing, and no thread of it is left. Returns only
/// if that fails.
pub(crate) fn start_anew() -> std::io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    Command::new(program)
        .args(std::env::args_os().skip(1))
        .exec()
}

/// The runtime of a daemon's main thread, which only waits for signals and ends.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(
                Exit::Failure,
                format!("cannot start the runtime of the main thread: {error}"),
            )
        })
}
