//! What tasks print and log, for the clients that listen.

use crate::core::SchedulerCore;
use taskloom_core::TaskId;

impl SchedulerCore {
    pub(crate) fn listen(&mut self, _client: u32, _on: bool) {}
    pub(crate) fn logged(&mut self, _worker: u32, _task: TaskId, _lines: Vec<(u8, String)>) {}
}
