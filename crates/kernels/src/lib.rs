//! Blocks of arrays in memory, and what is computed on them.
//!
//! What lives here: the dtypes with numpy's rules of promotion, [`Block`] (one chunk of an array:
//! shared storage, shape, strides), the kernels in their families, and [`Program`], a few kernels in
//! a row that one task runs. Everything is a function of its inputs.
//!
//! What does not: chunks, axes, names, graphs (crate `array`), files and networks.

mod align;
mod block;
mod dtype;
mod element;
mod error;
mod kernel;
mod program;
mod promote;
mod room;
mod scalar;
mod storage;
mod travel;

pub mod elementwise;
pub mod fourier;
pub mod index;
pub mod linalg;
pub mod make;
pub mod multiply;
pub mod order;
pub mod reduce;
pub mod scan;
pub mod shape;

pub use align::Align;
pub use block::{Block, Extent};
pub use dtype::{DType, Kind, UnknownDType};
pub use element::Element;
pub use error::{KernelError, Shape};
pub use kernel::{Class, Kernel, Outputs};
pub use program::{Program, Source, Step};
pub use promote::{common, promote};
pub use scalar::{Number, Scalar};
