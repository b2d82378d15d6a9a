//! Starting a scheduler and holding on to it.

use crate::{SchedulerConfig, SchedulerError};
use std::net::SocketAddr;

/// A scheduler. See [`Scheduler::spawn`].
#[derive(Debug)]
pub struct Scheduler;

impl Scheduler {
    /// Starts a scheduler on threads of its own. It listens when this returns.
    ///
    /// # Errors
    /// If the address cannot be listened on, a setting is not valid, or a thread cannot be started.
    pub fn spawn(config: SchedulerConfig) -> Result<SchedulerHandle, SchedulerError> {
        let _ = config;
        todo!()
    }
}

/// A running scheduler. Dropping the handle ends it at once.
#[derive(Debug)]
pub struct SchedulerHandle {}

impl SchedulerHandle {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        todo!()
    }

    /// Where others reach it, as `host:port`.
    pub fn contact_address(&self) -> &str {
        todo!()
    }

    /// Ends it in order: takes in nothing new, says what it still has to say, tells its peers and
    /// closes their sessions. Queued work is not waited for. Returns at once; see [`Self::join`].
    pub fn close(&self, reason: &str) {
        let _ = reason;
        todo!()
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// If it ended through a defect.
    pub fn join(self) -> Result<(), SchedulerError> {
        todo!()
    }

    /// Waits until it has ended, without holding the thread.
    ///
    /// # Errors
    /// If it ended through a defect.
    pub async fn joined(self) -> Result<(), SchedulerError> {
        todo!()
    }
}
