//! What is wrong with a message that arrived.

use std::borrow::Cow;

/// A message that arrived is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}.{field}: {reason}")]
pub struct WireError {
    /// The message of the protocol.
    pub message: &'static str,
    /// Its field.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: Cow<'static, str>,
}

impl WireError {
    /// An error about a field of a message.
    pub fn new(
        message: &'static str,
        field: &'static str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            message,
            field,
            reason: reason.into(),
        }
    }

    /// A field that must be there is not.
    pub(crate) fn missing(message: &'static str, field: &'static str) -> Self {
        Self::new(message, field, "is not set")
    }
}
