//! What programs with arrays need: `use taskloom::array::prelude::*`.

pub use crate::{
    Array, ArrayClientExt, Axis, Block, Boundary, Chunk, Chunks, DType, Ellipsis, Generator,
    NewAxis, Over, Pad, blockwise, concatenate, s, stack,
};
