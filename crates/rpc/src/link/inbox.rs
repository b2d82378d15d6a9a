//! The receiving half of a link.

use super::frame::{Frame, Spoken};
use super::shared::{Control, Received};
use std::error::Error as _;
use std::future::poll_fn;
use std::sync::Arc;
use taskloom_session::{Broken, FrameHead};
use tonic::{Code, Status, Streaming};

/// Where the messages of the other side come from.
pub struct Inbox<M: Spoken> {
    incoming: Streaming<M::Frame>,
    control: Arc<dyn Control>,
    /// How many messages were of a kind that is not known here.
    unknown: u64,
    /// Nothing is read while more than this is given out and not handled.
    open_max: u64,
    /// Whether that was so after the last frame.
    full: bool,
    ended: Option<Result<(), LinkError>>,
}

/// What a message of an unknown kind is taken to weigh: its content is gone when it is noticed.
const UNKNOWN_BYTES: u64 = 8;

/// The messages of one frame.
pub struct Batch<M> {
    /// In the order in which they were said.
    pub messages: Vec<M>,
    /// What they weigh: about their size on the wire.
    pub bytes: u64,
    /// How many messages were skipped, because they are of a kind that this release does not know.
    pub unknown: u64,
    /// To be dropped when they have been handled: it acknowledges them, which is the sender's credit.
    pub handled: Handled,
}

/// Acknowledges a frame when it is dropped.
pub struct Handled {
    control: Arc<dyn Control>,
    seq: u64,
}

impl Handled {
    /// Acknowledges now.
    pub fn done(self) {}
}

impl Drop for Handled {
    fn drop(&mut self) {
        self.control.handled(self.seq);
    }
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

impl<M: Spoken> Inbox<M> {
    pub(super) fn new(incoming: Streaming<M::Frame>, control: Arc<dyn Control>) -> Self {
        Self {
            incoming,
            control,
            unknown: 0,
            open_max: u64::MAX,
            full: false,
            ended: None,
        }
    }

    /// Lets the next batch wait while more bytes than this were given out and not handled. The other
    /// side may have more on its way, up to the window; it waits in the transport then.
    pub fn set_open_max(&mut self, bytes: u64) {
        self.open_max = bytes;
    }

    /// The next batch; `None` when the other side closed in order. Safe to cancel. After the end it
    /// keeps giving the same answer.
    ///
    /// # Errors
    /// When the link broke, or the other side broke the protocol or said why it ends the call.
    pub async fn next(&mut self) -> Result<Option<Batch<M>>, LinkError> {
        loop {
            if let Some(ended) = &self.ended {
                return ended.clone().map(|()| None);
            }
            if self.full {
                poll_fn(|cx| self.control.poll_open(self.open_max, cx)).await;
                self.full = false;
            }
            match self.incoming.message().await {
                Ok(Some(frame)) => match self.take(frame) {
                    Ok(Some(batch)) => return Ok(Some(batch)),
                    Ok(None) => {}
                    Err((status, error)) => {
                        self.control.abort(status);
                        self.ended = Some(Err(error));
                    }
                },
                Ok(None) => self.ended = Some(Ok(())),
                Err(status) => {
                    let error = LinkError::from_status(&status);
                    if let LinkError::Protocol(words) = &error {
                        // The other side sent what cannot be read; it shall know why this ends.
                        self.control.abort(Status::new(status.code(), words));
                    }
                    self.ended = Some(Err(error));
                }
            }
        }
    }

    /// How many messages were skipped because they are of a kind that this release does not know.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// The batch of a frame; `None` if it only acknowledges.
    fn take(&mut self, frame: M::Frame) -> Result<Option<Batch<M>>, (Status, LinkError)> {
        let (FrameHead { seq, ack }, protos) = frame.take();
        let unknown_before = self.unknown;
        let mut bytes = 0;
        let mut messages = Vec::with_capacity(protos.len());
        for proto in protos {
            if M::is_unknown(&proto) {
                if self.unknown == 0 {
                    tracing::warn!(
                        message = std::any::type_name::<M>(),
                        "skipped a message of a kind that this release does not know; others like \
                         it on this session are skipped without a word"
                    );
                }
                self.unknown += 1;
                bytes += UNKNOWN_BYTES;
                continue;
            }
            let message = M::from_proto(proto).map_err(|error| {
                let words = error.to_string();
                (Status::invalid_argument(&words), LinkError::Protocol(words))
            })?;
            bytes += message.weight() as u64;
            messages.push(message);
        }
        let Received {
            deliver,
            open_bytes,
        } = self
            .control
            .received(FrameHead { seq, ack }, bytes)
            .map_err(|broken| {
                let words = broken.to_string();
                let status = match broken {
                    Broken::Gap { .. } => Status::data_loss(&words),
                    _ => Status::invalid_argument(&words),
                };
                (status, LinkError::Protocol(words))
            })?;
        self.full = open_bytes > self.open_max;
        let handled = || Handled {
            control: self.control.clone(),
            seq,
        };
        Ok(deliver.then(|| Batch {
            messages,
            bytes,
            unknown: self.unknown - unknown_before,
            handled: handled(),
        }))
    }
}

impl LinkError {
    /// What a status means for a link: the transport's own errors have a cause, those that the other
    /// side sent have words only.
    pub(crate) fn from_status(status: &Status) -> Self {
        let words = || match status.message() {
            "" => status.code().description().to_owned(),
            words => words.to_owned(),
        };
        match status.code() {
            _ if status.source().is_some() => Self::Broken(crate::cause::words(status)),
            Code::Cancelled | Code::Unknown => Self::Broken(words()),
            Code::InvalidArgument | Code::DataLoss | Code::Internal | Code::OutOfRange => {
                Self::Protocol(words())
            }
            _ => Self::Ended(words()),
        }
    }
}
