//! `.npy` files: numpy's format of one array per file.

mod header;
mod read;
mod stack;
mod write;
