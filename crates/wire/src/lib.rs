//! The wire: code generated from `proto/`, and conversions between it and the words of
//! `taskloom-core`.
//!
//! What lives here: [`proto`] (generated messages, clients and servers), [`DESCRIPTORS`] for gRPC
//! reflection, one conversion module per party, the hot path of [`arguments`], and [`codec`], which
//! bounds every message before it is taken apart. A conversion from the wire checks everything that
//! a hostile peer could have set, so what comes out of this crate is valid.
//!
//! What does not: state, IO, decisions.

pub mod actor;
pub mod arguments;
mod client;
pub mod codec;
mod error;
mod extension;
mod field;
mod graph;
mod keys;
pub mod limits;
mod message;
mod question;
mod value;
pub mod varint;
mod worker;

pub use error::WireError;
pub use message::{SessionTerms, Wire};

/// The generated messages and services.
#[allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
pub mod proto {
    tonic::include_proto!("taskloom.v1");
}

/// The descriptors of all files of the protocol, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
