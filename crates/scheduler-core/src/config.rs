//! The settings of the scheduler's decisions.

use std::time::Duration;
use taskloom_core::limits;

/// What a deployment may set.
#[derive(Clone, Debug)]
pub struct Config {
    /// A worker is gone if nothing was heard of it for this long.
    pub worker_timeout: Duration,
    /// How often workers and clients shall send a heartbeat.
    pub heartbeat: Duration,
    /// A task errs when no connected worker could run it for this long.
    pub no_worker_timeout: Duration,
    /// How many workers may die under a started task before it errs.
    pub suspicion_limit: u8,
    /// How many small values the scheduler keeps for dependents elsewhere, in bytes.
    pub inline_keep_bytes: u64,
    /// How much work a worker is given ahead, per thread, when tasks are short.
    pub lookahead: Duration,
    /// Most tasks given to a worker at a time, per thread.
    pub lookahead_tasks: u32,
    /// What a transfer between workers costs beside its bytes.
    pub transfer_latency: Duration,
    /// Bytes per second between two workers.
    pub transfer_bandwidth: u64,
    /// Most bytes that the tables of tasks may take; graphs that need more are refused.
    pub memory_limit: u64,
    /// Most workers that are connected at a time.
    pub max_workers: usize,
    /// Most clients that are connected at a time.
    pub max_clients: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            worker_timeout: limits::LEASE,
            heartbeat: Duration::from_millis(500),
            no_worker_timeout: limits::NO_WORKER_TIMEOUT,
            suspicion_limit: limits::SUSPICION_LIMIT,
            inline_keep_bytes: 64 * 1024 * 1024,
            lookahead: Duration::from_millis(5),
            lookahead_tasks: 4096,
            transfer_latency: Duration::from_micros(300),
            transfer_bandwidth: 1_000_000_000,
            memory_limit: u64::MAX,
            max_workers: limits::WORKERS_MAX,
            max_clients: limits::CLIENTS_MAX,
        }
    }
}
