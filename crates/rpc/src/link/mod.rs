//! One end of a session: messages go into an [`Outbox`] and come out of an [`Inbox`].

/// Where messages for the other side go. Cheap to clone; the stream ends in order when the last
/// clone is dropped or [`Outbox::close`] is called.
pub struct Outbox<M>(std::sync::Arc<M>);

impl<M> Clone for Outbox<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> Outbox<M> {
    /// Queues a message. Never blocks; messages for a link that has ended are dropped.
    pub fn push(&self, _message: M) {
        todo!()
    }

    /// Queues messages in their order, with one lock and at most one wake-up.
    pub fn push_all(&self, _messages: Vec<M>) {
        todo!()
    }

    /// Bytes that are queued and not yet handed to the transport, roughly.
    pub fn queued_bytes(&self) -> u64 {
        todo!()
    }

    /// Ends this direction after everything queued was sent.
    pub fn close(&self) {
        todo!()
    }

    /// Whether nothing can be sent any more.
    pub fn is_closed(&self) -> bool {
        todo!()
    }
}

/// Where the messages of the other side come from.
pub struct Inbox<M>(std::marker::PhantomData<fn() -> M>);

impl<M> Inbox<M> {
    /// The next batch; `None` when the other side closed in order. Safe to cancel.
    ///
    /// # Errors
    /// When the link broke, or the other side broke the protocol or said why it ends the call.
    pub async fn next(&mut self) -> Result<Option<Batch<M>>, LinkError> {
        todo!()
    }
}

/// The messages of one frame.
pub struct Batch<M> {
    /// In the order in which they were said.
    pub messages: Vec<M>,
    /// To be dropped when they have been handled: it acknowledges them, which is the sender's credit.
    pub handled: Handled,
}

/// Acknowledges a frame when it is dropped.
pub struct Handled(());

impl Handled {
    /// Acknowledges now.
    pub fn done(self) {}
}

/// Why a link ended out of order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The connection is gone.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The other side ended the call, and why.
    #[error("the other side ended the session: {0}")]
    Ended(String),
    /// What arrived is not the protocol.
    #[error("the other side broke the protocol: {0}")]
    Protocol(String),
}
