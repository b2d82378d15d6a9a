//! What a task is in code.
//!
//! What lives here: `#[task]` and `#[actor]` and what they expand to, the registry of a program's
//! tasks, values with their encodings, typed calls and their arguments, futures of results as users
//! see them, handles of actors, the context of a running task, and the user's error type.
//!
//! What does not: any network, any runtime, any decision about where or when a task runs. The
//! client implements [`FutureHandle`], the worker calls [`Definition::run`].

mod actor;
mod argument;
mod call;
mod context;
mod definition;
mod error;
mod execute;
mod failure;
mod future;
mod host;
mod into_arg;
mod item;
mod key;
mod known;
mod node;
mod parameter;
mod print;
#[doc(hidden)]
pub mod private;
mod registry;
mod secede;
mod value;

#[doc(hidden)]
pub use private as __private;

pub use bytes::Bytes;

pub use actor::{
    Actor, ActorAddress, ActorHost, ActorLink, ActorMethods, ActorReply, ActorType, CallArguments,
    Home, Method, MethodRun, Outcome, Resident, install_transport,
};
pub use argument::{Argument, assemble};
pub use call::{Arguments, CallParts, Dependencies, Dependency, Nodes, TaskCall};
pub use context::{Cancelled, TaskContext, WeakContext};
pub use definition::{Definition, Run};
pub use error::{Error, Result};
pub use future::{Await, Element, FutureHandle, Status, TaskFuture};
pub use host::{Kept, WorkerHost, WorkerScope};
pub use into_arg::IntoArg;
pub use item::{Item, Packed};
pub use node::{Node, NodeRef};
pub use registry::{Registry, RegistryError};
pub use secede::{RunScope, Seceded};
pub use taskloom_task_macros::{actor, task};
pub use value::{Buffer, Buffers, TaskValue, Value, ValueError, ValueRef, buffer};
