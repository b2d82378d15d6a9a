//! Chunked arrays, also where chunk sizes are unknown.
//!
//! What lives here: [`Array`], an expression over blocks; how arrays are cut ([`Axis`], [`Chunks`])
//! and which unknown cuts are the same; the operations, each a dtype rule, a rule for axes and a
//! layer that says what makes each block; and the way from an expression to tasks of a client, or to
//! a computation in this thread.
//!
//! What does not: what is computed on one block (crate `kernels`), and where and when a task runs.

mod arrange;
mod array;
mod axis;
mod carries;
mod chunks;
mod client;
mod display;
mod elementwise;
mod error;
pub mod fourier;
mod identity;
mod index;
mod io;
mod layer;
pub mod linalg;
mod lower;
mod make;
mod node;
mod operation;
mod order;
pub mod prelude;
mod publish;
mod random;
mod reduce;
mod registry;
mod run;
mod scan;
mod source;
mod typed;

pub use arrange::{
    BlockInput, Boundary, Gufunc, MapBlocks, MapOverlap, Pad, apply_gufunc, block, blockwise,
    concatenate, dstack, hstack, stack, vstack,
};
pub use array::Array;
pub use axis::{Axis, AxisId, MAX_BLOCKS, MAX_GRID};
pub use chunks::{AUTO_BYTES, Chunk, Chunks};
pub use client::ArrayClientExt;
pub use elementwise::Operand;
pub use error::{ArrayError, Result};
pub use index::{Ellipsis, Key, NewAxis, Selection, Selector};
pub use io::{Compression, ZarrOptions, ZarrVersion};
pub use make::{BlockPlace, Indexing};
pub use order::{Bins, Quantile, Side};
pub use random::Generator;
pub use reduce::{Covariance, Over};
pub use registry::{OnUnknown, Operation, operations};
pub use taskloom_kernels::order::Interpolation;
pub use taskloom_kernels::{Block, DType, Element, KernelError, Kind, Number, Scalar};
pub use typed::TypedArray;
