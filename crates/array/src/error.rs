//! What can be wrong with arrays.

use std::panic::Location;
use std::sync::Arc;
use taskloom_kernels::{DType, KernelError};

/// Why an array cannot be made, or its values cannot be had. A clone shares what is large.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// The operation needs lengths of chunks that are not known.
    #[error(
        "{operation} needs the chunk sizes of axis {axis} of {array}, which are unknown ({blocks} \
         chunks, cut by {reason}): call `compute_chunk_sizes()` first"
    )]
    UnknownChunks {
        /// What was asked for.
        operation: String,
        /// Which axis.
        axis: usize,
        /// Which array.
        array: String,
        /// How many chunks the axis has.
        blocks: usize,
        /// Where the cut comes from.
        reason: String,
    },
    /// Two unknown axes of which nothing says that they are cut alike.
    #[error(
        "{operation}: axis {axis} of {left} and {right} cannot be matched, because chunk sizes are \
         unknown and come from different cuts ({left_cut}; {right_cut}): call \
         `compute_chunk_sizes()` on both, or `assume_aligned` if you know that they agree"
    )]
    NotAligned {
        /// What was asked for.
        operation: String,
        /// Which axis of the result.
        axis: usize,
        /// The one array.
        left: String,
        /// The other array.
        right: String,
        /// How the one is cut.
        left_cut: String,
        /// How the other is cut.
        right_cut: String,
    },
    /// Shapes that do not go together.
    #[error("{operation}: the shapes {left} and {right} do not go together{reason}")]
    Shapes {
        /// What was asked for.
        operation: String,
        /// The one shape.
        left: String,
        /// The other shape.
        right: String,
        /// More about it; empty, or beginning with ": ".
        reason: String,
    },
    /// A dtype that the operation is not for.
    #[error("{operation} is not for {dtype}{reason}")]
    DType {
        /// What was asked for.
        operation: String,
        /// The dtype.
        dtype: DType,
        /// More about it; empty, or beginning with ": ".
        reason: String,
    },
    /// An axis that the array does not have.
    #[error("{operation}: axis {axis} is out of bounds for an array of {ndim} axes")]
    Axis {
        /// What was asked for.
        operation: String,
        /// The axis that was named.
        axis: isize,
        /// How many there are.
        ndim: usize,
    },
    /// An index that cannot be used.
    #[error("{operation}: {reason}")]
    Index {
        /// What was asked for.
        operation: String,
        /// What is wrong.
        reason: String,
    },
    /// Something else about the arguments.
    #[error("{operation}: {reason}")]
    Value {
        /// What was asked for.
        operation: String,
        /// What is wrong.
        reason: String,
    },
    /// A file or store that cannot be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Which file or store.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The array belongs to no client.
    #[error(
        "{array} belongs to no client, so it cannot be computed: make it through a client, say \
         `.on(&client)`, or use `compute_here()`"
    )]
    NoClient {
        /// The array.
        array: String,
    },
    /// Arrays of two clients in one operation.
    #[error("{operation}: the arrays belong to two clients; results cannot be shared between them")]
    TwoClients {
        /// What was asked for.
        operation: String,
    },
    /// A kernel failed in this process.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// A task failed, or the cluster could not do it.
    #[error(transparent)]
    Cluster(#[from] taskloom_task::Error),
    /// An error of an operator, which could not return it, with the place of the operator.
    #[error("{error} (at {place})")]
    Earlier {
        /// What was wrong.
        error: Arc<Self>,
        /// Where the operation was written.
        place: &'static Location<'static>,
    },
}

impl ArrayError {
    /// Something about the arguments of an operation.
    pub fn value(operation: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Value {
            operation: operation.into(),
            reason: reason.into(),
        }
    }

    /// The error itself, without the places that it came through.
    pub fn root(&self) -> &Self {
        let mut error = self;
        while let Self::Earlier { error: earlier, .. } = error {
            error = earlier;
        }
        error
    }
}

/// What operations on arrays give.
pub type Result<T, E = ArrayError> = std::result::Result<T, E>;
