//! The header of a `.npy` file.
//!
//! Source: numpy's `lib/format.py`: a magic text, a version, the length of the header, and a Python
//! dictionary with `descr`, `fortran_order` and `shape`.

use std::fmt::Write;
use taskloom_kernels::DType;

const MAGIC: &[u8] = b"\x93NUMPY";

/// No header of an array of numbers is longer; numpy itself refuses more than 10,000 bytes.
pub(super) const HEADER_MAX: usize = 64 * 1024;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) dtype: DType,
    /// Whether the bytes of a number stand in the other order than on this machine.
    pub(super) swapped: bool,
    /// Whether the first axis is the one along which neighbours lie next to each other.
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
    /// Where the elements begin in the file.
    pub(super) offset: usize,
}

impl Header {
    /// Reads the beginning of a file of `size` bytes.
    ///
    /// # Errors
    /// In words: if it is no header, of a dtype that is not supported, or the file is shorter than
    /// it says.
    pub(super) fn parse(bytes: &[u8], size: u64) -> Result<Self, String> {
        let rest = bytes.strip_prefix(MAGIC).ok_or("is no .npy file")?;
        let (len, rest, before) = match rest {
            [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest, 10),
            [2 | 3, _, a, b, c, d, rest @ ..] => {
                (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest, 12)
            }
            [major, minor, ..] => return Err(format!("has the unknown version {major}.{minor}")),
            _ => return Err("ends within its header".to_owned()),
        };
        if len > HEADER_MAX {
            return Err(format!("has a header of {len} bytes"));
        }
        let text = rest.get(..len).ok_or("ends within its header")?;
        let text = std::str::from_utf8(text).map_err(|_| "has a header that is no text")?;
        let header = Literal::new(text).header(before + len)?;
        let elements = header
            .shape
            .iter()
            .try_fold(1_u64, |n, &len| n.checked_mul(len as u64));
        let needed = elements
            .and_then(|n| n.checked_mul(header.dtype.itemsize() as u64))
            .and_then(|bytes| bytes.checked_add(header.offset as u64));
        match needed {
            Some(needed) if needed <= size => Ok(header),
            _ => Err(format!(
                "is truncated: it has {size} bytes, and an array of {} of the shape {:?} needs {}",
                header.dtype,
                header.shape,
                needed.map_or_else(|| "more than can be".to_owned(), |bytes| bytes.to_string()),
            )),
        }
    }

    /// The header of a file of elements in C order and little endian.
    pub(super) fn write(dtype: DType, shape: &[usize]) -> Vec<u8> {
        let mut axes = String::new();
        for len in shape {
            // Writing to a text does not fail.
            let _ = write!(axes, "{len}, ");
        }
        let axes = match shape {
            [_] => axes.trim_end(),
            _ => axes.trim_end_matches(", "),
        };
        let descr = descr(dtype);
        let mut text =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({axes}), }}");
        // The version that takes two bytes for the length does for up to 64 KiB.
        let before = if text.len() + 76 > usize::from(u16::MAX) {
            12
        } else {
            10
        };
        while (before + text.len() + 1) % 64 != 0 {
            text.push(' ');
        }
        text.push('\n');
        let mut bytes = MAGIC.to_vec();
        if before == 10 {
            bytes.extend([1, 0]);
            bytes.extend((text.len() as u16).to_le_bytes());
        } else {
            bytes.extend([2, 0]);
            bytes.extend((text.len() as u32).to_le_bytes());
        }
        bytes.extend(text.as_bytes());
        bytes
    }
}

/// numpy's short text for a dtype, little endian.
fn descr(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "|b1",
        DType::I8 => "|i1",
        DType::U8 => "|u1",
        DType::I16 => "<i2",
        DType::U16 => "<u2",
        DType::I32 => "<i4",
        DType::U32 => "<u4",
        DType::I64 => "<i8",
        DType::U64 => "<u8",
        DType::F32 => "<f4",
        DType::F64 => "<f8",
        DType::C64 => "<c8",
        DType::C128 => "<c16",
    }
}

/// The dtype of numpy's short text, and whether its bytes are in the other order.
fn dtype_of(text: &str) -> Result<(DType, bool), String> {
    let unknown = || format!("has elements of {text:?}, which are none of the supported dtypes");
    let (order, kind) = text.split_at_checked(1).ok_or_else(unknown)?;
    let known = DType::ALL
        .into_iter()
        .find(|dtype| &descr(*dtype)[1..] == kind);
    let dtype = known.ok_or_else(unknown)?;
    let swapped = match order {
        "<" => cfg!(target_endian = "big"),
        ">" => cfg!(target_endian = "little"),
        "=" | "|" => false,
        _ => return Err(unknown()),
    };
    Ok((dtype, swapped && dtype.itemsize() > 1))
}

/// Reads the dictionary, as far as headers have it.
struct Literal<'a> {
    rest: &'a str,
}

const BAD: &str = "has a header that is no dictionary of a .npy file";

impl<'a> Literal<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.trim() }
    }

    fn take(&mut self, mark: char) -> bool {
        let found = self.rest.strip_prefix(mark);
        if let Some(rest) = found {
            self.rest = rest.trim_start();
        }
        found.is_some()
    }

    fn expect(&mut self, mark: char) -> Result<(), String> {
        self.take(mark).then_some(()).ok_or_else(|| BAD.to_owned())
    }

    fn text(&mut self) -> Result<&'a str, String> {
        let quote = self
            .rest
            .chars()
            .next()
            .filter(|c| matches!(c, '\'' | '"'))
            .ok_or(BAD)?;
        let (text, rest) = self.rest[1..].split_once(quote).ok_or(BAD)?;
        self.rest = rest.trim_start();
        Ok(text)
    }

    fn truth(&mut self) -> Result<bool, String> {
        for (word, truth) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest.trim_start();
                return Ok(truth);
            }
        }
        Err(BAD.to_owned())
    }

    fn shape(&mut self) -> Result<Vec<usize>, String> {
        self.expect('(')?;
        let mut shape = Vec::new();
        while !self.take(')') {
            let digits = self
                .rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(self.rest.len());
            let (number, rest) = self.rest.split_at(digits);
            shape.push(number.parse().map_err(|_| BAD)?);
            // Python 2 wrote long integers so.
            self.rest = rest.strip_prefix('L').unwrap_or(rest).trim_start();
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        if shape.len() > 64 {
            return Err(format!("has {} axes", shape.len()));
        }
        Ok(shape)
    }

    fn header(mut self, offset: usize) -> Result<Header, String> {
        let (mut dtype, mut fortran, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.take('}') {
            let key = self.text()?;
            self.expect(':')?;
            match key {
                "descr" if self.rest.starts_with('[') => {
                    return Err("has records as elements, which are not supported".to_owned());
                }
                "descr" => dtype = Some(dtype_of(self.text()?)?),
                "fortran_order" => fortran = Some(self.truth()?),
                "shape" => shape = Some(self.shape()?),
                _ => return Err(BAD.to_owned()),
            }
            if !self.take(',') {
                self.expect('}')?;
                break;
            }
        }
        match (dtype, fortran, shape) {
            (Some((dtype, swapped)), Some(fortran), Some(shape)) => Ok(Header {
                dtype,
                swapped,
                fortran,
                shape,
                offset,
            }),
            _ => Err(BAD.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::{Header, dtype_of};
    use taskloom_kernels::DType;

    fn file(text: &str) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        for dtype in DType::ALL {
            for shape in [vec![], vec![3], vec![2, 0], vec![4, 5, 6]] {
                let bytes = Header::write(dtype, &shape);
                assert_eq!(bytes.len() % 64, 0);
                let header = Header::parse(&bytes, 1 << 40).unwrap();
                assert_eq!((header.dtype, &header.shape), (dtype, &shape));
                assert_eq!(header.offset, bytes.len());
                assert!(!header.fortran && !header.swapped);
            }
        }
    }

    /// The bytes that numpy 2 writes for `np.zeros((3, 4))`.
    #[test]
    fn the_header_is_numpys() {
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }";
        let written = Header::write(DType::F64, &[3, 4]);
        assert_eq!(&written[..10], b"\x93NUMPY\x01\x00v\x00");
        assert_eq!(
            std::str::from_utf8(&written[10..]).unwrap().trim_end(),
            text
        );
        assert_eq!(written.len(), 128);
    }

    #[test]
    fn other_ways_to_write_it() {
        let odd = file("{\"shape\": (3L,), 'fortran_order' : True,'descr':'>c16'}");
        let header = Header::parse(&odd, 1 << 20).unwrap();
        assert_eq!(header.shape, [3]);
        assert!(header.fortran && header.swapped);
        assert_eq!(header.dtype, DType::C128);
        assert_eq!(dtype_of("=i4").unwrap(), (DType::I32, false));
        assert_eq!(dtype_of(">u1").unwrap(), (DType::U8, false));
    }

    #[test]
    fn what_is_refused() {
        let good = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }";
        let error = |bytes: &[u8], size| Header::parse(bytes, size).unwrap_err();
        assert!(error(b"PK\x03\x04", 100).contains("no .npy"));
        assert!(error(b"\x93NUMPY", 6).contains("ends"));
        assert!(error(b"\x93NUMPY\x09\x00\x00\x00", 10).contains("version"));
        assert!(error(&file(good)[..30], 30).contains("ends"));
        assert!(error(&file(good), 100).contains("truncated"));
        let huge = good.replace("(3, 4)", "(18446744073709551615, 4)");
        assert!(error(&file(&huge), 1 << 40).contains("truncated"));
        for (from, to) in [
            ("<f8", "<f2"),
            ("<f8", "|O"),
            ("<f8", ""),
            ("<f8", "é8"),
            ("'<f8'", "[('a', '<f8')]"),
            ("(3, 4)", "(3, -4)"),
            ("(3, 4)", "(3 4)"),
            ("(3, 4)", "3"),
            ("(3, 4)", "(3, 4"),
            ("False", "0"),
            ("'shape'", "'form'"),
            ("'shape': (3, 4), ", ""),
            ("{", "["),
        ] {
            assert!(
                Header::parse(&file(&good.replace(from, to)), 1 << 20).is_err(),
                "{to}"
            );
        }
    }
}
