//! Large bytes inside of structures, which move without being encoded: [`Buffer`], and the functions
//! for `#[serde(with = "taskloom::buffer")]` on fields of type `Bytes` or `Vec<u8>`.

use bytes::Bytes;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;

/// The name by which `rmp-serde` knows an extension value.
const EXTENSION: &str = rmp_serde::MSGPACK_EXT_STRUCT_NAME;

/// The type of the extension value that stands for a buffer; see `proto/taskloom/v1/value.proto`.
pub(super) const EXTENSION_TYPE: i8 = 1;

thread_local! {
    /// The buffers of the value that is being encoded on this thread.
    static SINK: RefCell<Option<Vec<Bytes>>> = const { RefCell::new(None) };
    /// The buffers of the value that is being decoded on this thread.
    static SOURCE: RefCell<Option<Vec<Bytes>>> = const { RefCell::new(None) };
}

/// Bytes that travel beside the structure that holds them, not inside it: a struct with a `Buffer`
/// of any size is encoded and decoded without a copy of its bytes. A clone shares the bytes.
///
/// ```
/// use taskloom_task::{Buffer, Value};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Image { width: u32, pixels: Buffer }
///
/// let pixels = Buffer::from(vec![0; 1 << 20]);
/// let encoded = Value::live(Image { width: 1024, pixels }).encode()?;
/// assert!(encoded.header.len() < 64);
/// # Ok::<(), taskloom_task::ValueError>(())
/// ```
///
/// With formats other than this system's own it is serialized as bytes.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Buffer(Bytes);

impl Buffer {
    /// The bytes.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for Buffer {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Bytes> for Buffer {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<Buffer> for Bytes {
    fn from(buffer: Buffer) -> Self {
        buffer.0
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.len())
    }
}

impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A format for people inside of a value of ours (say, a field that is JSON text) has no
        // place for the number of a buffer.
        if serializer.is_human_readable() {
            return serializer.serialize_bytes(&self.0);
        }
        let number = SINK.with_borrow_mut(|sink| {
            sink.as_mut().map(|buffers| {
                buffers.push(self.0.clone());
                buffers.len() as u32 - 1
            })
        });
        match number {
            Some(number) => {
                let extension = (EXTENSION_TYPE, Number(number.to_be_bytes()));
                serializer.serialize_newtype_struct(EXTENSION, &extension)
            }
            None => serializer.serialize_bytes(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ours = SOURCE.with_borrow(Option::is_some) && !deserializer.is_human_readable();
        if ours {
            deserializer.deserialize_any(BufferVisitor)
        } else {
            deserializer.deserialize_byte_buf(BufferVisitor)
        }
    }
}

/// The number of a buffer, as the bytes of an extension value.
struct Number([u8; 4]);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;

        impl Visitor<'_> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the 4 bytes of the number of a buffer")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Number, E> {
                let number = bytes
                    .try_into()
                    .map_err(|_| E::invalid_length(bytes.len(), &self))?;
                Ok(Number(number))
            }
        }

        deserializer.deserialize_bytes(NumberVisitor)
    }
}

struct BufferVisitor;

impl<'de> Visitor<'de> for BufferVisitor {
    type Value = Buffer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a buffer or bytes")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Buffer, D::Error> {
        let (kind, Number(number)) = <(i8, Number)>::deserialize(inner)?;
        if kind != EXTENSION_TYPE {
            return Err(de::Error::custom(format_args!(
                "extension type {kind} is no buffer"
            )));
        }
        let number = u32::from_be_bytes(number);
        SOURCE.with_borrow(|source| {
            let buffers = source.as_deref().unwrap_or_default();
            match buffers.get(number as usize) {
                Some(buffer) => Ok(Buffer(buffer.clone())),
                None => Err(de::Error::custom(format_args!(
                    "buffer {number} is named, but the value has {}",
                    buffers.len()
                ))),
            }
        })
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Buffer, E> {
        Ok(Buffer(Bytes::copy_from_slice(bytes)))
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Buffer, E> {
        Ok(Buffer(bytes.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Buffer, A::Error> {
        // What a sender claims about the length is worth no more than some pages of memory.
        let mut bytes = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(4096));
        while let Some(byte) = seq.next_element::<u8>()? {
            bytes.push(byte);
        }
        Ok(Buffer(bytes.into()))
    }
}

/// A type of a field that can stand beside its structure.
pub trait AsBuffer: Sized {
    /// The bytes of the field.
    fn to_buffer(&self) -> Bytes;

    /// A field of these bytes.
    fn from_buffer(bytes: Bytes) -> Self;
}

impl AsBuffer for Bytes {
    fn to_buffer(&self) -> Bytes {
        self.clone()
    }

    fn from_buffer(bytes: Bytes) -> Self {
        bytes
    }
}

impl AsBuffer for Vec<u8> {
    fn to_buffer(&self) -> Bytes {
        Bytes::copy_from_slice(self)
    }

    fn from_buffer(bytes: Bytes) -> Self {
        bytes.into()
    }
}

/// Serializes a field like a [`Buffer`]: `Bytes` are shared, a `Vec<u8>` is copied once.
///
/// # Errors
/// If the serializer refuses.
pub fn serialize<T: AsBuffer, S: Serializer>(field: &T, serializer: S) -> Result<S::Ok, S::Error> {
    Buffer(field.to_buffer()).serialize(serializer)
}

/// Deserializes a field like a [`Buffer`]: `Bytes` are shared, a `Vec<u8>` is moved if nobody else
/// has the bytes, else copied once.
///
/// # Errors
/// If there is neither a buffer nor bytes.
pub fn deserialize<'de, T: AsBuffer, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Buffer::deserialize(deserializer).map(|Buffer(bytes)| T::from_buffer(bytes))
}

/// Restores what an outer call on this thread had, also if user code panics.
struct Restore(
    &'static std::thread::LocalKey<RefCell<Option<Vec<Bytes>>>>,
    Option<Vec<Bytes>>,
);

impl Drop for Restore {
    fn drop(&mut self) {
        self.0.set(self.1.take());
    }
}

/// Runs an encoder and returns the buffers that it met.
pub(super) fn collecting<R>(encode: impl FnOnce() -> R) -> (R, Vec<Bytes>) {
    let _restore = Restore(&SINK, SINK.replace(Some(Vec::new())));
    let result = encode();
    (result, SINK.take().unwrap_or_default())
}

/// Runs a decoder that may meet numbers of these buffers.
pub(super) fn supplying<R>(buffers: &[Bytes], decode: impl FnOnce() -> R) -> R {
    let _restore = Restore(&SOURCE, SOURCE.replace(Some(buffers.to_vec())));
    decode()
}
