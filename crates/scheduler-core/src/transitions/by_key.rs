//! A client takes a task by its key, or leaves one going without a want of its own.

use crate::core::SchedulerCore;
use taskloom_core::{Key, Ticket};

impl SchedulerCore {
    pub(crate) fn want_by_key(&mut self, _client: u32, _ticket: Ticket, _key: &Key) {}
    pub(crate) fn detach_from_client(&mut self, _client: u32, _ticket: Ticket) {}
    pub(crate) fn retry(&mut self, _client: u32, _ticket: Ticket) {}
}
