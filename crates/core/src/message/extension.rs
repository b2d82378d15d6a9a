//! What clients and the extensions of the scheduler say to each other.

use crate::ids::Ticket;
use crate::key::Key;
use bytes::Bytes;

/// A call of an operation of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The client's number for the call. Calls with number 0 are not answered.
    pub request: u64,
    /// Which operation: an index into the list of the welcome.
    pub operation: u32,
    /// The message, in the extension's own words.
    pub payload: Bytes,
    /// Tasks that the message speaks of, in the order in which it counts them.
    pub futures: Vec<Ticket>,
}

/// A task that the scheduler hands to a client together with a message: from then on the client wants
/// it, under this ticket. Its state follows as with tasks of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The ticket; see [`Ticket::FIRST_GRANTED`].
    pub ticket: Ticket,
    /// The key of the task.
    pub key: Key,
}

/// A message of an extension to a client.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Parcel {
    /// The message, in the extension's own words.
    pub payload: Bytes,
    /// The tasks that it speaks of, in the order in which it counts them.
    pub futures: Vec<Grant>,
}
