//! What can be set about a scheduler.

use std::time::Duration;
use taskloom_core::limits;

/// How many bytes of values the relay holds at a time, unless set otherwise.
const RELAY_BYTES: u64 = 256 * 1024 * 1024;

/// Settings of a scheduler. The default listens on any free port of the loopback interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulerConfig {
    /// The address or host name to listen on, such as `0.0.0.0`, `::` or `127.0.0.1`.
    pub host: String,
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// The `host:port` that others shall use, if it is not the one listened on.
    pub contact_address: Option<String>,
    /// A worker is gone when nothing was heard of it for this long.
    pub worker_timeout: Duration,
    /// A task errs when no connected worker could run it for this long.
    pub no_worker_timeout: Duration,
    /// How often workers and clients are to send a heartbeat. It is shortened to a third of
    /// `worker_timeout` if it is longer.
    pub heartbeat: Duration,
    /// How many workers may die under a task that had started before it errs.
    pub allowed_suspicion: u8,
    /// How many bytes of values the relay may hold at a time.
    pub relay_bytes: u64,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 0,
            contact_address: None,
            worker_timeout: limits::LEASE,
            no_worker_timeout: limits::NO_WORKER_TIMEOUT,
            heartbeat: Duration::from_secs(1),
            allowed_suspicion: limits::SUSPICION_LIMIT,
            relay_bytes: RELAY_BYTES,
        }
    }
}

impl SchedulerConfig {
    /// The interval that is told to workers and clients.
    pub(crate) fn effective_heartbeat(&self) -> Duration {
        self.heartbeat.min(self.worker_timeout / 3).max(Duration::from_millis(1))
    }
}
