//! Calls of the scheduler's extensions.

use crate::calls::Unpacked;
use crate::session::Session;
use crate::{Error, Result};
use bytes::Bytes;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use taskloom_core::limits::{CALL_BYTES_MAX, CALL_FUTURES_MAX};
use taskloom_core::operation::near_names;
use taskloom_core::{ErrorCode, TaskFailure, Ticket};
use taskloom_extensions::{Operation, from_payload, to_payload};
use taskloom_task::{Cancelled, FutureHandle, Seceded, TaskContext, TaskFuture};
use tokio::time::Sleep;

/// A call in the making: from [`crate::Client::call`].
///
/// Awaiting it sends it and waits for the reply. [`Call::send`] sends it and wants no reply. A call
/// is taken in after everything that this client submitted or called before it. If what awaiting
/// gives is dropped, the call is withdrawn: the extension is told that nobody waits for its reply.
#[must_use = "nothing is called before this is awaited or sent"]
pub struct Call<O> {
    session: Arc<Session>,
    prepared: Result<Prepared>,
    marker: PhantomData<fn() -> O>,
}

/// What a call says.
struct Prepared {
    name: &'static str,
    operation: u32,
    payload: Bytes,
    futures: Vec<Arc<dyn FutureHandle>>,
}

/// What an extension replied.
pub struct Reply<O: Operation> {
    /// The message.
    pub message: O::Reply,
    /// The tasks that it speaks of, in the order in which it counts them. This client wants them
    /// from now on, until the handles are dropped; [`TaskFuture::new`] makes typed futures of them.
    pub futures: Vec<Arc<dyn FutureHandle>>,
}

impl<O: Operation> fmt::Debug for Reply<O>
where
    O::Reply: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("message", &self.message)
            .field("futures", &self.futures.len())
            .finish()
    }
}

impl<O: Operation> Call<O> {
    pub(crate) fn new(session: &Arc<Session>, request: &O::Request) -> Self {
        Self {
            session: session.clone(),
            prepared: session.prepare::<O>(request),
            marker: PhantomData,
        }
    }

    /// Adds a future that the request speaks of.
    pub fn future<T>(self, future: &TaskFuture<T>) -> Self {
        self.handle(future.handle().clone())
    }

    /// Adds futures that the request speaks of, in the order in which it counts them.
    pub fn futures<T>(mut self, futures: &[TaskFuture<T>]) -> Self {
        for future in futures {
            self = self.handle(future.handle().clone());
        }
        self
    }

    /// Adds a future by its handle.
    pub fn handle(mut self, handle: Arc<dyn FutureHandle>) -> Self {
        if let Ok(prepared) = &mut self.prepared {
            prepared.futures.push(handle);
        }
        self
    }

    /// Sends the call and returns at once; nobody waits for a reply. Should the extension refuse it,
    /// the client gets a notice.
    ///
    /// # Errors
    /// If the scheduler offers no such operation, a future belongs to another client, something is
    /// too large, too much is queued already, or the session has ended.
    pub fn send(self) -> Result<()> {
        let Self {
            session, prepared, ..
        } = self;
        session.call(prepared?, None).map(drop)
    }
}

impl<O: Operation> IntoFuture for Call<O> {
    type Output = Result<Reply<O>>;
    type IntoFuture = Calling<O>;

    /// Sends the call.
    fn into_future(self) -> Calling<O> {
        let Self {
            session, prepared, ..
        } = self;
        let sent = prepared.and_then(|prepared| session.call(prepared, Some(O::CONFIRMED)));
        let state = match sent {
            Ok(request) => State::Sent { session, request },
            Err(error) => State::Failed(error),
        };
        Calling {
            state,
            away: Away::default(),
            marker: PhantomData,
        }
    }
}

/// A call that was sent: waits for the reply.
#[must_use = "the call is withdrawn when this is dropped"]
pub struct Calling<O> {
    state: State,
    away: Away,
    marker: PhantomData<fn() -> O>,
}

enum State {
    Sent { session: Arc<Session>, request: u64 },
    Failed(Error),
    Done,
}

impl<O: Operation> Future for Calling<O> {
    type Output = Result<Reply<O>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let answer = match &this.state {
            State::Sent { session, request } => {
                let replied = session.lock().poll_replied(*request, cx.waker());
                match ready!(this.away.poll(session, replied, cx)) {
                    true => session.take_reply(*request),
                    false => {
                        session.withdraw(*request);
                        let text = format!("the task that waits for {} was cancelled", O::NAME);
                        Err(TaskFailure::new(ErrorCode::Cancelled, text).into())
                    }
                }
            }
            State::Failed(error) => Err(error.clone()),
            State::Done => Err(Error::Closed("the reply was taken already".into())),
        };
        this.state = State::Done;
        Poll::Ready(answer.and_then(|(payload, futures)| {
            let message = from_payload(&payload).map_err(|error| {
                Error::Refused(format!(
                    "the reply of {} cannot be read: {error}; this program and the scheduler are \
                     of different releases",
                    O::NAME
                ))
            })?;
            Ok(Reply { message, futures })
        }))
    }
}

/// A task that waits for a reply for longer than this lets others have its place meanwhile.
const PATIENCE: Duration = Duration::from_millis(10);

/// A task's absence from its place while it waits.
#[derive(Default)]
struct Away {
    cancelled: Option<Cancelled>,
    patience: Option<Pin<Box<Sleep>>>,
    seceded: Option<Seceded>,
}

impl Away {
    /// Ready when what is waited for is there, and the task, if this is one, has a place again. False
    /// if the task was cancelled before.
    fn poll(&mut self, session: &Session, waited: Poll<()>, cx: &mut Context<'_>) -> Poll<bool> {
        if waited.is_ready() {
            if let Some(seceded) = &mut self.seceded {
                ready!(seceded.poll_rejoin(cx));
                self.seceded = None;
            }
            return Poll::Ready(true);
        }
        let Some(context) = TaskContext::current() else {
            return Poll::Pending;
        };
        let cancelled = self.cancelled.get_or_insert_with(|| context.cancelled());
        if Pin::new(cancelled).poll(cx).is_ready() {
            return Poll::Ready(false);
        }
        if self.seceded.is_none() {
            let patience = self.patience.get_or_insert_with(|| {
                let _entered = session.runtime.enter();
                Box::pin(tokio::time::sleep(PATIENCE))
            });
            if patience.as_mut().poll(cx).is_ready() {
                self.seceded = Some(context.secede());
                self.patience = None;
            }
        }
        Poll::Pending
    }
}

impl<O> Drop for Calling<O> {
    fn drop(&mut self) {
        if let State::Sent { session, request } = &self.state {
            session.withdraw(*request);
        }
    }
}

impl Session {
    fn prepare<O: Operation>(self: &Arc<Self>, request: &O::Request) -> Result<Prepared> {
        let Some(operation) = self.operation(O::NAME) else {
            if let Some(closed) = self.closed() {
                return Err(closed);
            }
            let near = near_names(O::NAME, self.operations.keys().map(String::as_str));
            let near = if near.is_empty() {
                "none".into()
            } else {
                near.join(", ")
            };
            return Err(Error::Refused(format!(
                "the scheduler at {} offers no operation {} (nearest: {near}); it has to be started \
                 with the extension that does",
                self.address,
                O::NAME
            )));
        };
        let payload = to_payload(request).map_err(|reason| Error::Call {
            operation: O::NAME.into(),
            reason: format!("its message cannot be encoded: {reason}"),
        })?;
        if payload.len() > CALL_BYTES_MAX {
            return Err(Error::Call {
                operation: O::NAME.into(),
                reason: format!(
                    "its message has {} bytes, more than {CALL_BYTES_MAX}; scatter large data \
                     (client.scatter) and pass the future",
                    payload.len()
                ),
            });
        }
        Ok(Prepared {
            name: O::NAME,
            operation,
            payload,
            futures: Vec::new(),
        })
    }

    /// Sends a call; `reply` says whether a reply is wanted, and whether its arrival is confirmed.
    fn call(self: &Arc<Self>, prepared: Prepared, reply: Option<bool>) -> Result<u64> {
        let Prepared {
            name,
            operation,
            payload,
            futures,
        } = prepared;
        if futures.len() > CALL_FUTURES_MAX {
            return Err(Error::Call {
                operation: name.into(),
                reason: format!(
                    "it speaks of {} futures, more than {CALL_FUTURES_MAX}",
                    futures.len()
                ),
            });
        }
        let tickets: Vec<Ticket> = futures
            .iter()
            .map(|handle| self.ticket_of(handle))
            .collect::<Result<_>>()?;
        // The handles live until the call is on its way, so that their releases follow it.
        self.lock().call(operation, payload, tickets, reply)
    }

    fn take_reply(self: &Arc<Self>, request: u64) -> Result<Unpacked> {
        let replied = self.lock().take_reply(request)?;
        replied.map_err(|failure| match failure.code {
            ErrorCode::Refused => Error::Refused(failure.message.clone()),
            _ => failure.into(),
        })
    }

    fn withdraw(self: &Arc<Self>, request: u64) {
        // What came of it is dropped without the lock.
        let left = self.lock().withdraw(request);
        drop(left);
    }
}
