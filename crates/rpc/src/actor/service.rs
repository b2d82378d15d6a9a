//! The worker's end: calls come in, and replies go out as they are made.

use super::{FRAME_BYTES, FRAME_CALLS, RESULT_BYTES_MAX, Replies};
use futures::StreamExt;
use futures::stream::unfold;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use taskloom_core::{Encoded, ErrorCode, TaskFailure};
use taskloom_wire::actor::{ActorAnswer, ArrivedCall, call_from, reply_into};
use taskloom_wire::proto;
use taskloom_wire::proto::actors_server::Actors;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tonic::{Request, Response, Status, Streaming};

/// Calls of one stream that are not answered, in units of [`UNIT_BYTES`] of their arguments and at
/// least one each. When there are more, the stream is not read.
const UNITS_MAX: u32 = 64 * 1024;

const UNIT_BYTES: usize = 4 * 1024;

/// Bytes of results that a caller may leave unread. Beyond it results are not kept for it.
const UNREAD_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The actors of a worker.
pub trait ActorTable: Send + Sync + 'static {
    /// Takes a call in; must not block. Calls come in the order of their stream.
    fn take(&self, call: ArrivedCall, answer: Answer);
}

/// The service of a worker over its actors.
#[derive(Debug)]
pub struct ActorService<T>(Arc<T>);

impl<T: ActorTable> ActorService<T> {
    /// The service over these actors.
    pub fn new(table: Arc<T>) -> Self {
        Self(table)
    }
}

/// The way of an answer back to its caller. One that is dropped says that there is no such actor.
pub struct Answer {
    number: u64,
    replies: mpsc::UnboundedSender<Reply>,
    unread: Arc<AtomicU64>,
    room: Option<OwnedSemaphorePermit>,
}

/// A reply on its way out, with the room that its call took.
struct Reply {
    message: proto::ActorReply,
    nbytes: u64,
    _room: Option<OwnedSemaphorePermit>,
}

impl Answer {
    /// Gives the answer.
    pub fn give(mut self, result: Result<Encoded, Box<TaskFailure>>) {
        self.send(ActorAnswer::Done(result.and_then(|value| self.fits(value))));
    }

    /// A result that can be sent.
    fn fits(&self, value: Encoded) -> Result<Encoded, Box<TaskFailure>> {
        let nbytes = value.nbytes();
        let refuse = |code, text| Err(Box::new(TaskFailure::new(code, text)));
        if nbytes > RESULT_BYTES_MAX {
            return refuse(
                ErrorCode::TooLarge,
                format!(
                    "its result has {nbytes} bytes, more than {RESULT_BYTES_MAX}: return it in parts"
                ),
            );
        }
        if self.unread.load(Ordering::Relaxed) + nbytes > UNREAD_BYTES_MAX {
            return refuse(
                ErrorCode::Overloaded,
                format!("its caller has {UNREAD_BYTES_MAX} bytes of results to read first"),
            );
        }
        Ok(value)
    }

    fn send(&mut self, answer: ActorAnswer) {
        let nbytes = match &answer {
            ActorAnswer::Done(Ok(value)) => value.nbytes(),
            _ => 0,
        };
        self.unread.fetch_add(nbytes, Ordering::Relaxed);
        let reply = Reply {
            message: reply_into(self.number, answer),
            nbytes,
            _room: self.room.take(),
        };
        // The caller may be gone.
        let _ = self.replies.send(reply);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.room.is_some() {
            self.send(ActorAnswer::Missing);
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.number)
    }
}

#[tonic::async_trait]
impl<T: ActorTable> Actors for ActorService<T> {
    type CallStream = Replies;

    async fn call(
        &self,
        request: Request<Streaming<proto::ActorCalls>>,
    ) -> Result<Response<Replies>, Status> {
        let (replies, outgoing) = mpsc::unbounded_channel();
        let unread = Arc::new(AtomicU64::new(0));
        let reading = Reading {
            table: Arc::clone(&self.0),
            replies,
            unread: Arc::clone(&unread),
            room: Arc::new(Semaphore::new(UNITS_MAX as usize)),
        };
        tokio::spawn(reading.run(request.into_inner()));
        Ok(Response::new(frames(outgoing, unread)))
    }
}

/// The reading half of a stream.
struct Reading<T> {
    table: Arc<T>,
    replies: mpsc::UnboundedSender<Reply>,
    unread: Arc<AtomicU64>,
    room: Arc<Semaphore>,
}

impl<T: ActorTable> Reading<T> {
    /// Takes calls in until the caller ends or breaks the stream.
    async fn run(self, mut calls: Streaming<proto::ActorCalls>) {
        loop {
            let frame = tokio::select! {
                frame = calls.message() => frame,
                // Nobody is left to answer to.
                () = self.replies.closed() => return,
            };
            match frame {
                Ok(Some(frame)) => {
                    for call in frame.calls {
                        if !self.take(call).await {
                            return;
                        }
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::debug!(%error, "a stream of calls of actors ended");
                    return;
                }
            }
        }
    }

    async fn take(&self, call: proto::ActorCall) -> bool {
        let units = 1 + u32::try_from(call.arguments.len() / UNIT_BYTES).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(units.min(UNITS_MAX));
        let Ok(room) = room.await else {
            return false;
        };
        let answer = Answer {
            number: call.number,
            replies: self.replies.clone(),
            unread: Arc::clone(&self.unread),
            room: Some(room),
        };
        match call_from(call) {
            Ok(call) => self.table.take(call, answer),
            Err(error) => {
                let failure = TaskFailure::new(ErrorCode::Decode, error.to_string());
                answer.give(Err(Box::new(failure)));
            }
        }
        true
    }
}

/// Whatever has gathered, in frames of bounded size.
fn frames(outgoing: mpsc::UnboundedReceiver<Reply>, unread: Arc<AtomicU64>) -> Replies {
    let next = move |(mut outgoing, mut first): (mpsc::UnboundedReceiver<Reply>, Option<Reply>)| {
        let unread = Arc::clone(&unread);
        async move {
            let mut reply = match first.take() {
                Some(reply) => reply,
                None => outgoing.recv().await?,
            };
            let mut replies = Vec::new();
            let mut nbytes = 0;
            loop {
                nbytes += reply.nbytes as usize;
                unread.fetch_sub(reply.nbytes, Ordering::Relaxed);
                replies.push(reply.message);
                if replies.len() >= FRAME_CALLS {
                    break;
                }
                match outgoing.try_recv() {
                    Ok(more) if nbytes + more.nbytes as usize > FRAME_BYTES => {
                        first = Some(more);
                        break;
                    }
                    Ok(more) => reply = more,
                    Err(_) => break,
                }
            }
            Some((Ok(proto::ActorReplies { replies }), (outgoing, first)))
        }
    };
    unfold((outgoing, None), next).boxed()
}
