//! The sending half of a link.

use super::frame::Spoken;
use super::shared::{Pull, Shared, frame};
use futures::Stream;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use taskloom_session::Batching;
use taskloom_wire::Wire;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;

/// Where messages for the other side go. Cheap to clone; the stream ends in order when the last
/// clone is dropped or [`Outbox::close`] is called.
pub struct Outbox<M: Wire>(Arc<Sender<M>>);

/// Closes the link when the last clone of the outbox is gone.
struct Sender<M: Wire>(Arc<Shared<M>>);

impl<M: Wire> Drop for Sender<M> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<M: Wire> Clone for Outbox<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M: Wire> Outbox<M> {
    pub(super) fn new(shared: Arc<Shared<M>>) -> Self {
        Self(Arc::new(Sender(shared)))
    }

    /// Queues a message. Never blocks; messages for a link that has ended are dropped.
    pub fn push(&self, message: M) {
        self.0.0.push([message]);
    }

    /// Queues messages in their order, with one lock and at most one wake-up. Returns about how many
    /// bytes they are.
    pub fn push_all(&self, messages: Vec<M>) -> u64 {
        if messages.is_empty() {
            return 0;
        }
        self.0.0.push(messages)
    }

    /// Sets how messages are gathered into frames from now on.
    pub fn set_batching(&self, batching: Batching) {
        self.0.0.set_batching(batching);
    }

    /// Bytes that are queued and not yet handed to the transport, roughly.
    pub fn queued_bytes(&self) -> u64 {
        self.0.0.queued_bytes()
    }

    /// A view on how much is queued, which does not keep the link open.
    pub fn backlog(&self) -> Backlog<M> {
        Backlog(self.0.0.clone())
    }

    /// Waits until at most this many bytes are queued, or the connection is gone. Safe to cancel.
    pub async fn room(&self, most: u64) {
        self.0.0.room(most).await;
    }

    /// Ends this direction after everything queued was sent.
    pub fn close(&self) {
        self.0.0.close();
    }

    /// [`Outbox::close`], after which the other side is told why. Only the side that accepted the
    /// session can tell.
    pub fn close_because(&self, reason: &str) {
        self.0.0.close_with(Status::aborted(reason));
    }

    /// Ends the session at once, for a peer that does not read: what is queued is dropped, and the
    /// reason is what it finds if it reads after all. Only the side that accepted the session can
    /// tell.
    pub fn cut(&self, reason: &str) {
        self.0.0.cut(Status::resource_exhausted(reason));
    }

    /// Whether nothing can be queued any more, because it was closed or the connection is gone.
    pub fn is_closed(&self) -> bool {
        self.0.0.is_closed()
    }
}

/// How much is queued in an [`Outbox`], for those who say nothing.
pub struct Backlog<M: Wire>(Arc<Shared<M>>);

impl<M: Wire> Backlog<M> {
    /// See [`Outbox::queued_bytes`].
    pub fn queued_bytes(&self) -> u64 {
        self.0.queued_bytes()
    }

    /// See [`Outbox::room`].
    pub async fn room(&self, most: u64) {
        self.0.room(most).await;
    }
}

/// The stream of frames that the transport pulls from.
pub struct Outgoing<M: Spoken> {
    shared: Arc<Shared<M>>,
    first: Option<M::Frame>,
    /// Rings when enough time was given to gather messages. Made once it is needed.
    clock: Option<Pin<Box<Sleep>>>,
    ended: bool,
}

impl<M: Spoken> Outgoing<M> {
    pub(super) fn new(shared: Arc<Shared<M>>, first: M::Frame) -> Self {
        Self {
            shared,
            first: Some(first),
            clock: None,
            ended: false,
        }
    }

    /// The next frame, or how the stream ends.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<M::Frame, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        loop {
            return Poll::Ready(match ready!(self.shared.pull(cx)) {
                Pull::Send(head, messages) => Some(Ok(frame(head, messages))),
                Pull::Gather(until) => {
                    ready!(self.poll_clock(until, cx));
                    continue;
                }
                Pull::End(status) => {
                    self.ended = true;
                    status.map(Err)
                }
            });
        }
    }

    fn poll_clock(&mut self, until: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self
            .clock
            .get_or_insert_with(|| Box::pin(sleep_until(until)));
        if clock.deadline() != until {
            clock.as_mut().reset(until);
        }
        clock.as_mut().poll(cx)
    }

    /// The frames alone, for a client's end, which cannot say why it goes.
    pub(crate) fn frames(self) -> Frames<M> {
        Frames(self)
    }
}

impl<M: Spoken> Unpin for Outgoing<M> {}

impl<M: Spoken> Stream for Outgoing<M> {
    type Item = Result<M::Frame, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_frame(cx)
    }
}

impl<M: Spoken> Drop for Outgoing<M> {
    fn drop(&mut self) {
        self.shared.transport_gone();
    }
}

/// [`Outgoing`] without words at the end.
pub(crate) struct Frames<M: Spoken>(Outgoing<M>);

impl<M: Spoken> Stream for Frames<M> {
    type Item = M::Frame;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0
            .poll_frame(cx)
            .map(|frame| frame.and_then(Result::ok))
    }
}
