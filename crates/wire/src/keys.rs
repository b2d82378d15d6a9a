//! The keys of a chunk. Most are a name, a hyphen and the digits of a hash: those travel as the number
//! of the name and the 16 bytes of the hash, in less than half of the room.

use crate::error::WireError;
use crate::{field, proto};
use bytes::Bytes;
use std::collections::BTreeMap;
use taskloom_core::Packed;
use taskloom_core::limits::{GRAPH_CHUNK_TASKS_MAX, KEY_BYTES_MAX};

/// Bytes of a hash, as it travels.
const DIGEST_BYTES: usize = 16;

/// What follows the name in a key: a hyphen and the digits.
const TAIL_BYTES: usize = 1 + 2 * DIGEST_BYTES;

/// A chunk with more names than this sends its keys as they are.
const NAMES_MAX: usize = 256;

/// Most bytes of the keys of a chunk, written out: few bytes must not unfold to very many.
const WRITTEN_BYTES_MAX: usize = 4 * taskloom_core::limits::MESSAGE_BYTES_MAX;

/// The columns in which keys travel.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) keys: Option<proto::Packed>,
    pub(crate) names: Vec<Bytes>,
    pub(crate) name_of: Vec<u32>,
    pub(crate) digests: Bytes,
}

/// Keys as columns.
pub(crate) fn into_columns(keys: Packed) -> Columns {
    hashed(&keys).unwrap_or(Columns {
        keys: Some(proto::Packed {
            blob: keys.blob,
            ends: keys.ends,
        }),
        ..Columns::default()
    })
}

/// The columns of keys that all end in a hash.
fn hashed(keys: &Packed) -> Option<Columns> {
    let mut digests = Vec::with_capacity(keys.len() * DIGEST_BYTES);
    let mut names: Vec<&[u8]> = Vec::new();
    let mut numbers: BTreeMap<&[u8], u32> = BTreeMap::new();
    let mut name_of = Vec::new();
    let mut last = 0;
    let mut start = 0;
    for (at, &end) in keys.ends.iter().enumerate() {
        let key = keys.blob.get(start..end as usize)?;
        start = end as usize;
        let (name, tail) = key.split_at_checked(key.len().checked_sub(TAIL_BYTES)?)?;
        let (hyphen, digits) = tail.split_first()?;
        if *hyphen != b'-' || name.len() > KEY_BYTES_MAX - TAIL_BYTES {
            return None;
        }
        for pair in digits.chunks_exact(2) {
            digests.push(digit(pair[0])? << 4 | digit(pair[1])?);
        }
        // Many tasks of one kind come in a row.
        if names.get(last as usize) != Some(&name) {
            last = *numbers.entry(name).or_insert_with(|| {
                names.push(name);
                names.len() as u32 - 1
            });
            if names.len() > NAMES_MAX {
                return None;
            }
        }
        if last != 0 || !name_of.is_empty() {
            name_of.resize(at, 0);
            name_of.push(last);
        }
    }
    (!names.is_empty()).then(|| Columns {
        keys: None,
        names: names
            .into_iter()
            .map(|name| keys.blob.slice_ref(name))
            .collect(),
        name_of,
        digests: digests.into(),
    })
}

/// The value of a digit as hashes are written: a capital letter would be another key.
fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Keys out of columns.
pub(crate) fn from_columns(columns: Columns) -> Result<Packed, WireError> {
    let Columns {
        keys,
        names,
        name_of,
        digests,
    } = columns;
    if digests.is_empty() {
        let keys = keys.ok_or_else(|| WireError::missing("GraphChunk", "keys"))?;
        field::count("GraphChunk", "keys", keys.ends.len(), GRAPH_CHUNK_TASKS_MAX)?;
        return Ok(Packed {
            blob: keys.blob,
            ends: keys.ends,
        });
    }
    let wrong = |reason: &'static str| WireError::new("GraphChunk", "key_digests", reason);
    let tasks = digests.len() / DIGEST_BYTES;
    field::count("GraphChunk", "key_digests", tasks, GRAPH_CHUNK_TASKS_MAX)?;
    if keys.is_some() || !digests.len().is_multiple_of(DIGEST_BYTES) {
        return Err(wrong("are not whole, or there are other keys too"));
    }
    if !name_of.is_empty() && name_of.len() != tasks {
        return Err(wrong("are not as many as the names"));
    }
    let name = |at: usize| {
        let number = name_of.get(at).copied().unwrap_or(0);
        names.get(number as usize)
    };
    let mut bytes = 0;
    for at in 0..tasks {
        let name = name(at).ok_or_else(|| wrong("have a name that is not there"))?;
        bytes += name.len() + TAIL_BYTES;
        if name.len() + TAIL_BYTES > KEY_BYTES_MAX || bytes > WRITTEN_BYTES_MAX {
            return Err(wrong("have names that are too long"));
        }
    }
    let mut blob = Vec::with_capacity(bytes);
    let mut ends = Vec::with_capacity(tasks);
    for (at, digest) in digests.chunks_exact(DIGEST_BYTES).enumerate() {
        blob.extend_from_slice(name(at).map_or(&[], Bytes::as_ref));
        blob.push(b'-');
        for byte in digest {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            blob.extend_from_slice(&[
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
        ends.push(blob.len() as u32);
    }
    Ok(Packed {
        blob: blob.into(),
        ends,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const HASH: &str = "00f1e2d3c4b5a697887766554433221f";

    fn packed(keys: &[String]) -> Packed {
        let blob: String = keys.concat();
        let ends = keys.iter().scan(0, |end, key| {
            *end += key.len() as u32;
            Some(*end)
        });
        Packed {
            blob: Bytes::from(blob.clone()),
            ends: ends.collect(),
        }
    }

    fn there_and_back(keys: &[String], compact: bool) {
        let keys = packed(keys);
        let columns = into_columns(keys.clone());
        assert_eq!(columns.keys.is_none(), compact, "{keys:?}");
        assert_eq!(from_columns(columns).unwrap(), keys);
    }

    #[test]
    fn hashed_keys_travel_in_sixteen_bytes_each() {
        let key = |name: &str| format!("{name}-{HASH}");
        there_and_back(&[key("inc"), key("inc"), key("inc")], true);
        there_and_back(
            &[key("inc"), key("add"), key(""), key("inc"), key("a-b")],
            true,
        );
        let columns = into_columns(packed(&[key("inc"), key("inc")]));
        assert_eq!(columns.digests.len(), 32);
        assert_eq!((columns.names.len(), columns.name_of.len()), (1, 0));
    }

    #[test]
    fn other_keys_travel_as_they_are() {
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
    fn columns_that_do_not_fit_are_refused() {
        let columns = || into_columns(packed(&[format!("a-{HASH}"), format!("b-{HASH}")]));
        let wrong: [fn(&mut Columns); 6] = [
            |columns| columns.keys = Some(proto::Packed::default()),
            |columns| columns.digests = columns.digests.slice(1..),
            |columns| columns.name_of = vec![0],
            |columns| columns.name_of = vec![0, 7],
            |columns| columns.names[0] = vec![b'x'; KEY_BYTES_MAX].into(),
            |columns| columns.digests = Bytes::new(),
        ];
        for spoil in wrong {
            let mut columns = columns();
            spoil(&mut columns);
            assert!(from_columns(columns).is_err());
        }
        let huge = Columns {
            keys: None,
            names: vec![vec![b'x'; KEY_BYTES_MAX - TAIL_BYTES].into()],
            name_of: Vec::new(),
            digests: vec![0; DIGEST_BYTES * 100_000].into(),
        };
        assert!(
            from_columns(huge).is_err(),
            "a small message unfolds to a large one"
        );
    }
}
