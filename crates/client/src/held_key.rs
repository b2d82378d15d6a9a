//! A key as a handle holds it. There is a handle per future, so keys that are made of calls are kept
//! as the hash in them and written out when somebody asks.

use taskloom_core::{Key, KeyRef};
use taskloom_task::Definition;

/// See the module.
pub(crate) enum HeldKey {
    /// The short name of a task with a hash.
    OfCall {
        definition: &'static Definition,
        digest: [u8; 16],
    },
    /// Any other.
    Text(Key),
}

const _: () = assert!(size_of::<HeldKey>() <= 32, "there is one per future");

impl HeldKey {
    /// The key of a call of a task.
    pub(crate) fn of_call(key: Key, definition: &'static Definition) -> Self {
        match KeyRef::of(key.as_bytes()) {
            KeyRef::Hashed { name, digest } if name == definition.short_name().as_bytes() => {
                Self::OfCall { definition, digest }
            }
            _ => Self::Text(key),
        }
    }

    /// The key itself.
    pub(crate) fn key(&self) -> Key {
        match self {
            Self::OfCall { definition, digest } => {
                let name = definition.short_name().as_bytes();
                let digest = *digest;
                let text = KeyRef::Hashed { name, digest }.to_bytes();
                Key::from_bytes(text).unwrap_or_else(|_| crate::futures::unnamed())
            }
            Self::Text(key) => key.clone(),
        }
    }
}

impl From<Key> for HeldKey {
    fn from(key: Key) -> Self {
        Self::Text(key)
    }
}
