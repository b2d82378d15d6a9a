//! Calls on their way, and the transport of handles that came without a client.

use super::link::Inner;
use crate::call::Nodes;
use crate::error::Result;
use crate::value::Value;
use futures::channel::oneshot;
use std::fmt;
use std::sync::{Arc, OnceLock};
use taskloom_core::actor::{ActorCall, ActorTransport, CallEnd};
use taskloom_core::{ArgumentNode, RunId};

/// A call that has not ended.
pub(super) struct Pending {
    /// Its place among the calls of its handle.
    pub(super) number: u64,
    pub(super) method: &'static str,
    pub(super) signature: u64,
    pub(super) nodes: Nodes,
    pub(super) nbytes: u64,
    /// The handle that made it, which is held until the call has ended.
    pub(super) link: Arc<Inner>,
    pub(super) answer: oneshot::Sender<Result<Value>>,
}

/// A call on its way; `None` once it has ended.
pub(super) struct Sent {
    pub(super) actor: RunId,
    pub(super) pending: Option<Pending>,
}

impl ActorCall for Sent {
    fn actor(&self) -> RunId {
        self.actor
    }

    fn method(&self) -> &'static str {
        self.pending.as_ref().map_or("", |pending| pending.method)
    }

    fn signature(&self) -> u64 {
        self.pending.as_ref().map_or(0, |pending| pending.signature)
    }

    fn nodes(&self) -> &[ArgumentNode] {
        self.pending.as_ref().map_or(&[], |pending| &pending.nodes)
    }

    fn end(mut self: Box<Self>, end: CallEnd) {
        if let Some(pending) = self.pending.take() {
            Inner::ended(pending, end);
        }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let Some(pending) = self.pending.take() {
            let reason = "the runtime that carried it has ended".to_owned();
            Inner::ended(pending, CallEnd::Broken(reason));
        }
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sent({})", self.method())
    }
}

type Make = fn() -> Option<Arc<dyn ActorTransport>>;

static PROCESS: OnceLock<Make> = OnceLock::new();

/// Names the transport of handles that came without a client, such as those that tasks take as
/// arguments. Workers call this; the first one stays.
pub fn install_transport(make: Make) {
    let _ = PROCESS.set(make);
}

/// The transport of handles that came without a client.
pub(super) fn process_transport() -> Option<Arc<dyn ActorTransport>> {
    PROCESS.get().and_then(|make| make())
}
