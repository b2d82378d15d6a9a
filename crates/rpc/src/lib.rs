//! Connections between the parties: sessions as links, the bulk data path, listening and serving.
//!
//! What lives here: [`SchedulerAddress`]; [`link`], one end of a session that drives the machine of
//! `taskloom-session` over a gRPC stream; [`connect_worker`] and [`connect_client`]; [`serve`], the
//! scheduler's and the worker's end of the port; [`data`], which moves values; [`actor`],
//! which carries calls of actors; [`listen`], which
//! binds ports and finds out under which address others reach us; [`Clock`], which gives the shells
//! the times that their machines want; [`descriptors`], how many sockets a process may have.
//!
//! What does not: decisions about tasks, values or workers, and the words that are spoken
//! (`taskloom-core` has them, `taskloom-wire` converts them).

pub mod actor;
pub mod address;
mod cause;
mod clock;
pub mod connect;
pub mod data;
pub mod descriptors;
mod dial;
mod heard;
mod interface;
pub mod link;
pub mod listen;
pub mod serve;
pub mod settings;
mod transport;

pub use address::{AddressError, SchedulerAddress};
pub use clock::Clock;
pub use connect::{
    ClientLink, ConnectError, ConnectOptions, RefusedAs, WorkerLink, connect_client,
    connect_worker, no_link,
};
pub use heard::LastHeard;
