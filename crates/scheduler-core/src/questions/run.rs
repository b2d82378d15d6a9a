//! Operations that run on workers outside scheduling.

use crate::core::SchedulerCore;
use taskloom_core::{Encoded, TaskFailure};

impl SchedulerCore {
    pub(crate) fn ran_outside(
        &mut self,
        _worker: u32,
        _request: u64,
        _result: Result<Encoded, Box<TaskFailure>>,
    ) {
    }
}
