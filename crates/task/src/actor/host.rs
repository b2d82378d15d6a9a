//! The worker's side of an actor's life: who keeps it, and for how long.

use super::address::ActorAddress;
use super::resident::Resident;
use std::fmt;
use std::sync::Arc;
use taskloom_core::{RunId, TaskFailure};

/// Where the actors of a worker live. Workers implement it.
pub trait ActorHost: Send + Sync {
    /// Takes an actor in, to live until it is put out, and says where it can be reached.
    ///
    /// # Errors
    /// If the worker is ending.
    fn house(&self, resident: Resident) -> Result<ActorAddress, TaskFailure>;

    /// Nobody wants this actor any more: it ends after the call that is being answered.
    fn evict(&self, run: RunId);
}

/// What the result of a constructor holds: as long as it lies on the worker, the actor lives there.
pub struct Home {
    host: Arc<dyn ActorHost>,
    address: ActorAddress,
}

impl Home {
    /// The home of an actor that this host has taken in.
    pub(crate) fn new(host: Arc<dyn ActorHost>, address: ActorAddress) -> Self {
        Self { host, address }
    }

    /// Where the actor can be reached.
    pub fn address(&self) -> &ActorAddress {
        &self.address
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.host.evict(RunId(self.address.run));
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Home").field(&self.address).finish()
    }
}
