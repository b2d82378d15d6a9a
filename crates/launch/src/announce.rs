//! What a daemon says to the person or script that started it, beside its log.
//!
//! Text goes to standard output, so that a script can read the address there; warnings and errors go
//! to standard error. With JSON logs everything is one stream of objects on standard error.

use crate::exit::{Exit, Failure};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use taskloom_telemetry::{LogFilter, LogFormat, start_logging};

static JSON: AtomicBool = AtomicBool::new(false);
static QUIET: AtomicBool = AtomicBool::new(false);

/// Sets up logging, and how this module speaks.
pub(crate) fn start(filter: &LogFilter, json: bool) -> Result<(), Failure> {
    let format = if json {
        LogFormat::Json
    } else {
        LogFormat::Text
    };
    start_logging(filter, format, Some(taskloom_worker::LINES_OF_TASKS))
        .map_err(|error| Failure::new(Exit::Failure, error))?;
    JSON.store(json, Ordering::Relaxed);
    Ok(())
}

/// From now on lines about what goes on are left out; warnings and errors are not.
pub(crate) fn leave_out_lines() {
    QUIET.store(true, Ordering::Relaxed);
}

/// A line about what goes on.
pub(crate) fn line(text: &str) {
    if QUIET.load(Ordering::Relaxed) {
        return;
    }
    if JSON.load(Ordering::Relaxed) {
        tracing::info!(target: taskloom_telemetry::ANNOUNCEMENTS, "{text}");
    } else {
        write_all(&mut std::io::stdout(), &format!("{text}\n"));
    }
}

/// Something that is not as it should be.
pub(crate) fn warning(text: &str) {
    if JSON.load(Ordering::Relaxed) {
        tracing::warn!(target: taskloom_telemetry::ANNOUNCEMENTS, "{text}");
    } else {
        write_all(&mut std::io::stderr(), &format!("warning: {text}\n"));
    }
}

/// Why it ends.
pub(crate) fn error(text: &str) {
    if JSON.load(Ordering::Relaxed) {
        tracing::error!(target: taskloom_telemetry::ANNOUNCEMENTS, "{text}");
    } else {
        write_all(&mut std::io::stderr(), &format!("error: {text}\n"));
    }
}

/// Says why a daemon did not run to a good end, and how it exits.
pub(crate) fn failure(failure: &Failure) -> Exit {
    if failure.asked {
        write_all(&mut std::io::stdout(), &failure.text);
    } else if !failure.text.is_empty() {
        error(&failure.text);
    }
    failure.exit
}

/// Nobody may be listening: a closed pipe must not end a daemon.
fn write_all(to: &mut impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
