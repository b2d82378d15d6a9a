//! The handles behind futures.

use crate::held_key::HeldKey;
use crate::session::Session;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use taskloom_core::actor::ActorTransport;
use taskloom_core::arguments::Part;
use taskloom_core::{Key, Ticket};
use taskloom_task::{Error, FutureHandle, Result, Status, Value};

/// The handle of a task that was submitted. Its state lies in the tables of the session.
pub(crate) struct Handle {
    pub(crate) session: Arc<Session>,
    pub(crate) ticket: Ticket,
    pub(crate) key: HeldKey,
}

impl FutureHandle for Handle {
    fn session(&self) -> u64 {
        self.session.number()
    }

    fn ticket(&self) -> Ticket {
        self.ticket
    }

    fn key(&self) -> Key {
        self.key.key()
    }

    fn status(&self) -> Status {
        self.session.status(self.ticket)
    }

    fn error(&self) -> Option<Error> {
        self.session.error(self.ticket)
    }

    fn poll_value(&self, cx: &mut Context<'_>) -> Poll<Result<Value>> {
        self.session.poll_part(self.ticket, Part::WHOLE, cx)
    }

    fn poll_part(&self, part: Part, cx: &mut Context<'_>) -> Poll<Result<Value>> {
        self.session.poll_part(self.ticket, part, cx)
    }

    fn poll_done(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.session.poll_done(self.ticket, cx)
    }

    fn cancel(&self) {
        self.session.cancel(self.ticket, &self.key.key());
    }

    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.session.runtime.spawn(work);
    }

    fn actor_transport(&self) -> Option<Arc<dyn ActorTransport>> {
        Some(self.session.actors())
    }

    fn forbids_blocking(&self) -> Option<Error> {
        self.session.forbids_blocking()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.session.release(self.ticket);
    }
}

/// The handle of a task that could not be submitted.
pub(crate) struct Refused {
    number: Ticket,
    key: Key,
    error: Error,
}

/// Failed handles are told apart by number alone; sessions count from 1.
const NO_SESSION: u64 = 0;

impl Refused {
    pub(crate) fn handle(key: Option<Key>, error: Error) -> Arc<dyn FutureHandle> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = Ticket(NEXT.fetch_add(1, Ordering::Relaxed));
        let key = key.unwrap_or_else(unnamed);
        Arc::new(Self { number, key, error })
    }
}

/// The key of a call that has none, because it is not valid.
#[allow(clippy::expect_used)] // The text is short and not empty.
pub(crate) fn unnamed() -> Key {
    Key::new("(not submitted)").expect("a valid key")
}

impl FutureHandle for Refused {
    fn session(&self) -> u64 {
        NO_SESSION
    }

    fn ticket(&self) -> Ticket {
        self.number
    }

    fn key(&self) -> Key {
        self.key.clone()
    }

    fn status(&self) -> Status {
        Status::Erred
    }

    fn error(&self) -> Option<Error> {
        Some(self.error.clone())
    }

    fn poll_value(&self, _: &mut Context<'_>) -> Poll<Result<Value>> {
        Poll::Ready(Err(self.error.clone()))
    }

    fn poll_done(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn cancel(&self) {}
}
