//! The message `Arguments`: each task has one, so it is read and written by hand, straight between
//! bytes and nodes.

use crate::error::WireError;
use crate::limits::BUFFERS_MAX;
use crate::varint::{self, Content, Cursor, Malformed};
use bytes::{BufMut, Bytes};
use taskloom_core::arguments::Part;
use taskloom_core::limits::ARGUMENT_NODES_MAX;
use taskloom_core::{ArgumentNode, Codec, Encoded};

/// The message of these nodes.
pub fn encode(nodes: &[ArgumentNode]) -> Bytes {
    let mut out = Vec::with_capacity(encoded_len(nodes));
    encode_into(nodes, &mut out);
    Bytes::from(out)
}

/// Appends the message of these nodes, such as to the blob of a graph chunk.
pub fn encode_into(nodes: &[ArgumentNode], out: &mut impl BufMut) {
    for node in nodes {
        out.put_u8(1 << 3 | varint::LEN);
        match node {
            ArgumentNode::Value(value) => {
                let length = value_len(value);
                varint::put((1 + varint::len(length as u64) + length) as u64, out);
                out.put_u8(1 << 3 | varint::LEN);
                varint::put(length as u64, out);
                put_value(value, out);
            }
            ArgumentNode::Reference { dependency, part } => {
                let length = reference_len(*dependency, *part);
                // Two fields of at most 6 bytes each: both lengths are single bytes.
                out.put_u8(2 + length as u8);
                out.put_u8(2 << 3 | varint::LEN);
                out.put_u8(length as u8);
                if *dependency != 0 {
                    out.put_u8(1 << 3);
                    varint::put(u64::from(*dependency), out);
                }
                if part.number() != 0 {
                    out.put_u8(2 << 3);
                    varint::put(u64::from(part.number()), out);
                }
            }
            ArgumentNode::Sequence(n) => put_count(3, *n, out),
            ArgumentNode::Map(n) => put_count(4, *n, out),
        }
    }
}

/// Bytes of the message of these nodes.
pub fn encoded_len(nodes: &[ArgumentNode]) -> usize {
    let node = |node: &ArgumentNode| {
        let length = match node {
            ArgumentNode::Value(value) => {
                let length = value_len(value);
                1 + varint::len(length as u64) + length
            }
            ArgumentNode::Reference { dependency, part } => 2 + reference_len(*dependency, *part),
            ArgumentNode::Sequence(n) | ArgumentNode::Map(n) => 1 + varint::len(u64::from(*n)),
        };
        1 + varint::len(length as u64) + length
    };
    nodes.iter().map(node).sum()
}

fn put_count(field: u8, n: u32, out: &mut impl BufMut) {
    out.put_u8(1 + varint::len(u64::from(n)) as u8);
    out.put_u8(field << 3);
    varint::put(u64::from(n), out);
}

fn reference_len(dependency: u32, part: Part) -> usize {
    let number = |n: u32| {
        if n == 0 {
            0
        } else {
            1 + varint::len(u64::from(n))
        }
    };
    number(dependency) + number(part.number())
}

fn value_len(value: &Encoded) -> usize {
    let bytes = |bytes: &Bytes| 1 + varint::len(bytes.len() as u64) + bytes.len();
    let header = if value.header.is_empty() {
        0
    } else {
        bytes(&value.header)
    };
    // The codec has a small number: two bytes.
    2 + header + value.buffers.iter().map(bytes).sum::<usize>()
}

fn put_value(value: &Encoded, out: &mut impl BufMut) {
    out.put_u8(1 << 3);
    out.put_u8(value.codec.number() as u8);
    if !value.header.is_empty() {
        put_bytes(2, &value.header, out);
    }
    for buffer in &value.buffers {
        put_bytes(3, buffer, out);
    }
}

fn put_bytes(field: u8, bytes: &Bytes, out: &mut impl BufMut) {
    out.put_u8(field << 3 | varint::LEN);
    varint::put(bytes.len() as u64, out);
    out.put_slice(bytes);
}

/// The nodes of a message. Values are slices of it, not copies.
///
/// # Errors
/// If the bytes are no such message, a value has an unknown codec, or there are too many nodes.
/// Whether the nodes form arguments is for `taskloom_core::arguments::validate` to say.
pub fn decode(message: &Bytes) -> Result<Vec<ArgumentNode>, WireError> {
    let mut nodes = Vec::new();
    let mut cursor = Cursor::new(message, 0, message.len());
    while !cursor.is_done() {
        if let (1, Content::Range(start, end)) = cursor.field()? {
            if nodes.len() == ARGUMENT_NODES_MAX {
                let reason = format!("has more than {ARGUMENT_NODES_MAX} elements");
                return Err(WireError::new("Arguments", "nodes", reason));
            }
            nodes.push(node(message, start, end)?);
        }
    }
    Ok(nodes)
}

impl From<Malformed> for WireError {
    fn from(_: Malformed) -> Self {
        Self::new("Arguments", "nodes", "is not a valid message")
    }
}

/// If a node sets several kinds, which no writer does, the last one counts.
fn node(message: &Bytes, start: usize, end: usize) -> Result<ArgumentNode, WireError> {
    let mut cursor = Cursor::new(message, start, end);
    let mut node = None;
    while !cursor.is_done() {
        match cursor.field()? {
            (1, Content::Range(start, end)) => {
                node = Some(ArgumentNode::Value(value(message, start, end)?));
            }
            (2, Content::Range(start, end)) => node = Some(reference(message, start, end)?),
            (3, Content::Number(n)) => node = Some(ArgumentNode::Sequence(n as u32)),
            (4, Content::Number(n)) => node = Some(ArgumentNode::Map(n as u32)),
            (1..=4, _) => return Err(Malformed.into()),
            _ => {}
        }
    }
    node.ok_or_else(|| WireError::missing("ArgumentNode", "kind"))
}

fn reference(message: &Bytes, start: usize, end: usize) -> Result<ArgumentNode, WireError> {
    let mut cursor = Cursor::new(message, start, end);
    let (mut dependency, mut part) = (0, 0);
    while !cursor.is_done() {
        match cursor.field()? {
            (1, Content::Number(n)) => dependency = n as u32,
            (2, Content::Number(n)) => part = n as u32,
            (1 | 2, _) => return Err(Malformed.into()),
            _ => {}
        }
    }
    Ok(ArgumentNode::Reference {
        dependency,
        part: Part::from_number(part),
    })
}

fn value(message: &Bytes, start: usize, end: usize) -> Result<Encoded, WireError> {
    let mut cursor = Cursor::new(message, start, end);
    let mut codec = 0;
    let mut header = Bytes::new();
    let mut buffers = Vec::new();
    while !cursor.is_done() {
        match cursor.field()? {
            (1, Content::Number(n)) => codec = n,
            (2, Content::Range(start, end)) => header = message.slice(start..end),
            (3, Content::Range(start, end)) => {
                if buffers.len() == BUFFERS_MAX {
                    let reason = format!("has more than {BUFFERS_MAX} elements");
                    return Err(WireError::new("Value", "buffers", reason));
                }
                buffers.push(message.slice(start..end));
            }
            (1..=3, _) => return Err(Malformed.into()),
            _ => {}
        }
    }
    let codec = u32::try_from(codec)
        .ok()
        .and_then(Codec::from_number)
        .ok_or_else(|| WireError::new("Value", "codec", format!("{codec} is not known here")))?;
    if codec == Codec::Bytes && !header.is_empty() {
        return Err(WireError::new(
            "Value",
            "header",
            "is set although the codec has none",
        ));
    }
    Ok(Encoded {
        codec,
        header,
        buffers,
    })
}
