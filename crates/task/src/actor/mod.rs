//! Actors: stateful workers whose value lives on one worker and answers typed method calls there.
//!
//! `#[actor]` on the methods of a type implements [`ActorType`]. Its constructor runs as a task whose
//! result is an [`Actor`]: the state itself stays where it was made (a [`Resident`] of that worker's
//! [`ActorHost`]), and what travels in its place is an [`ActorAddress`]. A handle elsewhere sends its
//! calls there through an `ActorTransport`, one after the other.

mod address;
mod arguments;
mod handle;
mod host;
mod kind;
mod link;
mod reply;
mod resident;
mod transport;

pub use address::ActorAddress;
pub use arguments::CallArguments;
pub use handle::Actor;
pub use host::{ActorHost, Home};
pub use kind::{ActorMethods, ActorType, Method, MethodRun};
pub use link::ActorLink;
pub use reply::ActorReply;
pub use resident::{Outcome, Resident};
pub use transport::install_transport;
