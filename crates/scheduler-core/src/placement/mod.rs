//! Who runs what.
//!
//! Tasks that became ready are queued in `queue_ready.rs`: those with inputs at the worker where
//! they would end first, the others in the shared queue of their job and class. `fill.rs` gives
//! workers what they have room for, at the end of each turn; `balance.rs` takes back what a worker
//! has in hand while others idle. `give.rs` makes the dispatch itself, and
//! `ahead.rs` sends tasks along whose inputs are being made on the same worker. `ranks.rs` keeps the
//! workers in order, so that none of this looks at all of them. `length.rs`, `reach.rs` and `room.rs`
//! say how far ahead of its threads a worker is filled, and `lag.rs` when it has stalled.

mod ahead;
mod balance;
mod bring;
mod fill;
mod gather;
mod give;
mod lag;
mod length;
mod queue_ready;
mod rank;
mod ranks;
mod reach;
mod room;
mod traffic;

pub(crate) use gather::Homes;
pub(crate) use lag::Lag;
pub(crate) use length::Length;
pub(crate) use ranks::{Listed, WorkerRanks};
pub(crate) use reach::Reach;
pub(crate) use traffic::Traffic;
