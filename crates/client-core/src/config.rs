//! What can be set.

use taskloom_core::limits::SCATTER_KEEP_BYTES;

/// The settings of a client.
#[derive(Clone, Debug)]
pub struct Config {
    /// Workers are never asked directly; all values go through the scheduler.
    pub relay_only: bool,
    /// Scattered bytes that are kept for another supply, once they lie on a worker. What does not
    /// lie on a worker yet is kept in any case.
    pub scatter_keep_bytes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            relay_only: false,
            scatter_keep_bytes: SCATTER_KEEP_BYTES,
        }
    }
}
