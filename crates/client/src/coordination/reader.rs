//! Readers of what the scheduler sends in a row: of channels and topics.
//!
//! The scheduler sends a reader no more than it has room for, so that one that is not read for a
//! while costs no memory here. Room is given back in portions as it is read.

use crate::{Client, Error, Result};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use taskloom_extensions::{Ended, MoreRequest, Operation};

/// How many elements may be on their way to a reader and in it.
pub(super) const ROOM: u32 = 512;

/// The readers of one kind of a session.
pub(super) struct Readers<E> {
    last: AtomicU64,
    inboxes: Mutex<FxHashMap<u64, Arc<Inbox<E>>>>,
}

/// What came to one reader.
pub(super) struct Inbox<E> {
    /// What it reads, in words.
    what: String,
    state: Mutex<State<E>>,
}

struct State<E> {
    came: VecDeque<E>,
    /// The number of the next element that comes; none before the first.
    next: Option<u64>,
    /// How many elements were gone before there was room for them.
    missed: u64,
    /// Nothing else comes.
    ended: bool,
    /// Why, if it was to go on.
    error: Option<Error>,
    waker: Option<Waker>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing in there can panic half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<E> Default for Readers<E> {
    fn default() -> Self {
        Self {
            last: AtomicU64::new(0),
            inboxes: Mutex::default(),
        }
    }
}

impl<E> Readers<E> {
    fn add(&self, what: String) -> (u64, Arc<Inbox<E>>) {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let inbox = Arc::new(Inbox {
            what,
            state: Mutex::new(State {
                came: VecDeque::new(),
                next: None,
                missed: 0,
                ended: false,
                error: None,
                waker: None,
            }),
        });
        lock(&self.inboxes).insert(number, inbox.clone());
        (number, inbox)
    }

    /// Elements came. Those of a reader that has left are dropped.
    pub(super) fn came(
        &self,
        reader: u64,
        first: u64,
        elements: impl Iterator<Item = E>,
        ended: Option<Ended>,
    ) {
        let Some(inbox) = lock(&self.inboxes).get(&reader).cloned() else {
            return;
        };
        let mut state = lock(&inbox.state);
        let before = state.came.len();
        state.came.extend(elements);
        let count = (state.came.len() - before) as u64;
        if count > 0 {
            let next = state.next.unwrap_or(first);
            state.missed += first.saturating_sub(next);
            state.next = Some(first + count);
        }
        state.ended |= ended.is_some();
        state.error = match ended {
            None | Some(Ended::Stopped) => None,
            Some(Ended::Deleted) => Some(Error::Refused(format!("{} was deleted", inbox.what))),
            Some(Ended::Refused(why)) => Some(Error::Refused(why)),
        };
        state.wake();
    }

    /// The session has ended.
    pub(super) fn closed(&self, why: &str) {
        for inbox in lock(&self.inboxes).values() {
            let mut state = lock(&inbox.state);
            if !state.ended {
                state.fail(Error::Closed(why.into()));
            }
        }
    }
}

impl<E> State<E> {
    fn fail(&mut self, error: Error) {
        self.ended = true;
        self.error = Some(error);
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// One reader.
pub(super) struct Reader<E> {
    readers: Arc<dyn Registry<E>>,
    client: Client,
    number: u64,
    inbox: Arc<Inbox<E>>,
    room: u32,
    /// How many elements were taken since room was given back.
    taken: u32,
    more: fn(&Client, MoreRequest),
    leave: fn(&Client, u64),
}

/// Whatever has [`Readers`].
pub(super) trait Registry<E>: Send + Sync {
    /// The readers.
    fn readers(&self) -> &Readers<E>;
}

impl<E> Reader<E> {
    /// A reader with room for this much. `M` and `L` are the operations that give back room and
    /// leave.
    pub(super) fn new<M, L>(
        client: Client,
        readers: Arc<dyn Registry<E>>,
        what: String,
        room: u32,
    ) -> Self
    where
        M: Operation<Request = MoreRequest>,
        L: Operation<Request = u64>,
    {
        let (number, inbox) = readers.readers().add(what);
        Self {
            readers,
            client,
            number,
            inbox,
            room,
            taken: 0,
            // A session that has ended needs neither.
            more: |client, request| drop(client.call::<M>(request).send()),
            leave: |client, number| drop(client.call::<L>(number).send()),
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn room(&self) -> u32 {
        self.room
    }

    /// How many elements were gone before this reader had room for them.
    pub(super) fn missed(&self) -> u64 {
        lock(&self.inbox.state).missed
    }

    /// It could not even begin.
    pub(super) fn fail(&self, error: Error) {
        lock(&self.inbox.state).fail(error);
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<E>>> {
        let polled = {
            let mut state = lock(&self.inbox.state);
            match state.came.pop_front() {
                Some(element) => Poll::Ready(Some(Ok(element))),
                None if state.ended => Poll::Ready(state.error.take().map(Err)),
                None => {
                    state.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        };
        if matches!(polled, Poll::Ready(Some(Ok(_)))) {
            self.taken += 1;
            if self.taken * 2 >= self.room {
                let (reader, room) = (self.number, std::mem::take(&mut self.taken));
                (self.more)(&self.client, MoreRequest { reader, room });
            }
        }
        polled
    }
}

impl<E> Drop for Reader<E> {
    fn drop(&mut self) {
        // What it has not read may be the last handle of a future: it is dropped without the lock.
        let inbox = lock(&self.readers.readers().inboxes).remove(&self.number);
        let ended = lock(&self.inbox.state).ended;
        drop(inbox);
        if !ended {
            (self.leave)(&self.client, self.number);
        }
    }
}
