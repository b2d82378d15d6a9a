//! Encoding: from Rust values to headers and buffers.

use super::{Buffer, Buffers, TaskValue, ValueError, buffer, size};
use crate::known::{cast, cast_ref, is_bytes, nbytes};
use bytes::{Bytes, BytesMut};
use serde::Serialize;
use std::cell::RefCell;
use std::io::{Error, Write};
use taskloom_core::value::{Codec, Encoded};

/// Longest header: the lengths in it have 32 bits. Larger values have their bytes in buffers.
const HEADER_BYTES_MAX: usize = u32::MAX as usize;

/// Headers up to this size are cut from a shared block of memory instead of having one each.
const SMALL: usize = 256;

/// The size of such a block: no more than this is kept alive by the smallest header.
const BLOCK: usize = 4096;

/// Where a header is written before its size is known.
#[derive(Default)]
struct Scratch {
    header: Vec<u8>,
    block: BytesMut,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Writes to a vector up to a limit.
struct Limited<'a> {
    into: &'a mut Vec<u8>,
    limit: usize,
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if bytes.len() > self.limit - self.into.len() {
            return Err(Error::other("the value is larger than the limit"));
        }
        self.into.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Encodes a value that the caller gives away: its bytes are moved.
pub(crate) fn encode_owned<T: TaskValue>(value: T) -> Result<Encoded, ValueError> {
    match cast::<T, Vec<u8>>(value) {
        Ok(bytes) => Ok(Encoded::bytes(bytes.into())),
        Err(value) => encode_ref(&value),
    }
}

/// Encodes text.
pub(crate) fn encode_text(text: &str) -> Result<Encoded, ValueError> {
    message_pack(text, usize::MAX).map_err(ValueError::encode::<String>)
}

/// Encodes a value that stays: bytes that are shared are shared, a `Vec<u8>` is copied.
pub(crate) fn encode_ref<T: TaskValue>(value: &T) -> Result<Encoded, ValueError> {
    match as_bytes(value) {
        Some(encoded) => Ok(encoded),
        None => message_pack(value, usize::MAX).map_err(ValueError::encode::<T>),
    }
}

/// Encodes what need not be a value by itself, such as a slice.
pub(crate) fn encode_borrowed<T: Serialize + ?Sized>(value: &T) -> Result<Encoded, ValueError> {
    message_pack(value, usize::MAX).map_err(ValueError::encode::<T>)
}

/// Encodes a value if it has at most `max` bytes.
pub(super) fn encode_ref_small<T: TaskValue>(value: &T, max: u64) -> Option<Encoded> {
    if is_bytes::<T>() {
        return if nbytes(value)? <= max {
            as_bytes(value)
        } else {
            None
        };
    }
    // The serializer gathers maps of unknown length before it writes them, out of reach of its
    // writer's limit.
    if !size::may_fit(value, max) {
        return None;
    }
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let encoded = message_pack(value, max).ok()?;
    (encoded.nbytes() <= max as u64).then_some(encoded)
}

/// The encoding of types that are bytes.
fn as_bytes<T: 'static>(value: &T) -> Option<Encoded> {
    if let Some(bytes) = cast_ref::<T, Bytes>(value) {
        return Some(Encoded::bytes(bytes.clone()));
    }
    if let Some(bytes) = cast_ref::<T, Vec<u8>>(value) {
        return Some(Encoded::bytes(Bytes::copy_from_slice(bytes)));
    }
    if let Some(buffer) = cast_ref::<T, Buffer>(value) {
        return Some(Encoded::bytes(buffer.clone().into_bytes()));
    }
    let buffers = cast_ref::<T, Buffers>(value)?.pieces().to_vec();
    Some(Encoded {
        codec: Codec::Bytes,
        header: Bytes::new(),
        buffers,
    })
}

fn message_pack<T: Serialize + ?Sized>(value: &T, max: usize) -> Result<Encoded, String> {
    // Taken and not borrowed: a `Serialize` of a user may encode another value meanwhile.
    let mut header = SCRATCH.with_borrow_mut(|scratch| std::mem::take(&mut scratch.header));
    header.clear();
    let (result, buffers) = buffer::collecting(|| {
        let into = Limited {
            into: &mut header,
            limit: max.min(HEADER_BYTES_MAX),
        };
        let mut serializer = rmp_serde::Serializer::new(into).with_struct_map();
        value.serialize(&mut serializer)
    });
    if let Err(error) = result {
        return Err(error.to_string());
    }
    let header = if header.len() <= SMALL {
        SCRATCH.with_borrow_mut(|scratch| {
            if scratch.block.capacity() < header.len() {
                scratch.block = BytesMut::with_capacity(BLOCK);
            }
            scratch.block.extend_from_slice(&header);
            let cut = scratch.block.split().freeze();
            scratch.header = header;
            cut
        })
    } else {
        Bytes::from(header)
    };
    Ok(Encoded {
        codec: Codec::MessagePack,
        header,
        buffers,
    })
}
