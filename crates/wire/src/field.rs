//! Checks of single fields.

use crate::error::WireError;
use taskloom_core::limits::NAME_BYTES_MAX;

/// A name for people and machines: not empty, not long.
pub(crate) fn name(
    message: &'static str,
    field: &'static str,
    text: String,
) -> Result<String, WireError> {
    match text.len() {
        0 => Err(WireError::new(message, field, "is empty")),
        n if n > NAME_BYTES_MAX => Err(WireError::new(
            message,
            field,
            format!("has {n} bytes, more than {NAME_BYTES_MAX}"),
        )),
        _ => Ok(text),
    }
}

/// At most so many elements.
pub(crate) fn count(
    message: &'static str,
    field: &'static str,
    count: usize,
    most: usize,
) -> Result<(), WireError> {
    if count > most {
        let reason = format!("has {count} elements, more than {most}");
        return Err(WireError::new(message, field, reason));
    }
    Ok(())
}
