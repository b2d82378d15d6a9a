//! Values as they travel and as they lie encoded in a store.

use bytes::Bytes;
use std::fmt;

/// How the header and the buffers of an [`Encoded`] value are to be read. A client in any language
/// reads those it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// No header; the buffers in a row are the value itself.
    Bytes,
    /// The header is MessagePack (structs as maps); an out-of-band buffer stands in it as an
    /// extension value of type 1 that holds the number of the buffer.
    MessagePack,
}

impl Codec {
    /// The number that travels.
    pub const fn number(self) -> u32 {
        match self {
            Self::Bytes => 1,
            Self::MessagePack => 2,
        }
    }

    /// The codec of a number that arrived, if it is known here.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Bytes),
            2 => Some(Self::MessagePack),
            _ => None,
        }
    }
}

/// A value in its encoded form: a small header and large buffers that are never re-encoded or
/// joined; each buffer may arrive in several pieces, so a buffer here is one piece of memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    /// How to read it.
    pub codec: Codec,
    /// The structured part.
    pub header: Bytes,
    /// The out-of-band buffers.
    pub buffers: Vec<Bytes>,
}

impl Encoded {
    /// A value that is a row of bytes.
    pub fn bytes(buffer: Bytes) -> Self {
        Self {
            codec: Codec::Bytes,
            header: Bytes::new(),
            buffers: vec![buffer],
        }
    }

    /// A value that is all header.
    pub fn message_pack(header: Bytes) -> Self {
        Self {
            codec: Codec::MessagePack,
            header,
            buffers: Vec::new(),
        }
    }

    /// The bytes of the header and of all buffers.
    pub fn nbytes(&self) -> u64 {
        let buffers: usize = self.buffers.iter().map(Bytes::len).sum();
        (self.header.len() + buffers) as u64
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({:?}, {} bytes)", self.codec, self.nbytes())
    }
}
