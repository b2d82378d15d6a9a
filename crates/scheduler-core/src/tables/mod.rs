//! Arenas and indexes, made so that a task costs no allocation of its own.

mod arena;
mod blocks;
mod keys;
mod lists;
mod slots;
mod table;
mod tickets;
mod wants;

pub(crate) use arena::Arena;
pub(crate) use blocks::{Blocks, Place};
pub(crate) use keys::{KeyIndex, WARMED};
pub(crate) use lists::{List, Lists};
pub(crate) use slots::{SlotMap, SlotSet};
pub(crate) use table::Table;
pub(crate) use tickets::{TicketEntry, Tickets};
pub(crate) use wants::{DETACHED, Want, WantList, Wants};
