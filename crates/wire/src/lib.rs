//! The wire: code generated from `proto/`, and conversions between it and the words of
//! `taskloom-core`.
//!
//! What lives here: [`proto`] (generated messages, clients and servers), [`DESCRIPTORS`] for gRPC
//! reflection, one conversion module per party. A conversion from the wire checks everything that a
//! hostile peer could have set, so what comes out of this crate is valid.
//!
//! What does not: state, IO, decisions.

/// The generated messages and services.
#[allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
pub mod proto {
    tonic::include_proto!("taskloom.v1");
}

/// The descriptors of all files of the protocol, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
