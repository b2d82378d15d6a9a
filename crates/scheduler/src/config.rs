//! What can be set about a scheduler.

use crate::SchedulerError;
use std::time::Duration;
use taskloom_rpc::listen::Listen;
use taskloom_scheduler_core::Config;

/// How many bytes of values the relay holds at a time, unless set otherwise.
const RELAY_BYTES: u64 = 256 * 1024 * 1024;

/// A time-out below this would take every hiccup of a machine for a death.
const WORKER_TIMEOUT_MIN: Duration = Duration::from_millis(50);

/// Settings of a scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulerConfig {
    /// Where to listen: any free port of the loopback interface unless set.
    pub listen: Listen,
    /// The `host:port` that others shall use, if it is not the one that can be seen from here.
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
        let core = Config::default();
        Self {
            listen: Listen {
                host: Some("127.0.0.1".into()),
                port: 0,
                interface: None,
            },
            contact_address: None,
            worker_timeout: core.worker_timeout,
            no_worker_timeout: core.no_worker_timeout,
            heartbeat: core.heartbeat,
            allowed_suspicion: core.suspicion_limit,
            relay_bytes: RELAY_BYTES,
        }
    }
}

impl SchedulerConfig {
    /// Refuses settings that make no sense.
    pub(crate) fn validate(&self) -> Result<(), SchedulerError> {
        let setting = |setting, reason: String| Err(SchedulerError::Setting { setting, reason });
        if self.worker_timeout < WORKER_TIMEOUT_MIN {
            let reason = format!("{:?} is below {WORKER_TIMEOUT_MIN:?}", self.worker_timeout);
            return setting("worker_timeout", reason);
        }
        if self.heartbeat.is_zero() {
            return setting("heartbeat", "an interval of zero".into());
        }
        Ok(())
    }

    /// The settings of the core.
    pub(crate) fn core(&self) -> Config {
        Config {
            worker_timeout: self.worker_timeout,
            no_worker_timeout: self.no_worker_timeout,
            heartbeat: self
                .heartbeat
                .min(self.worker_timeout / 3)
                .max(Duration::from_millis(1)),
            suspicion_limit: self.allowed_suspicion,
            ..Config::default()
        }
    }
}
