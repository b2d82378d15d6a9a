//! What the machine is told once, at its start.

use std::time::Duration;

/// Where an operation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On a compute thread.
    Thread,
    /// On the runtime for asynchronous tasks, also if that only looks after a process of its own. It
    /// occupies a slot like any other.
    Async,
}

/// The settings of the machine.
#[derive(Clone, Debug)]
pub struct Config {
    /// The worker's name, for failures.
    pub name: String,
    /// How many tasks run at a time.
    pub nthreads: u32,
    /// The operations in the order of the worker's hello.
    pub operations: Vec<Kind>,
    /// How much memory the worker may use; budgets are shares of it.
    pub memory_limit: u64,
    /// How long running tasks may take to end once the worker drains.
    pub drain_timeout: Duration,
    /// How long a run that was cancelled, or ran out of time, may go on before its thread is given
    /// up.
    pub stuck_after: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: String::new(),
            nthreads: 1,
            operations: Vec::new(),
            memory_limit: 4 << 30,
            drain_timeout: Duration::from_secs(30),
            stuck_after: taskloom_core::limits::STUCK_AFTER,
        }
    }
}
