//! One end of a session: messages go into an [`Outbox`] and come out of an [`Inbox`].
//!
//! The two share a queue and the machine of `taskloom-session` behind one lock. The transport pulls
//! frames out of the queue when it has room, so what is pushed while it is busy leaves as one frame;
//! a push wakes it only if it waits.

mod frame;
mod inbox;
mod outbox;
mod shared;

pub use frame::Spoken;
pub use inbox::{Batch, Handled, Inbox, LinkError};
pub use outbox::{Backlog, Outbox};
pub use taskloom_session::Batching;

pub(crate) use outbox::Outgoing;
pub(crate) use shared::Slot;
