//! What programs with arrays need: `use taskloom::array::prelude::*`.

pub use crate::{Array, ArrayClientExt, Chunk, Chunks, DType};
