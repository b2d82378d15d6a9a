//! What can be set about a scheduler.

use crate::SchedulerError;
use crate::links::Backlogs;
use std::time::Duration;
use taskloom_core::limits::{CLIENTS_MAX, WORKERS_MAX};
use taskloom_rpc::listen::Listen;
use taskloom_scheduler_core::Config;

/// How many bytes of values the relay holds at a time, unless set otherwise.
const RELAY_BYTES: u64 = 256 * 1024 * 1024;

/// More than this waiting for a peer, and nothing new is taken from it.
const OUTBOX_PAUSE_BYTES: u64 = 64 * 1024 * 1024;

/// More than this waiting for a peer, and it is let go.
const OUTBOX_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Most clients unless set otherwise.
const CLIENTS: usize = 10_000;

/// Most workers unless set otherwise.
const WORKERS: usize = 20_000;

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
    /// How many bytes the tables of tasks may take, roughly. Graphs that need more are refused.
    pub memory_limit: u64,
    /// How many workers may be connected at a time.
    pub max_workers: usize,
    /// How many clients may be connected at a time.
    pub max_clients: usize,
    /// With more bytes than this waiting to be read by a peer, nothing new is taken from it, and it is
    /// sent no values and no lines of the log.
    pub outbox_pause_bytes: u64,
    /// With more bytes than this waiting to be read by a peer, it is let go.
    pub outbox_bytes_max: u64,
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
            memory_limit: u64::MAX,
            max_workers: WORKERS,
            max_clients: CLIENTS,
            outbox_pause_bytes: OUTBOX_PAUSE_BYTES,
            outbox_bytes_max: OUTBOX_BYTES_MAX,
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
        for (name, given, most) in [
            ("max_workers", self.max_workers, WORKERS_MAX),
            ("max_clients", self.max_clients, CLIENTS_MAX),
        ] {
            if given == 0 || given > most {
                return setting(name, format!("{given} is not from 1 to {most}"));
            }
        }
        if self.outbox_bytes_max < self.outbox_pause_bytes {
            let (limit, pause) = (self.outbox_bytes_max, self.outbox_pause_bytes);
            let reason = format!("{limit} is below outbox_pause_bytes, which is {pause}");
            return setting("outbox_bytes_max", reason);
        }
        Ok(())
    }

    /// What may pile up for a peer.
    pub(crate) fn backlogs(&self) -> Backlogs {
        Backlogs {
            pause: self.outbox_pause_bytes,
            most: self.outbox_bytes_max,
        }
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
            memory_limit: self.memory_limit,
            max_workers: self.max_workers,
            max_clients: self.max_clients,
            ..Config::default()
        }
    }
}
