//! One stream between two parties as a pure machine.
//!
//! What lives here: [`Session`], which numbers the frames that go out, checks the numbers of those
//! that come in, acknowledges what was handled, says when a sender must stop because the other
//! side has too much unhandled (`credit`), and when it should gather messages first ([`Batching`]). It is driven by events and answers with effects.
//!
//! What does not: messages themselves, IO, clocks, reconnecting. `taskloom-rpc` drives it.

mod batching;
mod effects;
mod events;
mod state;

pub use batching::Batching;
pub use effects::{Broken, Effects, FrameHead};
pub use events::Event;
pub use state::{Session, Terms};
