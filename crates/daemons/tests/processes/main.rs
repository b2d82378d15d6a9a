//! The binaries as processes: what they print, how they start and how they end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod crowded;
#[allow(dead_code)] // What these tests do not use, the others do.
mod daemon;
mod ending;
mod pages;
mod starting;
mod tool;
mod wrong_input;
