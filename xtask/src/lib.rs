//! The project's own commands.
//!
//! What lives here: what a person or CI runs in a checkout (`cargo xtask demo`, `test`, `bench`,
//! `tidy`, `ci`), with the checks of [`tidy`] as a library so that they also run as a test.
//!
//! What does not: anything that is part of the product. No crate of the workspace is used here, so
//! the commands work while a crate does not compile.

pub mod cargo;
pub mod commands;
pub mod peers;
pub mod skips;
pub mod tidy;
