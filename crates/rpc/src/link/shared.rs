//! What the two directions of a link share: the queue, the machine and the transport's waker.

use super::frame::{Frame, Spoken};
use super::inbox::Inbox;
use super::outbox::{Outbox, Outgoing};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use taskloom_core::Time;
use taskloom_core::limits::BATCH_BYTES;
use taskloom_session::{Batching, Broken, Effects, Event, FrameHead, Session, Terms};
use taskloom_wire::Wire;
use tokio::sync::Notify;
use tokio::time::Instant;
use tonic::{Status, Streaming};

/// A link in the making: both directions begin at different moments of the opening.
pub(crate) struct Slot<Out: Spoken>(Arc<Shared<Out>>);

impl<Out: Spoken> Slot<Out> {
    /// A link on these terms. With a send window of 0 nothing is sent before [`Slot::agree`].
    pub(crate) fn new(terms: Terms) -> Self {
        Self(Arc::new(Shared::new(terms)))
    }

    /// The other side said what may be unacknowledged towards it.
    pub(crate) fn agree(&self, send_window: u64) {
        self.0.agree(send_window);
    }

    /// The stream that the transport pulls from. The first frame goes before all others and is not
    /// counted.
    pub(crate) fn outgoing(&self, first: Out::Frame) -> Outgoing<Out> {
        Outgoing::new(self.0.clone(), first)
    }

    /// The sending half. To be called once: dropping it closes the link.
    pub(crate) fn outbox(&self) -> Outbox<Out> {
        Outbox::new(self.0.clone())
    }

    /// The receiving half.
    pub(crate) fn inbox<In: Spoken>(&self, incoming: Streaming<In::Frame>) -> Inbox<In> {
        Inbox::new(incoming, self.0.clone())
    }
}

/// The part of a link that does not depend on what it says: what an inbox needs of it.
pub(super) trait Control: Send + Sync {
    /// A frame arrived.
    fn received(&self, head: FrameHead, bytes: u64) -> Result<Received, Broken>;
    /// Waits until at most this much is delivered and not handled.
    fn poll_open(&self, most: u64, cx: &mut Context<'_>) -> Poll<()>;
    /// The messages of a frame were handled.
    fn handled(&self, seq: u64);
    /// Nothing more can be said: the transport is to end the call with this.
    fn abort(&self, status: Status);
}

/// What became of a frame that arrived.
pub(super) struct Received {
    /// Its messages are to be delivered.
    pub(super) deliver: bool,
    /// What is then delivered and not handled, in bytes.
    pub(super) open_bytes: u64,
}

/// See the module.
pub(super) struct Shared<M> {
    start: Instant,
    state: Mutex<State<M>>,
    /// Calls those who wait for the queue to become shorter.
    shorter: Notify,
}

struct State<M> {
    session: Session,
    effects: Effects,
    queue: VecDeque<M>,
    queued_bytes: u64,
    /// The transport, while it waits for something to send.
    waiting: Option<Waker>,
    /// It waits for more to gather, until a time that it knows.
    gathering: bool,
    /// The inbox, while too much of what it gave out is not handled.
    full: Option<Waker>,
    /// Nothing more is accepted; what is queued still goes out.
    closing: bool,
    /// The transport is gone.
    gone: bool,
    /// The transport is to end the call with this at once.
    abort: Option<Status>,
    /// The transport is to end the call with this when all is sent.
    farewell: Option<Status>,
}

/// What the transport is to do.
pub(super) enum Pull<M> {
    /// Send a frame with these messages.
    Send(FrameHead, VecDeque<M>),
    /// Wait until it is woken, or until then.
    Gather(Instant),
    /// End the stream.
    End(Option<Status>),
}

impl<M: Wire> Shared<M> {
    pub(super) fn new(terms: Terms) -> Self {
        let state = State {
            session: Session::new(Time::ZERO, terms),
            effects: Effects::default(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            waiting: None,
            gathering: false,
            full: None,
            closing: false,
            gone: false,
            abort: None,
            farewell: None,
        };
        Self {
            start: Instant::now(),
            state: Mutex::new(state),
            shorter: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<M>> {
        // Nothing in here can leave the state half-changed, so a panic elsewhere does not matter.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    fn agree(&self, send_window: u64) {
        let now = self.now();
        let waker = {
            let mut guard = self.lock();
            let state = &mut *guard;
            state.effects.clear();
            state
                .session
                .handle(now, Event::Agreed { send_window }, &mut state.effects);
            state.waiting.take()
        };
        wake(waker);
    }

    /// Queues messages and says how many bytes they are; wakes the transport if it waits.
    pub(super) fn push(&self, messages: impl IntoIterator<Item = M>) -> u64 {
        let mut bytes = 0;
        let waker = {
            let mut state = self.lock();
            if state.closing || state.gone {
                return 0;
            }
            for message in messages {
                bytes += message.weight() as u64;
                state.queue.push_back(message);
            }
            state.queued_bytes += bytes;
            // Who gathers is woken by its clock, or when enough has gathered.
            let gathers = state.gathering && state.queued_bytes <= state.session.batching().bytes;
            if gathers { None } else { state.waiting.take() }
        };
        wake(waker);
        bytes
    }

    pub(super) fn queued_bytes(&self) -> u64 {
        self.lock().queued_bytes
    }

    /// Waits until at most this many bytes are queued, or the transport is gone.
    pub(super) async fn room(&self, most: u64) {
        loop {
            let shorter = self.shorter.notified();
            let mut shorter = std::pin::pin!(shorter);
            shorter.as_mut().enable();
            {
                let state = self.lock();
                if state.gone || state.queued_bytes <= most {
                    return;
                }
            }
            shorter.await;
        }
    }

    pub(super) fn close(&self) {
        let waker = {
            let mut state = self.lock();
            state.closing = true;
            state.waiting.take()
        };
        wake(waker);
    }

    /// [`Shared::close`] with words for the other side.
    pub(super) fn close_with(&self, farewell: Status) {
        self.lock().farewell.get_or_insert(farewell);
        self.close();
    }

    /// Ends the call at once. What is queued is dropped.
    pub(super) fn cut(&self, status: Status) {
        let dropped = {
            let mut state = self.lock();
            state.queued_bytes = 0;
            std::mem::take(&mut state.queue)
        };
        self.abort(status);
        self.shorter.notify_waiters();
        drop(dropped);
    }

    pub(super) fn is_closed(&self) -> bool {
        let state = self.lock();
        state.closing || state.gone
    }

    /// The transport has room.
    pub(super) fn pull(&self, cx: &mut Context<'_>) -> Poll<Pull<M>> {
        let now = self.now();
        let mut guard = self.lock();
        let state = &mut *guard;
        if let Some(status) = state.abort.take() {
            return Poll::Ready(Pull::End(Some(status)));
        }
        let queued = match state.queue.is_empty() {
            true => 0,
            false => state.queued_bytes.max(1),
        };
        let last = state.closing;
        state.effects.clear();
        let room = Event::Room { queued, last };
        state.session.handle(now, room, &mut state.effects);
        state.gathering = false;
        if let Some(head) = state.effects.send.take() {
            let mut batch = VecDeque::new();
            if head.seq != 0 {
                let (messages, bytes) = state.take_batch();
                batch = messages;
                let sent = Event::Sent {
                    seq: head.seq,
                    bytes,
                };
                state.session.handle(now, sent, &mut state.effects);
                drop(guard);
                self.shorter.notify_waiters();
            }
            return Poll::Ready(Pull::Send(head, batch));
        }
        if state.closing && queued == 0 {
            return Poll::Ready(Pull::End(state.farewell.take()));
        }
        if !state
            .waiting
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            state.waiting = Some(cx.waker().clone());
        }
        match state.effects.wait_until {
            Some(until) => {
                state.gathering = true;
                Poll::Ready(Pull::Gather(self.start + until.since(Time::ZERO)))
            }
            None => Poll::Pending,
        }
    }

    pub(super) fn set_batching(&self, batching: Batching) {
        self.lock().session.set_batching(batching);
    }

    /// The transport dropped the stream: nothing can be sent any more.
    pub(super) fn transport_gone(&self) {
        let dropped = {
            let mut state = self.lock();
            state.gone = true;
            state.queued_bytes = 0;
            std::mem::take(&mut state.queue)
        };
        self.shorter.notify_waiters();
        // Messages may own large values; they are dropped without the lock.
        drop(dropped);
    }
}

impl<M: Wire> State<M> {
    /// The front of the queue, at least one message and else at most [`BATCH_BYTES`].
    fn take_batch(&mut self) -> (VecDeque<M>, u64) {
        if self.queued_bytes <= BATCH_BYTES as u64 {
            let bytes = std::mem::take(&mut self.queued_bytes);
            return (std::mem::take(&mut self.queue), bytes);
        }
        let mut batch = VecDeque::new();
        let mut bytes = 0;
        while let Some(next) = self.queue.front() {
            let weight = next.weight() as u64;
            if !batch.is_empty() && bytes + weight > BATCH_BYTES as u64 {
                break;
            }
            bytes += weight;
            batch.extend(self.queue.pop_front());
        }
        self.queued_bytes = self.queued_bytes.saturating_sub(bytes);
        (batch, bytes)
    }
}

impl<M: Wire> Control for Shared<M> {
    fn received(&self, head: FrameHead, bytes: u64) -> Result<Received, Broken> {
        let now = self.now();
        let (received, waker) = {
            let mut guard = self.lock();
            let state = &mut *guard;
            state.effects.clear();
            let event = Event::Received {
                seq: head.seq,
                ack: head.ack,
                bytes,
            };
            state.session.handle(now, event, &mut state.effects);
            if let Some(broken) = state.effects.broken {
                return Err(broken);
            }
            let wanted = state.effects.want_room && !state.queue.is_empty();
            let received = Received {
                deliver: state.effects.deliver,
                open_bytes: state.session.open_bytes(),
            };
            (received, wanted.then(|| state.waiting.take()).flatten())
        };
        wake(waker);
        Ok(received)
    }

    fn poll_open(&self, most: u64, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.session.open_bytes() <= most {
            return Poll::Ready(());
        }
        state.full = Some(cx.waker().clone());
        Poll::Pending
    }

    fn handled(&self, seq: u64) {
        let now = self.now();
        let (waker, full) = {
            let mut guard = self.lock();
            let state = &mut *guard;
            state.effects.clear();
            state
                .session
                .handle(now, Event::Handled { seq }, &mut state.effects);
            let waker = state
                .effects
                .want_room
                .then(|| state.waiting.take())
                .flatten();
            (waker, state.full.take())
        };
        wake(waker);
        wake(full);
    }

    fn abort(&self, status: Status) {
        let waker = {
            let mut state = self.lock();
            state.abort = Some(status);
            state.closing = true;
            state.waiting.take()
        };
        wake(waker);
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// A frame of messages.
pub(super) fn frame<M: Spoken>(head: FrameHead, messages: VecDeque<M>) -> M::Frame {
    M::Frame::new(head, messages.into_iter().map(Wire::into_proto).collect())
}
