//! Keys: the names of tasks, strings to users and integers inside the scheduler.

use crate::limits::KEY_BYTES_MAX;
use bytes::Bytes;
use std::fmt;

/// The name of a task: 1 to [`KEY_BYTES_MAX`] bytes of UTF-8. Cheap to clone.
///
/// ```
/// # use taskloom_core::Key;
/// let key = Key::new("fit-0.1")?;
/// assert_eq!(key.as_str(), "fit-0.1");
/// assert!(Key::new("").is_err());
/// # Ok::<(), taskloom_core::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Bytes);

/// Why some text cannot be a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text has no bytes.
    #[error("a key must not be empty")]
    Empty,
    /// The text is longer than [`KEY_BYTES_MAX`].
    #[error("a key has at most {KEY_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// The bytes are no UTF-8 text.
    #[error("a key is UTF-8 text, these bytes are not")]
    NotText,
}

impl Key {
    /// A key of the given text.
    ///
    /// # Errors
    /// If the text is empty or longer than [`KEY_BYTES_MAX`].
    pub fn new(text: impl Into<String>) -> Result<Self, KeyError> {
        Self::from_bytes(Bytes::from(text.into().into_bytes()))
    }

    /// A key of bytes as they arrived.
    ///
    /// # Errors
    /// If the bytes are empty, too long or not UTF-8.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, KeyError> {
        match bytes.len() {
            0 => Err(KeyError::Empty),
            n if n > KEY_BYTES_MAX => Err(KeyError::TooLong(n)),
            _ if std::str::from_utf8(&bytes).is_err() => Err(KeyError::NotText),
            _ => Ok(Self(bytes)),
        }
    }

    /// The text of the key.
    pub fn as_str(&self) -> &str {
        // Checked at construction, the only way to make a key.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The bytes of the key.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
