//! What can be wrong with a value.

use taskloom_core::limits::ARGUMENT_NODES_MAX;

/// Why a value could not be encoded, decoded, or taken apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The value's own `Serialize` refused, or it nests too deeply.
    #[error("cannot encode a value of type {type_name}: {reason}")]
    Encode {
        /// The Rust type.
        type_name: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// The bytes are not a value of the type that was asked for.
    #[error("cannot decode a value as {type_name}: {reason}")]
    Decode {
        /// The Rust type that was asked for.
        type_name: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// The value has no such element.
    #[error("cannot take element {index} of a value: {reason}")]
    Part {
        /// Which element.
        index: u32,
        /// Why not.
        reason: String,
    },
    /// Too many arguments, counting the elements of vectors of futures.
    #[error("{0} argument nodes are more than the {ARGUMENT_NODES_MAX} that a call may have")]
    TooManyNodes(usize),
    /// The arguments of a task do not have the shape that its function takes.
    #[error("{0}")]
    Arguments(String),
}

impl ValueError {
    pub(crate) fn no_part(index: u32, reason: impl Into<String>) -> Self {
        Self::Part {
            index,
            reason: reason.into(),
        }
    }

    pub(crate) fn encode<T: ?Sized>(reason: impl ToString) -> Self {
        Self::Encode {
            type_name: std::any::type_name::<T>(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn decode<T>(reason: impl ToString) -> Self {
        Self::Decode {
            type_name: std::any::type_name::<T>(),
            reason: reason.to_string(),
        }
    }
}
