//! Bytes in several pieces.

use super::buffer::Buffer;
use bytes::{Bytes, BytesMut};
use serde::de::Deserializer;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::io::Read;

/// Bytes in one or more pieces, as large values arrive: a task that takes `&Buffers` (or `Buffers`)
/// reads them where they lie, while one that takes `&[u8]` or `Bytes` has the pieces joined first.
/// It is given wherever bytes are: a future of `Bytes` or `Vec<u8>` is a good argument.
///
/// ```
/// use std::io::Read;
/// use taskloom_task::Buffers;
///
/// let data: Buffers = [&b"two "[..], &b"pieces"[..]].into_iter().map(bytes::Bytes::from).collect();
/// assert_eq!(data.len(), 10);
/// let mut text = String::new();
/// data.reader().read_to_string(&mut text)?;
/// assert_eq!(text, "two pieces");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Buffers {
    pieces: Vec<Bytes>,
    len: usize,
}

impl Buffers {
    /// The bytes of all pieces.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The pieces in order; none of them is empty.
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// Reads the bytes in order.
    pub fn reader(&self) -> impl Read + '_ {
        struct Reader<'a> {
            piece: &'a [u8],
            rest: &'a [Bytes],
        }

        impl Read for Reader<'_> {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                while self.piece.is_empty() {
                    let Some((next, rest)) = self.rest.split_first() else {
                        return Ok(0);
                    };
                    (self.piece, self.rest) = (next, rest);
                }
                self.piece.read(into)
            }
        }

        Reader {
            piece: &[],
            rest: &self.pieces,
        }
    }

    /// The bytes in one piece: shared if there is only one, else joined in new memory.
    pub fn to_bytes(&self) -> Bytes {
        match self.pieces.as_slice() {
            [] => Bytes::new(),
            [one] => one.clone(),
            several => {
                let mut joined = BytesMut::with_capacity(self.len);
                several
                    .iter()
                    .for_each(|piece| joined.extend_from_slice(piece));
                joined.freeze()
            }
        }
    }

    /// The bytes as a vector: moved if there is one piece that nobody else has, else copied.
    pub fn into_vec(mut self) -> Vec<u8> {
        match self.pieces.len() {
            1 => self.pieces.pop().map(Vec::from).unwrap_or_default(),
            _ => self.pieces.concat(),
        }
    }
}

impl FromIterator<Bytes> for Buffers {
    fn from_iter<I: IntoIterator<Item = Bytes>>(pieces: I) -> Self {
        let pieces: Vec<Bytes> = pieces
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .collect();
        let len = pieces.iter().map(Bytes::len).sum();
        Self { pieces, len }
    }
}

impl From<Vec<Bytes>> for Buffers {
    fn from(pieces: Vec<Bytes>) -> Self {
        pieces.into_iter().collect()
    }
}

impl From<Bytes> for Buffers {
    fn from(piece: Bytes) -> Self {
        [piece].into_iter().collect()
    }
}

impl From<Vec<u8>> for Buffers {
    fn from(piece: Vec<u8>) -> Self {
        Bytes::from(piece).into()
    }
}

impl PartialEq for Buffers {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len
            && self
                .pieces
                .iter()
                .flatten()
                .eq(other.pieces.iter().flatten())
    }
}

impl Eq for Buffers {}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Buffers({} bytes in {} pieces)",
            self.len,
            self.pieces.len()
        )
    }
}

/// Inside of a structure it is a sequence of buffers; as a whole value it is plain bytes.
impl Serialize for Buffers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.pieces.iter().map(|piece| Buffer::from(piece.clone())))
    }
}

impl<'de> Deserialize<'de> for Buffers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pieces = Vec::<Buffer>::deserialize(deserializer)?;
        Ok(pieces.into_iter().map(Buffer::into_bytes).collect())
    }
}
