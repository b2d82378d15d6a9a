//! What `#[actor]` makes known of a type.

use super::link::ActorLink;
use crate::argument::Argument;
use crate::context::TaskContext;
use crate::value::Value;
use futures::future::LocalBoxFuture;
use std::fmt;
use taskloom_core::TaskFailure;

/// A type whose values can be actors. `#[actor]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "write `#[actor]` before the `impl` block with the methods of the type"
)]
pub trait ActorType: Send + Sized + 'static {
    /// Its name, by default `crate::module::Type`.
    const NAME: &'static str;

    /// What an [`Actor`](super::Actor) of this type can be asked: the public methods, each of which
    /// returns an [`ActorReply`](super::ActorReply).
    type Methods: ActorMethods;

    /// The methods as the worker runs them.
    fn methods() -> &'static [Method<Self>];
}

/// The typed face of a handle; the expansion of `#[actor]` implements it.
pub trait ActorMethods: Send + Sync + 'static {
    /// The face of this handle.
    fn new(link: ActorLink) -> Self;

    /// The handle.
    fn link(&self) -> &ActorLink;
}

/// How a method runs. These are the bare functions; a [`Resident`](super::Resident) runs them with
/// panics caught.
#[non_exhaustive]
pub enum MethodRun<T> {
    /// A plain method.
    Thread(fn(&mut T, &TaskContext, Vec<Argument>) -> Result<Value, TaskFailure>),
    /// An async method.
    #[allow(clippy::type_complexity)] // It is the type of one function.
    Async(
        for<'a> fn(
            &'a mut T,
            &'a TaskContext,
            Vec<Argument>,
        ) -> LocalBoxFuture<'a, Result<Value, TaskFailure>>,
    ),
}

/// One method of an actor.
pub struct Method<T> {
    /// Its name.
    pub name: &'static str,
    /// The hash of its argument and result types as written.
    pub signature: u64,
    /// How it runs.
    pub run: MethodRun<T>,
}

impl<T> fmt::Debug for Method<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Method({})", self.name)
    }
}
