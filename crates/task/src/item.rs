//! What can be put into channels, queues and variables: small values and futures.

use crate::future::{FutureHandle, TaskFuture};
use crate::value::{TaskValue, Value, ValueError};
use bytes::{BufMut, Bytes, BytesMut};
use rmp::Marker;
use std::sync::Arc;
use taskloom_core::value::{Codec, Encoded};

/// What can be put into a channel, a queue or a variable: a small value, or the future of a task,
/// whose result may be of any size and is not moved by passing the future on.
///
/// It is implemented for all values and for all futures, and for nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put into a channel, queue or variable",
    label = "neither a value that can travel nor the future of one",
    note = "items are values (`serde::Serialize` and `serde::Deserialize`, `Send` and `Sync`, \
            borrowing nothing) or a `TaskFuture` of one"
)]
pub trait Item: sealed::Sealed + Send + Sized + 'static {
    /// Makes it ready to travel. `max` is the size in bytes that a value may have.
    ///
    /// # Errors
    /// If it is too large, or its own `Serialize` refuses.
    fn pack(self, max: usize) -> Result<Packed, ValueError>;

    /// What it was when it was packed.
    ///
    /// # Errors
    /// If it was something else.
    fn unpack(packed: Packed) -> Result<Self, ValueError>;
}

/// An item as it travels.
#[derive(Clone)]
pub enum Packed {
    /// A value: a byte that says how it is encoded (as [`Codec::number`]), then its bytes.
    Value(Bytes),
    /// A future.
    Future(Arc<dyn FutureHandle>),
}

mod sealed {
    use super::{TaskFuture, TaskValue};

    pub trait Sealed {}
    impl<T: TaskValue> Sealed for T {}
    impl<T> Sealed for TaskFuture<T> {}
}

impl<T: TaskValue> Item for T {
    fn pack(self, max: usize) -> Result<Packed, ValueError> {
        let value = Value::live(self);
        let Some(encoded) = value.encode_small(max as u64) else {
            let nbytes = value.nbytes();
            if nbytes <= max as u64 {
                // It refuses for another reason, and now says which.
                value.encode()?;
            }
            return Err(ValueError::encode::<T>(format!(
                "{nbytes} bytes are more than the {max} that can be passed on through the \
                 scheduler; scatter it and pass on its future"
            )));
        };
        if encoded.codec == Codec::Bytes || encoded.buffers.is_empty() {
            return Ok(Packed::Value(joined(&encoded)));
        }
        // Bytes that would lie beside it lie in it.
        let inside = rmp_serde::to_vec_named(&*value.get::<T>()?);
        let header = inside.map_err(ValueError::encode::<T>)?;
        Ok(Packed::Value(joined(&Encoded::message_pack(header.into()))))
    }

    fn unpack(packed: Packed) -> Result<Self, ValueError> {
        let bytes = match packed {
            Packed::Value(bytes) => bytes,
            Packed::Future(handle) => {
                return Err(ValueError::decode::<T>(format!(
                    "it is no value but the future of the task {}, which is read as a \
                     TaskFuture<{}>",
                    handle.key(),
                    short_name::<T>()
                )));
            }
        };
        let codec = bytes.first().copied().map(u32::from);
        let encoded = match codec.and_then(Codec::from_number) {
            Some(Codec::Bytes) => Encoded::bytes(bytes.slice(1..)),
            Some(Codec::MessagePack) => Encoded::message_pack(bytes.slice(1..)),
            _ => return Err(ValueError::decode::<T>("its encoding is not known here")),
        };
        let kind = kind(&encoded);
        Value::from_encoded(encoded)
            .take()
            .map_err(|error| match error {
                ValueError::Decode { reason, .. } => {
                    ValueError::decode::<T>(format!("what is there is {kind} ({reason})"))
                }
                other => other,
            })
    }
}

impl<T: 'static> Item for TaskFuture<T> {
    fn pack(self, _max: usize) -> Result<Packed, ValueError> {
        Ok(Packed::Future(self.handle))
    }

    fn unpack(packed: Packed) -> Result<Self, ValueError> {
        match packed {
            Packed::Future(handle) => Ok(Self::new(handle)),
            Packed::Value(_) => Err(ValueError::decode::<Self>(format!(
                "it is no future but a value, which is read as what it is, perhaps a {}",
                short_name::<T>()
            ))),
        }
    }
}

/// The name of a type without its path.
fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    if name.contains('<') {
        return name;
    }
    name.rsplit("::").next().unwrap_or(name)
}

/// What an encoded value is, in a word.
fn kind(encoded: &Encoded) -> &'static str {
    if encoded.codec == Codec::Bytes {
        return "a row of bytes";
    }
    let Some(&first) = encoded.header.first() else {
        return "nothing at all";
    };
    match Marker::from_u8(first) {
        Marker::Null => "nothing (`None` or `()`)",
        Marker::True | Marker::False => "a bool",
        Marker::F32 | Marker::F64 => "a floating-point number",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "text",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "a sequence",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map or struct",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::Reserved => "damaged",
        marker if is_extension(marker) => "an extension value",
        _ => "a whole number",
    }
}

fn is_extension(marker: Marker) -> bool {
    matches!(
        marker,
        Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32
    )
}

/// The number of the codec and the bytes in a row.
fn joined(encoded: &Encoded) -> Bytes {
    let mut bytes = BytesMut::with_capacity(1 + encoded.nbytes() as usize);
    bytes.put_u8(encoded.codec.number() as u8);
    bytes.put_slice(&encoded.header);
    for buffer in &encoded.buffers {
        bytes.put_slice(buffer);
    }
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Buffer;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Frame {
        number: u32,
        pixels: Buffer,
    }

    fn there_and_back<T: Item>(item: T) -> T {
        T::unpack(item.pack(1000).unwrap()).unwrap()
    }

    #[test]
    fn values_come_back_as_they_were() {
        assert_eq!(there_and_back(-7_i64), -7);
        assert_eq!(there_and_back("text".to_owned()), "text");
        assert_eq!(there_and_back(vec![1_u8, 2, 3]), [1, 2, 3]);
        assert_eq!(there_and_back(Bytes::from_static(b"")), "");
        assert_eq!(there_and_back(Some(2.5_f64)), Some(2.5));
        let frame = || Frame {
            number: 1,
            pixels: vec![9; 100].into(),
        };
        assert_eq!(there_and_back(frame()), frame());
    }

    #[test]
    fn another_type_is_an_error_that_names_both() {
        let packed = "text".to_owned().pack(1000).unwrap();
        let error = i64::unpack(packed).unwrap_err().to_string();
        assert!(
            error.contains("as i64") && error.contains("text"),
            "{error}"
        );
        let packed = 5_i64.pack(1000).unwrap();
        let error = TaskFuture::<i64>::unpack(packed).unwrap_err().to_string();
        assert!(error.contains("no future"), "{error}");
        for bytes in [&b""[..], b"\x09x"] {
            let packed = Packed::Value(Bytes::from_static(bytes));
            assert!(i64::unpack(packed).is_err());
        }
    }

    #[test]
    fn a_large_value_is_refused_with_the_way_out() {
        let error = vec![0_u8; 1001].pack(1000).err().unwrap().to_string();
        assert!(
            error.contains("1001 bytes") && error.contains("scatter"),
            "{error}"
        );
        let error = vec![0.5_f64; 1000].pack(1000).err().unwrap().to_string();
        assert!(error.contains("scatter"), "{error}");
    }
}
