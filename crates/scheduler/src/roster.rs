//! Who is registered, for those who wait for it.

use taskloom_core::WorkerId;
use tokio::sync::watch;

/// A worker that is registered now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Which incarnation.
    pub worker: WorkerId,
    /// Its name.
    pub name: String,
    /// Where it serves data, as `host:port`.
    pub address: String,
    /// Its process.
    pub process: u32,
}

/// The workers that are registered at this moment, in the order in which they came. Wait for changes
/// with [`watch::Receiver::wait_for`].
pub type Roster = watch::Receiver<Vec<Registered>>;
