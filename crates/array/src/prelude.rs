//! What programs with arrays need: `use taskloom::array::prelude::*`.

pub use crate::{
    Array, ArrayClientExt, Axis, Block, Chunk, Chunks, DType, Ellipsis, Generator, NewAxis, Over, s,
};
