//! MessagePack without its meaning: finding the elements of an encoded sequence, and joining encoded
//! values into one, without decoding them. The bytes may come from anywhere.

use super::ValueError;
use super::buffer::EXTENSION_TYPE;
use bytes::{Bytes, BytesMut};
use rmp::Marker;
use taskloom_core::value::{Codec, Encoded};

/// What goes wrong with bytes that are no MessagePack.
const CUT: &str = "the encoded value is cut off";

/// One item: its first byte with the lengths and the payload behind it, but not the items in it.
struct Item<'a> {
    /// How many items follow that are inside of this one.
    inside: u64,
    /// The number of the buffer that it stands for.
    buffer: Option<u32>,
    /// What comes after it.
    rest: &'a [u8],
}

/// Reads one item.
fn item(bytes: &[u8]) -> Result<Item<'_>, &'static str> {
    let (&first, rest) = bytes.split_first().ok_or(CUT)?;
    let (inside, payload, extension, rest) = match Marker::from_u8(first) {
        Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::True | Marker::False => {
            (0, 0, false, rest)
        }
        Marker::U8 | Marker::I8 => (0, 1, false, rest),
        Marker::U16 | Marker::I16 => (0, 2, false, rest),
        Marker::U32 | Marker::I32 | Marker::F32 => (0, 4, false, rest),
        Marker::U64 | Marker::I64 | Marker::F64 => (0, 8, false, rest),
        Marker::FixStr(len) => (0, u64::from(len), false, rest),
        Marker::Str8 | Marker::Bin8 => of_length(rest, 1)?,
        Marker::Str16 | Marker::Bin16 => of_length(rest, 2)?,
        Marker::Str32 | Marker::Bin32 => of_length(rest, 4)?,
        Marker::FixArray(len) => (u64::from(len), 0, false, rest),
        Marker::Array16 => of_items(rest, 2, 1)?,
        Marker::Array32 => of_items(rest, 4, 1)?,
        Marker::FixMap(len) => (2 * u64::from(len), 0, false, rest),
        Marker::Map16 => of_items(rest, 2, 2)?,
        Marker::Map32 => of_items(rest, 4, 2)?,
        // The type of an extension value stands between its length and its payload.
        Marker::FixExt1 => (0, 2, true, rest),
        Marker::FixExt2 => (0, 3, true, rest),
        Marker::FixExt4 => (0, 5, true, rest),
        Marker::FixExt8 => (0, 9, true, rest),
        Marker::FixExt16 => (0, 17, true, rest),
        Marker::Ext8 => of_extension(rest, 1)?,
        Marker::Ext16 => of_extension(rest, 2)?,
        Marker::Ext32 => of_extension(rest, 4)?,
        Marker::Reserved => return Err("the encoded value has a byte without a meaning"),
    };
    let payload = usize::try_from(payload).map_err(|_| CUT)?;
    let (payload, rest) = rest.split_at_checked(payload).ok_or(CUT)?;
    let buffer = match payload {
        [kind, a, b, c, d] if extension && *kind == EXTENSION_TYPE as u8 => {
            Some(u32::from_be_bytes([*a, *b, *c, *d]))
        }
        _ => None,
    };
    Ok(Item {
        inside,
        buffer,
        rest,
    })
}

type Head<'a> = (u64, u64, bool, &'a [u8]);

fn number(bytes: &[u8], width: usize) -> Result<(u64, &[u8]), &'static str> {
    let (number, rest) = bytes.split_at_checked(width).ok_or(CUT)?;
    Ok((
        number
            .iter()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)),
        rest,
    ))
}

fn of_length(bytes: &[u8], width: usize) -> Result<Head<'_>, &'static str> {
    number(bytes, width).map(|(len, rest)| (0, len, false, rest))
}

fn of_items(bytes: &[u8], width: usize, each: u64) -> Result<Head<'_>, &'static str> {
    number(bytes, width).map(|(len, rest)| (each * len, 0, false, rest))
}

fn of_extension(bytes: &[u8], width: usize) -> Result<Head<'_>, &'static str> {
    number(bytes, width).map(|(len, rest)| (0, len + 1, true, rest))
}

/// Visits an item with all that is inside and returns what comes after it. It does not recurse, so
/// nesting costs nothing. `met` gets the length of what came before a buffer's item, and its number.
fn walk(bytes: &[u8], mut met: impl FnMut(usize, u32)) -> Result<&[u8], &'static str> {
    let (mut rest, mut pending) = (bytes, 1_u64);
    while pending > 0 {
        let item = item(rest)?;
        if let Some(number) = item.buffer {
            met(bytes.len() - rest.len(), number);
        }
        // Each of them takes a byte, so that more than the bytes there are is an error soon.
        pending = (pending - 1).saturating_add(item.inside);
        rest = item.rest;
    }
    Ok(rest)
}

/// The element at an index of an encoded sequence, itself encoded. Its header is a slice of the
/// header, unless it has buffers, which get other numbers.
pub(super) fn element(whole: &Encoded, index: u32) -> Result<Encoded, ValueError> {
    let fault = |reason: &str| ValueError::no_part(index, reason);
    if whole.codec == Codec::Bytes {
        return byte(whole, index);
    }
    let header = &whole.header[..];
    let sequence = header.first().is_some_and(|&first| {
        matches!(
            Marker::from_u8(first),
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32
        )
    });
    if !sequence {
        return Err(fault("the value is no sequence"));
    }
    let outer = item(header).map_err(fault)?;
    if u64::from(index) >= outer.inside {
        return Err(fault(&format!("the value has {} elements", outer.inside)));
    }
    let mut start = outer.rest;
    for _ in 0..index {
        start = walk(start, |_, _| {}).map_err(fault)?;
    }
    let mut buffers = Vec::new();
    let end = walk(start, |at, number| buffers.push((at, number))).map_err(fault)?;
    let from = header.len() - start.len();
    let header = whole.header.slice(from..header.len() - end.len());
    if buffers.is_empty() {
        return Ok(Encoded::message_pack(header));
    }
    let mut part = Joined::default();
    part.push(&header, &whole.buffers, &buffers)
        .map_err(fault)?;
    Ok(part.finish())
}

/// The element of a row of bytes is a number.
fn byte(whole: &Encoded, index: u32) -> Result<Encoded, ValueError> {
    let mut at = index as usize;
    for buffer in &whole.buffers {
        match buffer.get(at) {
            Some(&byte) if byte < 0x80 => {
                return Ok(Encoded::message_pack(Bytes::copy_from_slice(&[byte])));
            }
            Some(&byte) => {
                return Ok(Encoded::message_pack(Bytes::copy_from_slice(&[0xcc, byte])));
            }
            None => at -= buffer.len(),
        }
    }
    let reason = format!("the value has {} bytes", whole.nbytes());
    Err(ValueError::no_part(index, reason))
}

/// Encoded values in a row, with the buffers of all under numbers of their own.
#[derive(Default)]
struct Joined {
    header: BytesMut,
    buffers: Vec<Bytes>,
}

impl Joined {
    /// Adds a value whose buffers were met at these places.
    fn push(
        &mut self,
        header: &[u8],
        buffers: &[Bytes],
        met: &[(usize, u32)],
    ) -> Result<(), &'static str> {
        let start = self.header.len();
        self.header.extend_from_slice(header);
        for &(at, number) in met {
            let buffer = buffers.get(number as usize).ok_or("a buffer is missing")?;
            let number = (self.buffers.len() as u32).to_be_bytes();
            self.buffers.push(buffer.clone());
            // The number is the last thing in the item of a buffer, whatever form that has.
            let item_at = start + at;
            let len = self.header[item_at..].len() - item(&self.header[item_at..])?.rest.len();
            self.header[item_at + len - 4..item_at + len].copy_from_slice(&number);
        }
        Ok(())
    }

    fn finish(self) -> Encoded {
        let Self { header, buffers } = self;
        Encoded {
            codec: Codec::MessagePack,
            header: header.freeze(),
            buffers,
        }
    }
}

/// What a row of values becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// The values are elements.
    Sequence,
    /// The values are keys and values in turn.
    Map,
}

/// One encoded sequence or map of many encoded values. Rows of bytes become bytes inside of it.
pub(crate) fn join(container: Container, values: &[Encoded]) -> Result<Encoded, ValueError> {
    let fault = |reason: &str| ValueError::Arguments(format!("cannot join values: {reason}"));
    let mut joined = Joined::default();
    let (short, long, per) = match container {
        Container::Sequence => (0x90, 0xdd, 1),
        Container::Map => (0x80, 0xdf, 2),
    };
    let len = u32::try_from(values.len() / per).map_err(|_| fault("too many"))?;
    if len < 16 {
        joined.header.extend_from_slice(&[short | len as u8]);
    } else {
        joined.header.extend_from_slice(&[long]);
        joined.header.extend_from_slice(&len.to_be_bytes());
    }
    for value in values {
        if value.codec == Codec::Bytes {
            let len = u32::try_from(value.nbytes()).map_err(|_| fault("bytes over 4 GiB"))?;
            joined.header.extend_from_slice(&[0xc6]);
            joined.header.extend_from_slice(&len.to_be_bytes());
            value
                .buffers
                .iter()
                .for_each(|piece| joined.header.extend_from_slice(piece));
            continue;
        }
        let mut met = Vec::new();
        let rest = walk(&value.header, |at, number| met.push((at, number))).map_err(fault)?;
        let header = &value.header[..value.header.len() - rest.len()];
        joined.push(header, &value.buffers, &met).map_err(fault)?;
    }
    Ok(joined.finish())
}
