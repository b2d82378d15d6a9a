//! A small result as the client keeps it.

use taskloom_core::{Codec, Encoded};
use taskloom_task::Value;

/// Encoded numbers and the like fit into this; what is longer is rare enough to pay for memory of its
/// own.
const SHORT_BYTES: usize = 16;

/// A result that came along with the notice of its end. There is one per future that has ended, so a
/// short one costs no memory of its own.
pub(crate) enum Kept {
    /// A header alone.
    Short {
        codec: Codec,
        len: u8,
        header: [u8; SHORT_BYTES],
    },
    /// Any other.
    Value(Value),
}

impl Kept {
    pub(crate) fn new(encoded: Encoded) -> Self {
        let len = encoded.header.len();
        if len > SHORT_BYTES || !encoded.buffers.is_empty() {
            return Self::Value(Value::from_encoded(encoded));
        }
        let mut header = [0; SHORT_BYTES];
        header[..len].copy_from_slice(&encoded.header);
        Self::Short {
            codec: encoded.codec,
            len: len as u8,
            header,
        }
    }

    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Short { codec, len, header } => Value::from_encoded(Encoded {
                codec: *codec,
                header: bytes::Bytes::copy_from_slice(&header[..usize::from(*len)]),
                buffers: Vec::new(),
            }),
            Self::Value(value) => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn results_come_out_as_they_went_in() {
        for text in [
            String::new(),
            "short".into(),
            "x".repeat(15),
            "x".repeat(16),
        ] {
            let encoded = Value::live(text.clone()).encode().unwrap();
            let is_short = encoded.header.len() <= SHORT_BYTES;
            let kept = Kept::new(encoded.clone());
            assert_eq!(matches!(kept, Kept::Short { .. }), is_short);
            assert_eq!(kept.value().encode().unwrap(), encoded);
            assert_eq!(kept.value().take::<String>().unwrap(), text);
        }
        let bytes = Encoded::bytes(bytes::Bytes::from_static(b"abc"));
        assert_eq!(Kept::new(bytes.clone()).value().encode().unwrap(), bytes);
    }
}
