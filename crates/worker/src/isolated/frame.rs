//! What a worker and a process for isolated tasks say to each other: a message of the protocol
//! behind its length.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use std::io;
use taskloom_wire::Wire;

/// Longest message: protobuf has no longer ones.
const MESSAGE_BYTES_MAX: usize = i32::MAX as usize;

/// The bytes of the length.
pub(super) const LENGTH_BYTES: usize = 4;

/// A message behind its length.
///
/// # Errors
/// If it is too long.
pub(super) fn encode<M: Wire>(message: M) -> io::Result<Bytes> {
    let proto = message.into_proto();
    let length = proto.encoded_len();
    if length > MESSAGE_BYTES_MAX {
        let text = format!("{length} bytes are more than an isolated task can take or return");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let mut frame = BytesMut::with_capacity(LENGTH_BYTES + length);
    frame.put_u32_le(length as u32);
    proto
        .encode(&mut frame)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(frame.freeze())
}

/// The length that stands before a message.
pub(super) fn length(bytes: [u8; LENGTH_BYTES]) -> io::Result<usize> {
    let length = u32::from_le_bytes(bytes) as usize;
    if length > MESSAGE_BYTES_MAX {
        return Err(broken("a message is too long"));
    }
    Ok(length)
}

/// The message that stood behind its length.
pub(super) fn decode<M: Wire>(bytes: Bytes) -> io::Result<M> {
    let proto = M::Proto::decode(bytes).map_err(|error| broken(&error.to_string()))?;
    M::from_proto(proto).map_err(|error| broken(&error.to_string()))
}

fn broken(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
