//! Calls of clients reach the extensions.

use crate::core::SchedulerCore;
use std::sync::Arc;
use taskloom_core::message::{Call, ToClient};
use taskloom_core::{ErrorCode, TaskFailure};

impl SchedulerCore {
    /// A client calls an operation of an extension.
    pub(crate) fn call(&mut self, client: u32, call: Call) {
        let failure = TaskFailure::new(ErrorCode::Refused, "there are no extensions yet");
        let (request, result) = (call.request, Err(Arc::new(failure)));
        self.tell_client(client, ToClient::Replied { request, result });
    }

    /// A client waits for a call no more.
    pub(crate) fn call_withdrawn(&mut self, _client: u32, _request: u64) {}

    /// The reply to a call has reached whoever waited for it.
    pub(crate) fn call_received(&mut self, _client: u32, _request: u64) {}
}
