//! What programs with arrays need: `use taskloom::array::prelude::*`.

pub use crate::{
    Array, ArrayClientExt, Axis, Bins, Block, Boundary, Chunk, Chunks, Covariance, DType, Ellipsis,
    Generator, Interpolation, NewAxis, Over, Pad, Quantile, Side, apply_gufunc, blockwise,
    concatenate, s, stack,
};
