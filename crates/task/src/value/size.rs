//! Sizes of values without encoding them.
//!
//! A serializer that only counts: the result is the size that the encoded form would have, within
//! some per cent. After a budget of leaves it stops to look into the elements of sequences and maps
//! and takes the rest of each to be like what it saw, so that a value with a hundred million leaves
//! does not cost a second.

use crate::known;
use serde::ser::{self, Serialize, Serializer};
use std::fmt;

/// Leaves that are counted one by one: some milliseconds of work at most.
const LEAVES_COUNTED: u32 = 100_000;

/// The size of a value: exact where it is known without looking at the elements.
pub(super) fn nbytes<T: Serialize + 'static>(value: &T) -> u64 {
    known::nbytes(value).unwrap_or_else(|| count(value, LEAVES_COUNTED))
}

fn count<T: Serialize>(value: &T, leaves: u32) -> u64 {
    let mut counter = Counter {
        bytes: 0,
        leaves,
        limit: u64::MAX,
    };
    // A value that refuses to be serialized has the size of what it gave before that.
    let _ = value.serialize(&mut counter);
    counter.bytes
}

/// Whether the encoded form of a value can have at most `max` bytes, without looking at more of it
/// than some times that.
pub(super) fn may_fit<T: Serialize + 'static>(value: &T, max: u64) -> bool {
    // A value without anything that it must drop has nothing outside of itself to look at.
    if !std::mem::needs_drop::<T>() {
        return true;
    }
    // Where the size is known it is that in memory; numbers may be smaller when they are encoded.
    if let Some(bytes) = known::nbytes(value) {
        return bytes / 16 <= max;
    }
    // The count is a little off at times, so it errs on the side of a try.
    let limit = max.saturating_mul(2).saturating_add(64);
    let mut counter = Counter {
        bytes: 0,
        leaves: u32::MAX,
        limit,
    };
    value.serialize(&mut counter).is_ok()
}

struct Counter {
    bytes: u64,
    leaves: u32,
    limit: u64,
}

impl Counter {
    fn leaf(&mut self, bytes: u64) -> Result<(), Refused> {
        self.bytes += bytes;
        self.leaves = self.leaves.saturating_sub(1);
        if self.bytes > self.limit {
            Err(Refused)
        } else {
            Ok(())
        }
    }

    fn unsigned(&mut self, number: u64) -> Result<(), Refused> {
        self.leaf(match number {
            0..=0x7f => 1,
            0x80..=0xff => 2,
            0x100..=0xffff => 3,
            0x1_0000..=0xffff_ffff => 5,
            _ => 9,
        })
    }

    fn signed(&mut self, number: i64) -> Result<(), Refused> {
        match number {
            -32..0 => self.leaf(1),
            0.. => self.unsigned(number.unsigned_abs()),
            _ => self.unsigned(number.unsigned_abs().saturating_mul(2)),
        }
    }

    fn string(&mut self, len: usize) -> Result<(), Refused> {
        self.leaf(len as u64 + if len < 32 { 1 } else { 3 })
    }

    fn items(&mut self, header: u64) -> Items<'_> {
        self.bytes += header;
        let start = self.bytes;
        Items {
            counter: self,
            start,
            seen: 0,
            skipped: 0,
        }
    }

    fn variant(&mut self, name: &str) -> Result<(), Refused> {
        self.bytes += 1;
        self.string(name.len())
    }
}

/// The elements of one sequence, map or structure.
struct Items<'a> {
    counter: &'a mut Counter,
    start: u64,
    seen: u64,
    skipped: u64,
}

impl Items<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Refused> {
        if self.counter.leaves == 0 && self.seen > 0 {
            self.skipped += 1;
            return Ok(());
        }
        self.seen += 1;
        item.serialize(&mut *self.counter)
    }

    /// Members of a structure differ from each other, and are few.
    fn member<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Refused> {
        item.serialize(&mut *self.counter)
    }

    fn finish(self) -> Result<(), Refused> {
        if self.skipped > 0 {
            let seen = self.counter.bytes - self.start;
            let rest = u128::from(seen) * u128::from(self.skipped) / u128::from(self.seen.max(1));
            self.counter.bytes += u64::try_from(rest).unwrap_or(u64::MAX / 2);
        }
        Ok(())
    }
}

/// The value's own `Serialize` refused, or it has more bytes than are of interest.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the size of the value could not be counted")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

macro_rules! numbers {
    ($($method:ident($number:ty) => $count:ident as $wide:ty;)*) => {$(
        fn $method(self, number: $number) -> Result<(), Refused> {
            self.$count(<$wide>::from(number))
        }
    )*};
}

impl<'a> Serializer for &'a mut Counter {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Items<'a>;
    type SerializeStruct = Items<'a>;
    type SerializeStructVariant = Items<'a>;

    numbers! {
        serialize_i8(i8) => signed as i64;
        serialize_i16(i16) => signed as i64;
        serialize_i32(i32) => signed as i64;
        serialize_i64(i64) => signed as i64;
        serialize_u8(u8) => unsigned as u64;
        serialize_u16(u16) => unsigned as u64;
        serialize_u32(u32) => unsigned as u64;
        serialize_u64(u64) => unsigned as u64;
    }

    fn serialize_i128(self, _: i128) -> Result<(), Refused> {
        self.leaf(18)
    }

    fn serialize_u128(self, _: u128) -> Result<(), Refused> {
        self.leaf(18)
    }

    fn serialize_bool(self, _: bool) -> Result<(), Refused> {
        self.leaf(1)
    }

    fn serialize_f32(self, _: f32) -> Result<(), Refused> {
        self.leaf(5)
    }

    fn serialize_f64(self, _: f64) -> Result<(), Refused> {
        self.leaf(9)
    }

    fn serialize_char(self, letter: char) -> Result<(), Refused> {
        self.string(letter.len_utf8())
    }

    fn serialize_str(self, text: &str) -> Result<(), Refused> {
        self.string(text.len())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Refused> {
        self.leaf(bytes.len() as u64 + 5)
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.leaf(1)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        self.leaf(1)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refused> {
        self.leaf(1)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Refused> {
        self.string(variant.len())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.variant(variant)?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items<'a>, Refused> {
        Ok(self.items(if len.is_some_and(|len| len < 16) {
            1
        } else {
            5
        }))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, Refused> {
        Ok(self.items(1))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Refused> {
        Ok(self.items(1))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Refused> {
        self.variant(variant)?;
        Ok(self.items(1))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'a>, Refused> {
        Ok(self.items(3))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Refused> {
        Ok(self.items(1))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Refused> {
        self.variant(variant)?;
        Ok(self.items(1))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl ser::SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.item(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.finish()
    }
}

impl ser::SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.member(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.finish()
    }
}

impl ser::SerializeMap for Items<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.item(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.finish()
    }
}

macro_rules! members {
    ($($trait:ident, $method:ident($($name:ident)?);)*) => {$(
        impl ser::$trait for Items<'_> {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<(), Refused> {
                $(self.counter.bytes += $name.len() as u64 + 1;)?
                self.member(value)
            }

            fn end(self) -> Result<(), Refused> {
                self.finish()
            }
        }
    )*};
}

members! {
    SerializeTupleStruct, serialize_field();
    SerializeTupleVariant, serialize_field();
    SerializeStruct, serialize_field(name);
    SerializeStructVariant, serialize_field(name);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::value::encode::encode_ref;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;

    #[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
    enum Kind {
        Unit,
        One(i64),
        Two(u8, String),
        Named {
            text: String,
            list: Vec<Option<f64>>,
        },
    }

    fn kinds() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Unit),
            any::<i64>().prop_map(Kind::One),
            (any::<u8>(), ".{0,40}").prop_map(|(a, b)| Kind::Two(a, b)),
            (
                ".{0,40}",
                proptest::collection::vec(any::<Option<f64>>(), 0..20)
            )
                .prop_map(|(text, list)| Kind::Named { text, list }),
        ]
    }

    proptest! {
        #[test]
        fn the_count_is_near_the_encoded_size(
            value in proptest::collection::btree_map(".{0,10}", kinds(), 0..30),
        ) {
            let value: BTreeMap<String, Kind> = value;
            let encoded = encode_ref(&value).unwrap().nbytes() as f64;
            let counted = count(&value, u32::MAX) as f64;
            prop_assert!((counted - encoded).abs() <= 0.15 * encoded + 16.0, "{counted} {encoded}");
        }
    }

    #[test]
    fn beyond_the_budget_the_rest_is_taken_to_be_alike() {
        let rows: Vec<(u32, String)> = (0..100_000).map(|i| (i, "x".repeat(20))).collect();
        let exact = count(&rows, u32::MAX) as f64;
        let estimate = count(&rows, 10_000) as f64;
        assert!((estimate / exact - 1.0).abs() < 0.15, "{estimate} {exact}");
    }
}
