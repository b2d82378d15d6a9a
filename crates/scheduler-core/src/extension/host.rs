//! The extensions of one scheduler.

use super::Extension;
use std::fmt;
use std::sync::Arc;

/// Extensions that cannot run together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtensionError {
    /// Two extensions offer one operation.
    #[error("the extensions {first} and {second} both offer the operation {operation}")]
    DuplicateOperation {
        /// The operation.
        operation: String,
        /// The extension that came first.
        first: String,
        /// The other one.
        second: String,
    },
    /// Two extensions have one name.
    #[error("two extensions are named {0}")]
    DuplicateName(String),
}

/// A panic in an extension, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionPanic {
    /// The extension.
    pub extension: &'static str,
    /// The operation that was called, or what else it was told.
    pub event: String,
    /// The message of the panic.
    pub message: String,
}

/// The extensions, in the order in which they were given.
#[derive(Default)]
pub(crate) struct Host {
    pub(crate) extensions: Vec<Box<dyn Extension>>,
    /// All operations, as the welcome of a client lists them.
    pub(crate) operations: Arc<[String]>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.extensions.iter().map(|extension| extension.name());
        f.debug_list().entries(names).finish()
    }
}
