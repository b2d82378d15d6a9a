//! Calls of actors: the worker's end, the caller's end, and the scheduler's relay between them.
//!
//! A caller has one stream to each worker on which it calls actors, on a data connection of its own.
//! Frames carry whatever has gathered while the last one was on its way.

mod line;
mod pool;
mod relay;
mod service;

pub use pool::{ActorPool, CallOptions};
pub use relay::{ActorRelay, FindWorker};
pub use service::{ActorService, ActorTable, Answer};
pub use taskloom_wire::actor::{ActorAnswer, ArrivedCall};

use futures::stream::BoxStream;
use taskloom_core::limits::MESSAGE_BYTES_MAX;
use taskloom_wire::proto::ActorReplies;
use tonic::Status;

/// Replies on their way to a caller.
type Replies = BoxStream<'static, Result<ActorReplies, Status>>;

/// A frame is closed when it has this many bytes of arguments or results.
const FRAME_BYTES: usize = 256 * 1024;

/// A frame is closed when it has this many calls or replies.
const FRAME_CALLS: usize = 1024;

/// Most bytes of one result, so that it fits into a frame.
const RESULT_BYTES_MAX: u64 = (MESSAGE_BYTES_MAX - 64 * 1024) as u64;
