//! The decisions of the client, as a pure state machine.
//!
//! What lives here: [`ClientCore`], which is driven by one call,
//! [`handle`](ClientCore::handle)`(now, event, effects)`. It numbers tasks and interns what they
//! name, keeps the state of each future, decides from where a result is fetched and what to try
//! next when a holder does not have it, and keeps scattered data so that they can be supplied again.
//! [`Tasks`] collects tasks in columns, cut into the chunks in which they travel.
//!
//! What does not: IO, clocks, randomness, async, user values, wakers. The shell (`taskloom-client`)
//! does what the effects say and reports what became of it with further events.

mod config;
mod effects;
mod events;
mod intern;
pub mod limits;
mod slots;
mod state;
mod tasks;
mod transitions;

pub use config::Config;
pub use effects::{
    AnswerResult, Delivery, Effects, Ending, Fetch, FetchPart, Notice, Source, Upload,
};
pub use events::{Event, Fetched, NewTask, ScatterData, Uploaded};
pub use slots::Slots;
pub use state::{ClientCore, State};
pub use tasks::{Need, Parent, Tasks};
