//! How calls reach actors: what the handles of actors and the connections that carry their calls know
//! of each other.

use crate::arguments::ArgumentNode;
use crate::error::TaskFailure;
use crate::ids::{RunId, WorkerId};
use crate::value::Encoded;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Carries calls to workers.
pub trait ActorTransport: Send + Sync {
    /// A way to a worker, by `host:port` of its data service. Nothing need be connected yet.
    fn line(&self, host: &str, worker: WorkerId) -> Arc<dyn ActorLine>;

    /// Does this after a pause.
    fn after(&self, pause: Duration, then: Box<dyn FnOnce() + Send>);
}

/// A way to one worker, which keeps the order of calls, until it breaks or is closed.
pub trait ActorLine: Send + Sync {
    /// Takes a call on its way. Must not block.
    fn send(&self, call: Box<dyn ActorCall>);
}

/// How a call ended, as far as the transport can tell.
#[derive(Debug)]
pub enum CallEnd {
    /// The actor has answered.
    Answered(Result<Encoded, Box<TaskFailure>>),
    /// The worker does not know the actor; the call was not made.
    Missing,
    /// The worker was not reached; the call was not made.
    NotSent(String),
    /// The way was closed since, because nobody used it; the call was not made.
    Closed,
    /// The way broke after the call was sent; nobody knows whether it was made.
    Broken(String),
}

/// A call on its way to an actor. One that is dropped counts as broken.
pub trait ActorCall: Send + Sync + fmt::Debug {
    /// The run that made the actor: the worker's number for it.
    fn actor(&self) -> RunId;

    /// The name of the method.
    fn method(&self) -> &'static str;

    /// The hash of the types of the method.
    fn signature(&self) -> u64;

    /// The arguments.
    fn nodes(&self) -> &[ArgumentNode];

    /// Says how it ended.
    fn end(self: Box<Self>, end: CallEnd);
}
