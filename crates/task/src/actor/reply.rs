//! The answer to one call of a method.

use crate::error::{Error, Result};
use crate::value::{TaskValue, Value};
use futures::channel::oneshot;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The answer to a call of an actor's method, which was sent when the method was called. Await it for
/// what the method returned. The call is made whether or not somebody awaits the answer.
#[must_use = "the call is made in any case, but its result and its error are lost: await it, or \
              write `let _ =`"]
pub struct ActorReply<T> {
    answer: oneshot::Receiver<Result<Value>>,
    forbids_blocking: Option<Error>,
    marker: PhantomData<fn() -> T>,
}

impl<T> ActorReply<T> {
    pub(crate) fn new(
        answer: oneshot::Receiver<Result<Value>>,
        forbids_blocking: Option<Error>,
    ) -> Self {
        Self {
            answer,
            forbids_blocking,
            marker: PhantomData,
        }
    }
}

impl<T: TaskValue> ActorReply<T> {
    /// Waits for the answer by blocking this thread: for programs without async.
    ///
    /// # Errors
    /// What awaiting gives, or [`Error::WouldBlock`] on a thread that drives async tasks.
    pub fn result(self) -> Result<T> {
        match self.forbids_blocking {
            Some(error) => Err(error),
            None => futures::executor::block_on(self),
        }
    }
}

impl<T: TaskValue> Future for ActorReply<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(cx).map(|answer| {
            // Whoever drops a call without an answer has answered it; see `ActorCall`.
            let gone = |_| Error::Closed("the call was dropped".into());
            Ok(answer.map_err(gone)??.take()?)
        })
    }
}

impl<T> fmt::Debug for ActorReply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActorReply")
    }
}
