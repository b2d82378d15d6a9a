//! How calls reach actors: the client library and the workers implement it.

use super::address::ActorAddress;
use super::link::Inner;
use crate::call::Nodes;
use crate::error::Result;
use crate::value::Value;
use futures::channel::oneshot;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use taskloom_core::{ArgumentNode, Encoded, RunId, TaskFailure};

/// Carries calls to workers.
pub trait ActorTransport: Send + Sync {
    /// A way to the worker of an actor. Nothing need be connected yet.
    fn line(&self, address: &ActorAddress) -> Arc<dyn ActorLine>;

    /// Does this after a pause.
    fn after(&self, pause: Duration, then: Box<dyn FnOnce() + Send>);
}

/// A way to one worker, which keeps the order of calls, until it breaks.
pub trait ActorLine: Send + Sync {
    /// Takes a call on its way. Must not block, nor end a call before it returns.
    ///
    /// # Errors
    /// Gives the call back if the line is broken or closed.
    fn send(&self, call: ActorCall) -> std::result::Result<(), ActorCall>;
}

/// How a call ended, as far as the transport can tell.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallEnd {
    /// The actor has answered.
    Answered(std::result::Result<Encoded, Box<TaskFailure>>),
    /// The worker does not know the actor; the call was not made.
    Missing,
    /// The worker was not reached; the call was not made.
    NotSent(String),
    /// The way broke after the call was sent; nobody knows whether it was made.
    Broken(String),
}

/// A call on its way to an actor. One that is dropped counts as broken.
pub struct ActorCall(Option<Pending>);

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

impl ActorCall {
    pub(super) fn new(pending: Pending) -> Self {
        Self(Some(pending))
    }

    /// Takes it back.
    pub(super) fn into_pending(mut self) -> Option<Pending> {
        self.0.take()
    }

    /// The name of the method.
    pub fn method(&self) -> &'static str {
        self.0.as_ref().map_or("", |pending| pending.method)
    }

    /// The hash of the types of the method.
    pub fn signature(&self) -> u64 {
        self.0.as_ref().map_or(0, |pending| pending.signature)
    }

    /// The arguments.
    pub fn nodes(&self) -> &[ArgumentNode] {
        self.0.as_ref().map_or(&[], |pending| &pending.nodes)
    }

    /// Bytes of the arguments.
    pub fn nbytes(&self) -> u64 {
        self.0.as_ref().map_or(0, |pending| pending.nbytes)
    }

    /// Says how it ended.
    pub fn end(mut self, end: CallEnd) {
        if let Some(pending) = self.0.take() {
            Inner::ended(pending, end);
        }
    }
}

impl Drop for ActorCall {
    fn drop(&mut self) {
        if let Some(pending) = self.0.take() {
            Inner::ended(pending, CallEnd::Broken("its runtime has ended".into()));
        }
    }
}

impl fmt::Debug for ActorCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActorCall({})", self.method())
    }
}

/// The actor of an address, by its worker's number for it.
impl ActorAddress {
    /// The run that made the actor.
    pub fn run_id(&self) -> RunId {
        RunId(self.run)
    }
}

static PROCESS: OnceLock<Make> = OnceLock::new();

type Make = fn() -> Arc<dyn ActorTransport>;

/// Names the transport of handles that came without a client, such as those that tasks take as
/// arguments. The first one stays.
pub fn install_transport(make: Make) {
    let _ = PROCESS.set(make);
}

/// The transport of handles that came without a client.
pub fn process_transport() -> Option<Arc<dyn ActorTransport>> {
    PROCESS.get().map(|make| make())
}
