//! The few primitives of the protobuf encoding that the hand-written paths need.

use bytes::BufMut;

/// The wire type of lengths followed by bytes.
pub const LEN: u8 = 2;

/// Bytes that a number takes as a varint.
#[inline]
pub const fn len(value: u64) -> usize {
    // One byte per 7 bits, at least one.
    ((70 - (value | 1).leading_zeros()) / 7) as usize
}

/// Appends a number as a varint.
#[inline]
pub fn put(mut value: u64, out: &mut impl BufMut) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

/// Why bytes are no protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Reads fields off the front of a byte string.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The content of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A number.
    Number(u64),
    /// Bytes from here to there.
    Range(usize, usize),
    /// Eight or four bytes, which only unknown fields have here.
    Fixed,
}

impl<'a> Cursor<'a> {
    /// Over `bytes[start..end]`, with positions of `bytes`.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], start: usize, end: usize) -> Self {
        let end = end.min(bytes.len());
        Self {
            bytes: &bytes[..end],
            at: start.min(end),
        }
    }

    /// Whether all was read.
    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// A number.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(Malformed)?;
            self.at += 1;
            if shift == 63 && byte > 1 {
                return Err(Malformed);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    /// The number and the content of the next field.
    #[inline]
    pub(crate) fn field(&mut self) -> Result<(u32, Content), Malformed> {
        let key = u32::try_from(self.number()?).map_err(|_| Malformed)?;
        let content = match key & 7 {
            0 => Content::Number(self.number()?),
            1 => self.skip(8)?,
            5 => self.skip(4)?,
            2 => {
                let length = usize::try_from(self.number()?).map_err(|_| Malformed)?;
                let start = self.at;
                self.skip(length)?;
                Content::Range(start, self.at)
            }
            _ => return Err(Malformed),
        };
        match key >> 3 {
            0 => Err(Malformed),
            number => Ok((number, content)),
        }
    }

    #[inline]
    fn skip(&mut self, length: usize) -> Result<Content, Malformed> {
        let end = self.at.checked_add(length).ok_or(Malformed)?;
        if end > self.bytes.len() {
            return Err(Malformed);
        }
        self.at = end;
        Ok(Content::Fixed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn numbers_take_the_bytes_that_are_announced_and_come_back() {
        for shift in 0..64 {
            for value in [1u64 << shift, (1u64 << shift) - 1, u64::MAX >> shift] {
                let mut bytes = Vec::new();
                put(value, &mut bytes);
                assert_eq!(bytes.len(), len(value), "{value}");
                assert_eq!(Cursor::new(&bytes, 0, bytes.len()).number(), Ok(value));
            }
        }
    }

    #[test]
    fn a_number_that_never_ends_is_malformed() {
        assert_eq!(Cursor::new(&[0xff; 11], 0, 11).number(), Err(Malformed));
        assert_eq!(Cursor::new(&[0x80; 4], 0, 4).number(), Err(Malformed));
    }
}
