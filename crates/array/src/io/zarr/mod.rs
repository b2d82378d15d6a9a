//! Zarr stores of versions 2 and 3, by the crate `zarrs` over our own stores.

mod metadata;
mod open;
mod read;
mod store;
mod write;

pub use metadata::{Compression, ZarrOptions, ZarrVersion};
