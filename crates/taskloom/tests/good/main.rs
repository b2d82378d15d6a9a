//! Tasks, calls and actors as they are written in a crate that knows `taskloom` and not the crates
//! below it. That they compile is most of what is tested.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod calls;
mod forms;
mod futures;
