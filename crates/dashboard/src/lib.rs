//! The pages of a daemon and their data feeds, over plain HTTP/1 on an address of their own.
//!
//! What lives here: a thread that answers `GET /` (a list of what there is), `GET /metrics` (all
//! series, in the text format of Prometheus) and `GET /health` (whether the daemon's event loop
//! runs).
//!
//! What does not: what is counted (`taskloom-telemetry` and the shells), and any way to change
//! anything. Answers are made from snapshots on the thread of the pages; the daemon's own threads
//! are never asked, so no page can slow them down.

mod address;
mod error;
mod pages;
mod server;

pub use address::HttpAddress;
pub use error::DashboardError;
pub use server::{Dashboard, Subject};
