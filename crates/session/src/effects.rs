//! What a session asks of its driver.

use taskloom_core::Time;

/// The numbers of a frame that goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Its number; 0 if it only acknowledges and must hold no message.
    pub seq: u64,
    /// What this side has handled.
    pub ack: u64,
}

/// How the other side broke the rules. Nothing can be sent or received after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A frame is missing.
    #[error("frame {got} came where frame {expected} was due: frames were lost")]
    Gap {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// A frame came again.
    #[error("frame {got} came again where frame {expected} was due")]
    Duplicate {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// A frame that was never sent was acknowledged.
    #[error("frame {got} was acknowledged, but the last one sent is {last}")]
    AckAhead {
        /// The last number sent.
        last: u64,
        /// The number acknowledged.
        got: u64,
    },
    /// More was sent than the window allows.
    #[error("far more than the window of {window} bytes was sent without waiting for credit")]
    Overrun {
        /// The window in bytes.
        window: u64,
    },
    /// A frame with messages but without a number.
    #[error("a frame holds messages but has no number")]
    Unnumbered,
}

/// What is to be done after an event. The driver clears it before each.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Effects {
    /// Send a frame with these numbers, and report it with [`crate::Event::Sent`] if its `seq` is
    /// not 0.
    pub send: Option<FrameHead>,
    /// Messages wait to be gathered with others: ask again with [`crate::Event::Room`] at this time,
    /// or when more has gathered than [`crate::Batching::bytes`].
    pub wait_until: Option<Time>,
    /// Ask the transport for room: there is something to send now that could not be sent before.
    pub want_room: bool,
    /// Hand the messages of the frame that arrived to the receiver, and report its number with
    /// [`crate::Event::Handled`].
    pub deliver: bool,
    /// End the session: the other side broke the rules.
    pub broken: Option<Broken>,
}

impl Effects {
    /// Makes it ready for the next event.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
