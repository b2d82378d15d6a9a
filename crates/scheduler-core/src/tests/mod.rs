//! Tests of the machine through its one call, by what they are about.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod admission;
mod clients;
mod data;
mod data_calls;
mod extensions;
mod jobs;
mod lifecycle;
mod moving;
mod order;
mod placement;
mod properties;
mod recovery;
mod retries;
mod streams;
