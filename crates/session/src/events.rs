//! What can happen to a session.

/// An event of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The other side said what this side may have unacknowledged. Until then nothing is sent if the
    /// session began with a window of 0.
    Agreed {
        /// The window in bytes.
        send_window: u64,
    },
    /// The transport can take a frame.
    Room {
        /// What the messages weigh that wait to be sent; 0 if there are none.
        queued: u64,
        /// Nothing follows them, so there is nothing to gather for.
        last: bool,
    },
    /// The frame that [`crate::Effects::send`] asked for was filled.
    Sent {
        /// Its number.
        seq: u64,
        /// What its messages weigh.
        bytes: u64,
    },
    /// A frame arrived.
    Received {
        /// Its number; 0 for one that only acknowledges.
        seq: u64,
        /// What the other side has handled.
        ack: u64,
        /// What its messages weigh.
        bytes: u64,
    },
    /// The messages of this frame were handled completely.
    Handled {
        /// Its number.
        seq: u64,
    },
}
