//! Extensions: what is not scheduling, driven by the scheduler.
//!
//! Here: the trait and its words. `host.rs` keeps the extensions of a scheduler, carries out what
//! they decide and contains their panics.

mod calls;
mod effects;
mod events;
mod holds;
mod host;

pub(crate) use calls::OpenCall;
pub use effects::{ExtensionEffect, ExtensionEffects};
pub use events::{CallId, Called, ExtensionEvent, TaskEnd};
pub(crate) use holds::HOLDER;
pub(crate) use host::Host;
pub use host::{ExtensionError, ExtensionFault};

use taskloom_core::Time;

/// Which tasks an extension hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// Those that it holds.
    Held,
    /// All of them.
    All,
}

/// Something that runs beside scheduling, on the scheduler's own thread: a channel, a lock, a
/// service of the user's. It is a machine as the scheduler itself is: everything that happens to it
/// comes in as an event, everything it wants done goes out as an effect, and it has no clock, no IO
/// and no randomness of its own.
///
/// It must be quick: the scheduler waits for it. A panic in [`Extension::handle`] is caught: what the
/// extension had decided in that call is dropped, the caller gets an error that names the extension,
/// and both go on. What it wants that cannot be, such as letting go of what it does not hold, is
/// passed over and logged.
pub trait Extension: Send {
    /// Its name, such as `channel`.
    fn name(&self) -> &'static str;

    /// The names of its operations, such as `channel.append`; no other extension may have them. The
    /// events name them by their index here. Pushes go out under them too.
    fn operations(&self) -> &'static [&'static str];

    /// Which tasks it wants to hear of. Asked once.
    fn hears(&self) -> Hears {
        Hears::Held
    }

    /// Whether the extension wants to hear that the reply to a call of this operation has reached
    /// whoever waited for it: with [`ExtensionEvent::Received`] if it has, with
    /// [`ExtensionEvent::Withdrawn`] if it has not. Asked for each reply.
    fn confirmed(&self, _operation: usize) -> bool {
        false
    }

    /// Takes in an event.
    fn handle(&mut self, now: Time, event: ExtensionEvent, effects: &mut ExtensionEffects);

    /// How much it keeps: channels, locks, waiting calls, whatever its tables have rows of. For
    /// people who look for leaks: when nobody uses the extension, it should be zero.
    fn rows(&self) -> usize {
        0
    }

    /// When [`ExtensionEvent::Tick`] is due. Asked after each event.
    fn next_deadline(&self) -> Option<Time> {
        None
    }
}
