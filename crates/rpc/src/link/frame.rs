//! The four frames of the protocol as one shape.

use taskloom_core::message::{FromClient, FromWorker, ToClient, ToWorker};
use taskloom_session::FrameHead;
use taskloom_wire::{Wire, proto};

/// A frame of a session.
pub(crate) trait Frame: prost::Message + Default + 'static {
    /// The messages it carries.
    type Message: Wire;

    /// A frame of these messages.
    fn new(head: FrameHead, messages: Vec<<Self::Message as Wire>::Proto>) -> Self;

    /// What the machine of the session reads, and the messages.
    fn take(self) -> (FrameHead, Vec<<Self::Message as Wire>::Proto>);
}

/// A word that is spoken on a session, with the frame that carries it.
#[allow(private_bounds)] // The frame is nobody's business but this crate's.
pub trait Spoken: Wire {
    /// The generated frame.
    #[doc(hidden)]
    type Frame: Frame<Message = Self>;
}

macro_rules! frames {
    ($($frame:ident carries $message:ident,)+) => {$(
        impl Frame for proto::$frame {
            type Message = $message;

            fn new(head: FrameHead, messages: Vec<proto::$message>) -> Self {
                Self { seq: head.seq, ack: head.ack, messages, ..Default::default() }
            }

            fn take(self) -> (FrameHead, Vec<proto::$message>) {
                (FrameHead { seq: self.seq, ack: self.ack }, self.messages)
            }
        }

        impl Spoken for $message {
            type Frame = proto::$frame;
        }
    )+};
}

frames! {
    WorkerFrame carries FromWorker,
    WorkerReplyFrame carries ToWorker,
    ClientFrame carries FromClient,
    ClientReplyFrame carries ToClient,
}
