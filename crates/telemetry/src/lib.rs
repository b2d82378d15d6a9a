//! Logging set-up for the daemons and programs of Taskloom.
//!
//! What lives here: one subscriber for `tracing`, with a filter by level and target, that writes
//! text or JSON lines to standard error.
//!
//! What does not: what is logged, files and their rotation (a service manager does that better),
//! knowledge of tasks.

mod logging;

pub use logging::{ANNOUNCEMENTS, LogError, LogFilter, LogFormat, start_logging};
