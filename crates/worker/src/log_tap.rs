//! What the code of tasks logs with `tracing` is for their clients too.

use taskloom_task::TaskContext;
use taskloom_telemetry::Tap;

/// The target of what tasks say through their contexts, which forward it themselves.
const FORWARDED: &str = "taskloom::task";

/// A layer for `tracing-subscriber` that sends what is logged while a thread runs the code of a task
/// to the clients that listen to it. Worker programs have it; a program with workers on threads of
/// its own and a subscriber of its own can add it: `registry().with(LINES_OF_TASKS)`.
pub const LINES_OF_TASKS: Tap = Tap {
    wants: |target| target != FORWARDED && TaskContext::current().is_some(),
    take: |level, line| {
        if let Some(context) = TaskContext::current() {
            context.forward_log(level, line);
        }
    },
};
