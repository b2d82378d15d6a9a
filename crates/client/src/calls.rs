//! What a session keeps of calls under way: who waits, and replies that nobody has taken yet.

use crate::extension::Pushed;
use crate::futures::Handle;
use crate::session::Session;
use crate::tables::Locked;
use crate::{Error, Result};
use bytes::Bytes;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::task::{Poll, Waker};
use taskloom_client_core::Event;
use taskloom_core::message::Parcel;
use taskloom_core::{TaskFailure, Ticket};
use taskloom_task::FutureHandle;

/// A message and the tasks that it speaks of. It must not be dropped under the session's lock, which
/// the last handle of a future takes.
pub(crate) type Unpacked = (Bytes, Vec<Arc<dyn FutureHandle>>);

/// What the scheduler replied.
pub(crate) type Replied = Result<Unpacked, Arc<TaskFailure>>;

/// The calls of a session that wait for their replies, by the number of the call.
#[derive(Default)]
pub(crate) struct Calls {
    waiting: FxHashMap<u64, Waiting>,
    /// Messages for the client's extensions, to be handed over without the lock.
    pub(crate) pushed: Vec<Pushed>,
}

enum Waiting {
    /// No reply has come.
    Reply(Option<Waker>),
    /// It has, and is to be taken.
    Taking(Replied),
}

impl Calls {
    /// The session has ended.
    pub(crate) fn close(&mut self, woken: &mut Vec<Waker>) {
        for waiting in self.waiting.values_mut() {
            if let Waiting::Reply(waker) = waiting {
                woken.extend(waker.take());
            }
        }
    }

    /// A reply has come. It is given back if nobody waits for it.
    pub(crate) fn replied(
        &mut self,
        request: u64,
        replied: Replied,
        woken: &mut Vec<Waker>,
    ) -> Option<Replied> {
        let Some(waiting) = self.waiting.get_mut(&request) else {
            return Some(replied);
        };
        match std::mem::replace(waiting, Waiting::Taking(replied)) {
            Waiting::Reply(waker) => {
                woken.extend(waker);
                None
            }
            Waiting::Taking(earlier) => Some(earlier),
        }
    }
}

/// Makes handles of the tasks that came with a message.
pub(crate) fn unpack(session: &Arc<Session>, parcel: Parcel) -> Unpacked {
    let handle = |grant: taskloom_core::message::Grant| -> Arc<dyn FutureHandle> {
        Arc::new(Handle {
            session: session.clone(),
            ticket: grant.ticket,
            key: grant.key.into(),
        })
    };
    (
        parcel.payload,
        parcel.futures.into_iter().map(handle).collect(),
    )
}

impl Locked<'_> {
    /// Sends a call; `reply` says whether a reply is wanted, and whether its arrival is confirmed.
    pub(crate) fn call(
        &mut self,
        operation: u32,
        payload: Bytes,
        futures: Vec<Ticket>,
        reply: Option<bool>,
    ) -> Result<u64> {
        if let Some(error) = self.refuses_call() {
            return Err(error);
        }
        let request = self.tables.core.next_request();
        if reply.is_some() {
            let calls = &mut self.tables.calls.waiting;
            calls.insert(request, Waiting::Reply(None));
        }
        self.handle(Event::Call {
            operation,
            payload,
            futures,
            reply,
        });
        self.call_pump();
        Ok(request)
    }

    /// Whether there is a reply, or will be none.
    pub(crate) fn poll_replied(&mut self, request: u64, waker: &Waker) -> Poll<()> {
        let open = self.tables.closed.is_none();
        match self.tables.calls.waiting.get_mut(&request) {
            Some(Waiting::Reply(waiting)) if open => {
                *waiting = Some(waker.clone());
                self.send_tasks_or_call_pump();
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }

    /// What was replied.
    pub(crate) fn take_reply(&mut self, request: u64) -> Result<Replied> {
        match self.tables.calls.waiting.remove(&request) {
            Some(Waiting::Taking(replied)) => {
                self.handle(Event::CallTaken(request));
                Ok(replied)
            }
            Some(Waiting::Reply(_)) | None => Err(self.closed().unwrap_or_else(|| {
                Error::Closed("the reply of this call was taken already".into())
            })),
        }
    }

    /// Nobody waits for the reply any more. What has come of it is to be dropped without the lock.
    pub(crate) fn withdraw(&mut self, request: u64) -> Option<Replied> {
        let waiting = self.tables.calls.waiting.remove(&request)?;
        self.handle(Event::CallDropped(request));
        self.call_pump();
        match waiting {
            Waiting::Taking(replied) => Some(replied),
            Waiting::Reply(_) => None,
        }
    }
}
