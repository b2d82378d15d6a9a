//! Calls of actors and their replies.

use crate::error::WireError;
use crate::value::{failure_from, failure_into, value_from, value_into};
use crate::{arguments, proto};
use taskloom_core::actor::{ActorCall, CallEnd};
use taskloom_core::limits::NAME_BYTES_MAX;
use taskloom_core::{ArgumentNode, Encoded, RunId, TaskFailure};

/// A call that arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrivedCall {
    /// The run that made the actor.
    pub actor: RunId,
    /// The name of the method.
    pub method: String,
    /// The hash of its types; 0 if the caller has none.
    pub signature: u64,
    /// The arguments.
    pub nodes: Vec<ArgumentNode>,
}

/// The answer to a call.
#[derive(Clone, Debug, PartialEq)]
pub enum ActorAnswer {
    /// The method has ended.
    Done(Result<Encoded, Box<TaskFailure>>),
    /// There is no such actor.
    Missing,
}

/// A call as a message.
pub fn call_into(number: u64, call: &dyn ActorCall) -> proto::ActorCall {
    proto::ActorCall {
        actor: call.actor().0,
        number,
        method: call.method().to_owned(),
        signature: call.signature(),
        arguments: arguments::encode(call.nodes()),
    }
}

/// A call that arrived. References in its arguments have nothing that they could refer to, which is
/// found when it is made.
///
/// # Errors
/// If its parts cannot be read.
pub fn call_from(call: proto::ActorCall) -> Result<ArrivedCall, WireError> {
    if call.method.is_empty() || call.method.len() > NAME_BYTES_MAX {
        return Err(WireError::new(
            "ActorCall",
            "method",
            "is empty or too long",
        ));
    }
    Ok(ArrivedCall {
        actor: RunId(call.actor),
        method: call.method,
        signature: call.signature,
        nodes: arguments::decode(&call.arguments)?,
    })
}

/// An answer as a message.
pub fn reply_into(number: u64, answer: ActorAnswer) -> proto::ActorReply {
    use proto::actor_reply::Result as Sent;
    let result = Some(match answer {
        ActorAnswer::Done(Ok(value)) => Sent::Value(value_into(value)),
        ActorAnswer::Done(Err(failure)) => Sent::Failure(failure_into(*failure)),
        ActorAnswer::Missing => Sent::Missing(true),
    });
    proto::ActorReply { number, result }
}

/// An answer that arrived: which call it is for, and how that ended.
///
/// # Errors
/// If it is no answer, or its value cannot be read.
pub fn reply_from(reply: proto::ActorReply) -> Result<(u64, CallEnd), WireError> {
    use proto::actor_reply::Result as Sent;
    let end = match reply.result {
        Some(Sent::Value(value)) => CallEnd::Answered(Ok(value_from(value)?)),
        Some(Sent::Failure(failure)) => CallEnd::Answered(Err(Box::new(failure_from(failure)))),
        Some(Sent::Missing(_)) => CallEnd::Missing,
        None => return Err(WireError::new("ActorReply", "result", "is missing")),
    };
    Ok((reply.number, end))
}
