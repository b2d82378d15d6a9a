//! A run waits for other tasks and occupies no thread meanwhile.

use crate::core::SchedulerCore;
use taskloom_core::{RunId, TaskId};

impl SchedulerCore {
    pub(crate) fn run_seceded(&mut self, _worker: u32, _task: TaskId, _run: RunId) {}
    pub(crate) fn run_rejoined(&mut self, _worker: u32, _task: TaskId, _run: RunId) {}
}
