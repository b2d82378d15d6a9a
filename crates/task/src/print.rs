//! What tasks print and log.

use crate::context::TaskContext;
use std::fmt;
use std::io::Write;
use tracing::Level;

/// Prints a line from a task: to the standard output of the worker, and to the clients that listen
/// to what their tasks print. Takes a format like [`println!`], whose own output stays on the worker.
/// Outside of a task it is `println!`.
///
/// ```
/// use taskloom_task::{task, task_println};
///
/// #[task(crate = taskloom_task)]
/// fn count(to: u64) -> u64 {
///     for n in 1..=to {
///         task_println!("{n} of {to}");
///     }
///     to
/// }
/// ```
#[macro_export]
macro_rules! task_println {
    ($($format:tt)*) => {
        $crate::__private::print_line(::std::format_args!($($format)*))
    };
}

/// Prints a line from the task that runs on this thread, if there is one.
pub fn print_line(line: fmt::Arguments<'_>) {
    match TaskContext::current() {
        Some(context) => context.print(line),
        None => on_standard_output(&line.to_string()),
    }
}

pub(crate) fn on_standard_output(text: &str) {
    // Nobody may be reading it: that must not end a task.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The number of a level in [`LogLine`](taskloom_core::message::LogLine).
pub(crate) fn weight(level: Level) -> u8 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}
