//! Logging set-up for the daemons and programs of Taskloom.
//!
//! What lives here: one subscriber for `tracing`, with a filter by level and target, that writes
//! text or JSON lines to standard error, and a tap for a second reader of them.
//!
//! What does not: what is logged, files and their rotation (a service manager does that better),
//! knowledge of tasks.

mod logging;
mod tap;

pub use logging::{ANNOUNCEMENTS, LogError, LogFilter, LogFormat, start_logging, start_tap};
pub use tap::Tap;
