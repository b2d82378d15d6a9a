//! The keys of many tasks. Most are a name, a hyphen and the digits of a hash: those take the number of
//! the name and the 16 bytes of the hash, less than half of their text.

use crate::graph::Packed;
use crate::limits::KEY_BYTES_MAX;
use bytes::Bytes;
use std::collections::BTreeMap;

/// Bytes of the hash in a key that is made of a task's content.
pub const DIGEST_BYTES: usize = 16;

/// What follows the name in such a key: a hyphen and two digits per byte.
pub const TAIL_BYTES: usize = 1 + 2 * DIGEST_BYTES;

/// Keys with more names than this are kept as text.
const NAMES_MAX: usize = 256;

/// A key, taken apart if it ends in a hash. The same key is always taken apart in the same way, so two
/// are equal exactly if their texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyRef<'a> {
    /// Any text that does not end in a hash.
    Text(&'a [u8]),
    /// A name, a hyphen and the digits of a hash.
    Hashed {
        /// What stands before the hyphen.
        name: &'a [u8],
        /// The hash.
        digest: [u8; DIGEST_BYTES],
    },
}

impl<'a> KeyRef<'a> {
    /// The key of a text.
    ///
    /// ```
    /// # use taskloom_core::KeyRef;
    /// let text = b"inc-000102030405060708090a0b0c0d0e0f";
    /// let KeyRef::Hashed { name, digest } = KeyRef::of(text) else { panic!() };
    /// assert_eq!((name, digest[15]), (&b"inc"[..], 15));
    /// assert_eq!(KeyRef::of(text).to_bytes(), &text[..]);
    /// assert_eq!(KeyRef::of(b"fit-0.1"), KeyRef::Text(b"fit-0.1"));
    /// ```
    pub fn of(text: &'a [u8]) -> Self {
        Self::hashed(text).unwrap_or(Self::Text(text))
    }

    fn hashed(text: &'a [u8]) -> Option<Self> {
        let (name, tail) = text.split_at_checked(text.len().checked_sub(TAIL_BYTES)?)?;
        let (hyphen, digits) = tail.split_first()?;
        if *hyphen != b'-' {
            return None;
        }
        let (eights, _) = digits.as_chunks::<8>();
        let mut digest = [0; DIGEST_BYTES];
        let (fours, _) = digest.as_chunks_mut::<4>();
        for (four, eight) in fours.iter_mut().zip(eights) {
            *four = bytes_of(*eight)?;
        }
        Some(Self::Hashed { name, digest })
    }

    /// How many bytes its text has.
    pub fn text_len(self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Hashed { name, .. } => name.len() + TAIL_BYTES,
        }
    }

    /// Appends its text.
    pub fn write(self, out: &mut impl bytes::BufMut) {
        match self {
            Self::Text(text) => out.put_slice(text),
            Self::Hashed { name, digest } => {
                let mut tail = [b'-'; TAIL_BYTES];
                let (eights, _) = tail[1..].as_chunks_mut::<8>();
                let (fours, _) = digest.as_chunks::<4>();
                for (eight, four) in eights.iter_mut().zip(fours) {
                    *eight = digits_of(*four);
                }
                out.put_slice(name);
                out.put_slice(&tail);
            }
        }
    }

    /// Its text.
    pub fn to_bytes(self) -> Bytes {
        let mut text = Vec::with_capacity(self.text_len());
        self.write(&mut text);
        text.into()
    }

    /// Its text for people.
    pub fn to_text(self) -> String {
        String::from_utf8_lossy(&self.to_bytes()).into_owned()
    }
}

/// One in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// What eight digits stand for, if all are such as hashes are written with: a capital letter would be
/// another key. All eight at once, since every key that comes as text goes through here.
fn bytes_of(digits: [u8; 8]) -> Option<[u8; 4]> {
    let digits = u64::from_le_bytes(digits);
    if digits & (ONES * 0x80) != 0 {
        return None;
    }
    // The highest bit of each byte that is at least this; no byte carries over, as all are below 0x80.
    let from = |least: u8| digits + ONES * u64::from(0x80 - least);
    let number = from(b'0') & !from(b'9' + 1);
    let letter = from(b'a') & !from(b'f' + 1) & (ONES * 0x80);
    if (number | letter) & (ONES * 0x80) != ONES * 0x80 {
        return None;
    }
    let values = (digits & (ONES * 0x0f)) + (letter >> 7) * 9;
    // Each second byte gets the pair, then those move together.
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let pairs = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    Some(((pairs | pairs >> 16) as u32).to_le_bytes())
}

/// The digits of four bytes.
fn digits_of(bytes: [u8; 4]) -> [u8; 8] {
    let bytes = u64::from(u32::from_le_bytes(bytes));
    let apart = (bytes | bytes << 16) & 0x0000_ffff_0000_ffff;
    let apart = (apart | apart << 8) & 0x00ff_00ff_00ff_00ff;
    let values = (apart >> 4 | apart << 8) & (ONES * 0x0f);
    let letter = (values + ONES * (0x80 - 10)) >> 7 & ONES;
    let digits = values + ONES * u64::from(b'0') + letter * u64::from(b'a' - b'9' - 1);
    digits.to_le_bytes()
}

/// The keys of the tasks of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// As they are.
    Text(Packed),
    /// All of them end in a hash.
    Hashed(HashedKeys),
}

/// Keys that end in a hash.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HashedKeys {
    /// The names, each once.
    pub names: Vec<Bytes>,
    /// The name of each key, by place in `names`; empty if all have the first.
    pub name_of: Vec<u32>,
    /// The hashes in a row.
    pub digests: Bytes,
}

impl Default for Keys {
    fn default() -> Self {
        Self::Text(Packed::default())
    }
}

impl From<Packed> for Keys {
    fn from(packed: Packed) -> Self {
        Self::Text(packed)
    }
}

impl HashedKeys {
    fn len(&self) -> usize {
        self.digests.len() / DIGEST_BYTES
    }

    fn get(&self, i: usize) -> KeyRef<'_> {
        let name = self.name_of.get(i).copied().unwrap_or(0);
        let mut digest = [0; DIGEST_BYTES];
        digest.copy_from_slice(&self.digests[i * DIGEST_BYTES..(i + 1) * DIGEST_BYTES]);
        KeyRef::Hashed {
            name: &self.names[name as usize],
            digest,
        }
    }

    fn fits(&self, tasks: usize) -> bool {
        let longest = KEY_BYTES_MAX - TAIL_BYTES;
        self.digests.len().is_multiple_of(DIGEST_BYTES)
            && self.len() == tasks
            && !self.names.is_empty()
            && self
                .names
                .iter()
                .all(|name| name.len() <= longest && std::str::from_utf8(name).is_ok())
            && (self.name_of.is_empty() || self.name_of.len() == tasks)
            && self
                .name_of
                .iter()
                .all(|&name| (name as usize) < self.names.len())
    }
}

impl Keys {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(packed) => packed.len(),
            Self::Hashed(hashed) => hashed.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Key `i`. Valid after [`crate::GraphChunk::validate`].
    pub fn get(&self, i: usize) -> KeyRef<'_> {
        match self {
            Self::Text(packed) => KeyRef::of(packed.get(i)),
            Self::Hashed(hashed) => hashed.get(i),
        }
    }

    /// About how many bytes they take.
    pub fn weight(&self) -> usize {
        match self {
            Self::Text(packed) => packed.blob.len() + 4 * packed.ends.len(),
            Self::Hashed(hashed) => {
                let names: usize = hashed.names.iter().map(|name| 24 + name.len()).sum();
                names + hashed.digests.len() + 4 * hashed.name_of.len()
            }
        }
    }

    /// Whether these can be the keys of so many tasks.
    pub(crate) fn fits(&self, tasks: usize) -> bool {
        match self {
            Self::Text(packed) => packed.fits(tasks, KEY_BYTES_MAX, 1) && packed.is_text(),
            Self::Hashed(hashed) => hashed.fits(tasks),
        }
    }

    /// The same in memory of its own size.
    pub fn to_exact(&self) -> Self {
        match self {
            Self::Text(packed) => Self::Text(Packed {
                blob: Bytes::copy_from_slice(&packed.blob),
                ends: packed.ends.as_slice().to_vec(),
            }),
            Self::Hashed(hashed) => {
                let copy = |bytes: &Bytes| Bytes::copy_from_slice(bytes);
                Self::Hashed(HashedKeys {
                    names: hashed.names.iter().map(copy).collect(),
                    name_of: hashed.name_of.as_slice().to_vec(),
                    digests: copy(&hashed.digests),
                })
            }
        }
    }
}

/// [`Keys`] in the making: as hashes for as long as all end in one.
///
/// ```
/// # use taskloom_core::{KeyRef, Keys, KeysBuilder};
/// let mut keys = KeysBuilder::default();
/// keys.push(KeyRef::of(b"inc-000102030405060708090a0b0c0d0e0f"));
/// assert!(matches!(keys.clone().finish(), Keys::Hashed(_)));
/// keys.push(KeyRef::of(b"mine"));
/// assert_eq!(keys.finish().get(1), KeyRef::Text(b"mine"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct KeysBuilder {
    names: Vec<Bytes>,
    numbers: BTreeMap<Bytes, u32>,
    /// The name of the last key.
    last: u32,
    name_of: Vec<u32>,
    digests: Vec<u8>,
    /// Once a key came that does not fit the others.
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl KeysBuilder {
    /// An empty one with room for as many keys of these kinds.
    pub fn with_room_as(&self) -> Self {
        Self {
            name_of: Vec::with_capacity(self.name_of.len()),
            digests: Vec::with_capacity(self.digests.len()),
            text: Vec::with_capacity(self.text.len()),
            ends: Vec::with_capacity(self.ends.len()),
            ..Self::default()
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.ends.len() + self.digests.len() / DIGEST_BYTES
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that they take, but for the names.
    pub fn bytes(&self) -> usize {
        self.digests.len() + self.text.len()
    }

    /// Adds a key.
    pub fn push(&mut self, key: KeyRef<'_>) {
        match key {
            KeyRef::Hashed { name, digest } if self.ends.is_empty() && self.find(name) => {
                let at = self.digests.len() / DIGEST_BYTES;
                self.digests.extend_from_slice(&digest);
                if self.last != 0 || !self.name_of.is_empty() {
                    self.name_of.resize(at, 0);
                    self.name_of.push(self.last);
                }
            }
            _ => {
                self.write_out();
                key.write(&mut self.text);
                self.ends.push(self.text.len() as u32);
            }
        }
    }

    /// Makes a name the last one; false if there are too many.
    fn find(&mut self, name: &[u8]) -> bool {
        // Many tasks of one kind come in a row.
        if self.names.get(self.last as usize).map(Bytes::as_ref) == Some(name) {
            return true;
        }
        if let Some(&number) = self.numbers.get(name) {
            self.last = number;
            return true;
        }
        if self.names.len() >= NAMES_MAX {
            return false;
        }
        self.last = self.names.len() as u32;
        let name = Bytes::copy_from_slice(name);
        self.numbers.insert(name.clone(), self.last);
        self.names.push(name);
        true
    }

    /// Turns what is there into text.
    fn write_out(&mut self) {
        let hashed = HashedKeys {
            names: std::mem::take(&mut self.names),
            name_of: std::mem::take(&mut self.name_of),
            digests: std::mem::take(&mut self.digests).into(),
        };
        for i in 0..hashed.len() {
            hashed.get(i).write(&mut self.text);
            self.ends.push(self.text.len() as u32);
        }
    }

    /// The keys.
    pub fn finish(self) -> Keys {
        if !self.ends.is_empty() || self.digests.is_empty() {
            return Keys::Text(Packed {
                blob: self.text.into(),
                ends: self.ends,
            });
        }
        Keys::Hashed(HashedKeys {
            names: self.names,
            name_of: self.name_of,
            digests: self.digests.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const HASH: &str = "00f1e2d3c4b5a697887766554433221f";

    fn built(texts: &[String]) -> Keys {
        let mut keys = KeysBuilder::default();
        for text in texts {
            keys.push(KeyRef::of(text.as_bytes()));
        }
        assert_eq!(keys.len(), texts.len());
        keys.finish()
    }

    fn there_and_back(texts: &[String], compact: bool) {
        let keys = built(texts);
        assert!(keys.fits(texts.len()));
        assert_eq!(matches!(keys, Keys::Hashed(_)), compact, "{keys:?}");
        assert_eq!(keys.to_exact(), keys);
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(keys.get(i).to_text(), *text);
            assert_eq!(keys.get(i), KeyRef::of(text.as_bytes()));
        }
    }

    #[test]
    fn hashed_keys_take_sixteen_bytes_each() {
        let key = |name: &str| format!("{name}-{HASH}");
        there_and_back(&[key("inc"), key("inc"), key("inc")], true);
        there_and_back(
            &[key("inc"), key("add"), key(""), key("inc"), key("a-b")],
            true,
        );
        let Keys::Hashed(keys) = built(&[key("inc"), key("inc")]) else {
            panic!("they have a hash each");
        };
        assert_eq!(keys.digests.len(), 32);
        assert_eq!((keys.names.len(), keys.name_of.len()), (1, 0));
    }

    #[test]
    fn other_keys_stay_as_they_are() {
        let key = format!("inc-{HASH}");
        let capital = format!("inc-{}", HASH.to_uppercase());
        for other in [
            "fit-0.1".to_owned(),
            capital,
            HASH.to_owned(),
            format!("inc_{HASH}"),
        ] {
            there_and_back(&[key.clone(), other, key.clone()], false);
        }
        let many: Vec<String> = (0..=NAMES_MAX).map(|n| format!("n{n}-{HASH}")).collect();
        there_and_back(&many, false);
        there_and_back(&many[1..], true);
    }

    #[test]
    fn eight_digits_at_once_are_read_as_one_by_one() {
        for place in 0..8 {
            for byte in 0..=u8::MAX {
                let mut digits = *b"90af1c8d";
                digits[place] = byte;
                let text = std::str::from_utf8(&digits).unwrap_or("none");
                let small = !text
                    .bytes()
                    .any(|digit| digit.is_ascii_uppercase() || digit == b'+');
                let expected = u32::from_str_radix(text, 16).ok().filter(|_| small);
                let bytes = bytes_of(digits);
                assert_eq!(bytes.map(u32::from_be_bytes), expected, "{digits:?}");
                if let Some(bytes) = bytes {
                    assert_eq!(digits_of(bytes), digits);
                }
            }
        }
    }

    #[test]
    fn columns_that_do_not_fit_are_refused() {
        let wrong: [fn(&mut HashedKeys); 5] = [
            |keys| keys.digests = keys.digests.slice(1..),
            |keys| keys.name_of = vec![0],
            |keys| keys.name_of = vec![0, 7],
            |keys| keys.names[0] = vec![b'x'; KEY_BYTES_MAX].into(),
            |keys| keys.names[0] = vec![0xff].into(),
        ];
        for spoil in wrong {
            let Keys::Hashed(mut keys) = built(&[format!("a-{HASH}"), format!("b-{HASH}")]) else {
                panic!("they have a hash each");
            };
            spoil(&mut keys);
            assert!(!Keys::Hashed(keys).fits(2));
        }
        let text = |ends| Packed {
            blob: Bytes::from("aé"),
            ends,
        };
        assert!(Keys::Text(text(vec![1, 3])).fits(2));
        assert!(!Keys::Text(text(vec![2, 3])).fits(2), "a letter is cut");
    }
}
