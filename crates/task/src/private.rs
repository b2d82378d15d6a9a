//! What the expansion of `#[task]` refers to. Not for anybody else: it changes without notice.

pub use crate::actor::{
    Actor, ActorLink, ActorMethods, ActorReply, ActorType, CallArguments, Method, MethodRun,
};
pub use crate::argument::Argument;
pub use crate::call::{Arguments, TaskCall};
pub use crate::context::TaskContext;
pub use crate::definition::{Definition, Linked, Run};
pub use crate::failure::{ByBox, ByDisplay, ByError, Returned};
pub use crate::into_arg::IntoArg;
pub use crate::parameter::{
    Borrowed, ByteSlice, Makes, Many, One, Parameter, Refs, Slice, Taken, Text,
};
pub use crate::print::print_line;
pub use crate::value::{TaskValue, Value, ValueError};
pub use bytes::Bytes;
pub use futures::future::{BoxFuture, LocalBoxFuture};
pub use inventory;
pub use taskloom_core::{Residence, TaskFailure};

use taskloom_core::ErrorCode;

/// What a fallible function returns when all is well; knows aliases of `Result` too.
pub trait Fallible {
    /// The type of the good case.
    type Ok;
    /// The type of the error.
    type Err;
}

impl<T, E> Fallible for Result<T, E> {
    type Ok = T;
    type Err = E;
}

/// Takes the next argument for a parameter of this name.
///
/// # Errors
/// If there is none, or it is not of the parameter's type.
pub fn hold<P: Parameter>(
    arguments: &mut std::vec::IntoIter<Argument>,
    name: &'static str,
) -> Result<P::Held, TaskFailure> {
    let held = match arguments.next() {
        Some(argument) => P::hold(argument),
        None => Err(ValueError::Arguments("it was not given".to_owned())),
    };
    held.map_err(|error| TaskFailure::new(ErrorCode::Decode, format!("argument `{name}`: {error}")))
}

/// Gives a parameter what was held for it.
///
/// # Errors
/// Never the first time.
pub fn lend<'a, P: Parameter + 'a>(held: &'a mut P::Held) -> Result<P::Lent<'a>, TaskFailure> {
    P::lend(held).map_err(|error| TaskFailure::new(ErrorCode::Internal, error.to_string()))
}

/// Checks that no argument is left.
///
/// # Errors
/// If there are more than the function takes.
pub fn finish(arguments: std::vec::IntoIter<Argument>) -> Result<(), TaskFailure> {
    match arguments.len() {
        0 => Ok(()),
        more => {
            let message = format!("{more} more arguments were given than the task takes");
            Err(TaskFailure::new(ErrorCode::Decode, message))
        }
    }
}

/// Makes the value of a result.
pub fn make<M: Makes>(result: M::In) -> Value {
    M::make(result)
}

/// The result of an actor's constructor: the actor stays where it was made.
///
/// # Errors
/// If it was not made on a worker, or the worker is ending.
pub fn house<T: ActorType>(actor: T, context: &TaskContext) -> Result<Value, TaskFailure> {
    Actor::house(actor, context)
}
