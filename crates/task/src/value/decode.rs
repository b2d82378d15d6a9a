//! Decoding: from headers and buffers to Rust values. The bytes may come from anywhere: nothing here
//! takes more memory than the bytes themselves account for, nests without limit, or panics.

use super::{Buffer, Buffers, TaskValue, ValueError, buffer};
use crate::known::{cast, is};
use bytes::Bytes;
use serde::de::value::{BytesDeserializer, Error as PlainError};
use taskloom_core::value::{Codec, Encoded};

/// How deeply a value may nest: each level takes some of the thread's stack.
const DEPTH_MAX: usize = 256;

/// Reads an encoded value as a `T`.
pub(super) fn decode<T: TaskValue>(encoded: &Encoded) -> Result<T, ValueError> {
    match encoded.codec {
        Codec::Bytes => decode_bytes(&encoded.buffers),
        Codec::MessagePack => decode_message_pack(encoded),
        other => Err(ValueError::decode::<T>(format_args!(
            "the codec {other:?} is not known here"
        ))),
    }
}

fn decode_bytes<T: TaskValue>(pieces: &[Bytes]) -> Result<T, ValueError> {
    let buffers: Buffers = pieces.iter().cloned().collect();
    let known = if is::<T, Bytes>() {
        cast(buffers.to_bytes()).ok()
    } else if is::<T, Vec<u8>>() {
        cast(buffers.into_vec()).ok()
    } else if is::<T, Buffer>() {
        cast(Buffer::from(buffers.to_bytes())).ok()
    } else if is::<T, Buffers>() {
        cast(buffers).ok()
    } else {
        let joined = buffers.to_bytes();
        let plain = BytesDeserializer::<PlainError>::new(&joined);
        return T::deserialize(plain).map_err(ValueError::decode::<T>);
    };
    known.ok_or_else(|| ValueError::decode::<T>("the value is bytes"))
}

fn decode_message_pack<T: TaskValue>(encoded: &Encoded) -> Result<T, ValueError> {
    let read = || {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(&encoded.header[..]);
        deserializer.set_max_depth(DEPTH_MAX);
        T::deserialize(&mut deserializer)
    };
    buffer::supplying(&encoded.buffers, read).map_err(ValueError::decode::<T>)
}
