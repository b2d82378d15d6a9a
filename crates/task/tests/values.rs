//! Values: round trips, parts, sizes, sharing, and bytes that come from a stranger.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;
use taskloom_core::value::{Codec, Encoded};
use taskloom_task::{Buffer, Buffers, TaskValue, Value, ValueError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Box(u32, i16),
    Named {
        name: String,
        tags: Vec<Option<bool>>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
    offset: i64,
    ratio: f32,
    letter: char,
    wide: i128,
    unit: (),
    text: String,
    shapes: Vec<Shape>,
    table: BTreeMap<String, (i32, Option<String>)>,
    first: Buffer,
    #[serde(with = "taskloom_task::buffer")]
    second: Bytes,
    #[serde(with = "taskloom_task::buffer")]
    third: Vec<u8>,
    pieces: Buffers,
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Point),
        (-1e9..1e9).prop_map(Shape::Circle),
        any::<(u32, i16)>().prop_map(|(a, b)| Shape::Box(a, b)),
        (".{0,40}", vec(any::<Option<bool>>(), 0..4))
            .prop_map(|(name, tags)| Shape::Named { name, tags }),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let plain = (
        any::<u64>(),
        any::<i64>(),
        -1e9f32..1e9,
        any::<char>(),
        any::<i128>(),
        ".{0,80}",
    );
    let shapes = vec(shape(), 0..5);
    let table = btree_map(".{0,8}", (any::<i32>(), any::<Option<String>>()), 0..5);
    let bytes = || vec(any::<u8>(), 0..300);
    (
        plain,
        shapes,
        table,
        bytes(),
        bytes(),
        bytes(),
        vec(bytes(), 0..3),
    )
        .prop_map(
            |(
                (id, offset, ratio, letter, wide, text),
                shapes,
                table,
                first,
                second,
                third,
                pieces,
            )| {
                Record {
                    id,
                    offset,
                    ratio,
                    letter,
                    wide,
                    unit: (),
                    text,
                    shapes,
                    table,
                    first: first.into(),
                    second: second.into(),
                    third,
                    pieces: pieces.into_iter().map(Bytes::from).collect(),
                }
            },
        )
}

fn travelled<T: TaskValue>(value: T) -> Value {
    Value::from_encoded(Value::live(value).encode().unwrap())
}

fn round_trip<T: TaskValue + Clone + PartialEq + Debug>(value: T) {
    assert_eq!(travelled(value.clone()).take::<T>().unwrap(), value);
    assert_eq!(*travelled(value.clone()).get::<T>().unwrap(), value);
    let live = Value::live(value.clone());
    assert_eq!(*live.get::<T>().unwrap(), value);
    let shared = live.clone();
    assert_eq!(live.take::<T>().unwrap(), value);
    assert_eq!(shared.take::<T>().unwrap(), value);
}

proptest! {
    #[test]
    fn structures_survive_the_trip(record in record()) {
        round_trip(record);
    }

    #[test]
    fn simple_types_survive_the_trip(
        number in any::<i64>(),
        numbers in vec(any::<u32>(), 0..50),
        text in ".{0,100}",
        bytes in vec(any::<u8>(), 0..500),
        nested in vec(vec(any::<i8>(), 0..5), 0..5),
    ) {
        round_trip(number);
        round_trip(numbers);
        round_trip(text);
        round_trip(bytes.clone());
        round_trip(Bytes::from(bytes.clone()));
        round_trip(Buffer::from(bytes.clone()));
        round_trip(Buffers::from(bytes));
        round_trip(nested);
        round_trip((number, Some(number as f64), false));
    }

    #[test]
    fn a_part_is_the_element(records in vec(record(), 1..5), at in any::<prop::sample::Index>()) {
        let index = at.index(records.len());
        let expected = &records[index];
        let count = records.len() as u32;
        let encoded = Value::live(records.clone()).encode().unwrap();
        let live = Value::sequence(records.clone());
        for whole in [live, Value::from_encoded(encoded), Value::live(records.clone())] {
            let part = whole.part(index as u32).unwrap();
            prop_assert_eq!(&*part.get::<Record>().unwrap(), expected);
            let part_travelled = Value::from_encoded(part.encode().unwrap());
            prop_assert_eq!(&part_travelled.take::<Record>().unwrap(), expected);
            prop_assert_eq!(&part.take::<Record>().unwrap(), expected);
            prop_assert!(whole.part(count).is_err());
            prop_assert!(whole.part(u32::MAX).is_err());
        }
    }

    #[test]
    fn parts_of_parts(rows in vec(vec(any::<i64>(), 1..5), 1..5)) {
        for whole in [Value::sequence(rows.clone()), travelled(rows.clone())] {
            for (i, row) in rows.iter().enumerate() {
                for (j, number) in row.iter().enumerate() {
                    let part = whole.part(i as u32).unwrap().part(j as u32).unwrap();
                    prop_assert_eq!(part.take::<i64>().unwrap(), *number);
                }
            }
        }
    }

    #[test]
    fn small_encodings_are_whole_or_not_at_all(record in record(), max in 0_u64..2000) {
        let whole = Value::live(record.clone()).encode().unwrap();
        for value in [Value::live(record), Value::from_encoded(whole.clone())] {
            match value.encode_small(max) {
                Some(small) => prop_assert_eq!(&small, &whole),
                None => prop_assert!(whole.nbytes() > max),
            }
        }
    }

    #[test]
    fn garbage_is_an_error_and_nothing_worse(
        header in vec(any::<u8>(), 0..200),
        pieces in vec(vec(any::<u8>(), 0..20), 0..3),
        index in 0_u32..20,
    ) {
        let buffers: Vec<Bytes> = pieces.into_iter().map(Bytes::from).collect();
        for codec in [Codec::MessagePack, Codec::Bytes] {
            let encoded = Encoded { codec, header: header.clone().into(), buffers: buffers.clone() };
            decode_as_everything(&encoded, index);
        }
    }

    #[test]
    fn damaged_values_are_an_error_and_nothing_worse(
        record in record(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        len in any::<prop::sample::Index>(),
    ) {
        let mut encoded = Value::live(vec![record]).encode().unwrap();
        let mut header = encoded.header.to_vec();
        header[at.index(encoded.header.len())] = byte;
        encoded.header = header.clone().into();
        decode_as_everything(&encoded, 0);
        header.truncate(len.index(header.len()));
        encoded.header = header.into();
        decode_as_everything(&encoded, 0);
    }
}

fn decode_as_everything(encoded: &Encoded, index: u32) {
    let value = Value::from_encoded(encoded.clone());
    let _ = value.get::<Record>();
    let _ = value.get::<Vec<Record>>();
    let _ = value.get::<i64>();
    let _ = value.get::<String>();
    let _ = value.get::<Vec<()>>();
    let _ = value.get::<Vec<Vec<u8>>>();
    let _ = value.get::<Bytes>();
    let _ = value.get::<Vec<u8>>();
    let _ = value.get::<Buffers>();
    let _ = value.get::<Shape>();
    let _ = value.get::<serde_json::Value>();
    let _ = value.bytes();
    let _ = value.nbytes();
    if let Ok(part) = value.part(index) {
        let _ = part.get::<Record>();
        let _ = part.part(index);
    }
}

#[test]
fn claims_about_lengths_cost_nothing() {
    // Arrays, maps, text and bytes that claim four billion members.
    for head in [0xdd_u8, 0xdf, 0xdb, 0xc6] {
        let header = [&[head, 0xff, 0xff, 0xff, 0xff][..], &[0xc0; 8]].concat();
        decode_as_everything(&Encoded::message_pack(header.into()), 7);
    }
}

#[test]
fn deep_nesting_is_an_error() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Nest(Vec<Nest>);

    let header = [vec![0x91; 1_000_000], vec![0x90]].concat();
    let value = Value::from_encoded(Encoded::message_pack(header.into()));
    assert!(matches!(
        value.get::<Nest>(),
        Err(ValueError::Decode { .. })
    ));
    assert!(matches!(
        value.get::<serde_json::Value>(),
        Err(ValueError::Decode { .. })
    ));
    // Taking it apart does not decode it, and does not nest.
    assert_eq!(value.part(0).unwrap().nbytes(), 1_000_000);
    let deep = (0..300).fold(Nest(Vec::new()), |inner, _| Nest(vec![inner]));
    assert!(matches!(
        travelled(deep).get::<Nest>(),
        Err(ValueError::Decode { .. })
    ));
    let deep = (0..200).fold(Nest(Vec::new()), |inner, _| Nest(vec![inner]));
    assert!(travelled(deep).get::<Nest>().is_ok());
}

#[test]
fn structs_travel_as_maps_so_fields_may_come_and_go() {
    #[derive(Serialize, Deserialize)]
    struct New {
        id: u64,
        #[serde(default)]
        note: Option<String>,
    }

    #[derive(Serialize, Deserialize)]
    struct Old {
        id: u64,
    }

    let new: New = travelled(Old { id: 7 }).take().unwrap();
    assert_eq!((new.id, new.note), (7, None));
    let old: Old = travelled(New {
        id: 8,
        note: Some("x".into()),
    })
    .take()
    .unwrap();
    assert_eq!(old.id, 8);
    let header = Value::live(Old { id: 7 }).encode().unwrap().header;
    assert_eq!(&header[..], b"\x81\xa2id\x07");
}

#[test]
fn bytes_are_not_copied() {
    let data = vec![7_u8; 100_000];
    let here = data.as_ptr();
    let value = Value::live(data);
    let encoded = value.encode().unwrap();
    assert_eq!(encoded.codec, Codec::Bytes);
    assert_eq!(encoded.buffers[0].as_ptr(), here);
    assert_eq!(value.bytes().unwrap().as_ptr(), here);
    let there = Value::from_encoded(encoded.clone());
    assert_eq!(there.get::<Bytes>().unwrap().as_ptr(), here);
    assert_eq!(there.get::<Bytes>().unwrap().as_ptr(), here);
    drop((encoded, there));
    let taken: Vec<u8> = value.take().unwrap();
    assert_eq!(taken.as_ptr(), here);
}

#[test]
fn buffers_inside_of_structures_are_not_copied() {
    #[derive(Serialize, Deserialize)]
    struct Image {
        width: u32,
        pixels: Buffer,
        #[serde(with = "taskloom_task::buffer")]
        mask: Bytes,
    }

    let image = |width| Image {
        width,
        pixels: vec![1; 50_000].into(),
        mask: vec![2; 50_000].into(),
    };
    let images = vec![image(1), image(2)];
    let here = (images[1].pixels.as_ptr(), images[1].mask.as_ptr());
    let encoded = Value::live(images).encode().unwrap();
    assert_eq!(encoded.buffers.len(), 4);
    assert!(encoded.header.len() < 100);
    let part = Value::from_encoded(encoded).part(1).unwrap();
    assert_eq!(part.encode().unwrap().buffers.len(), 2);
    let image: Image = part.take().unwrap();
    assert_eq!(
        (image.width, image.pixels.as_ptr(), image.mask.as_ptr()),
        (2, here.0, here.1)
    );
}

#[test]
fn pieces_are_joined_once_and_only_for_those_who_want_one() {
    let pieces = vec![
        Bytes::from(vec![1_u8; 1000]),
        Bytes::new(),
        Bytes::from(vec![2_u8; 500]),
    ];
    let value = Value::from_encoded(Encoded {
        codec: Codec::Bytes,
        header: Bytes::new(),
        buffers: pieces.clone(),
    });
    let buffers: Buffers = value.clone().take().unwrap();
    assert_eq!((buffers.len(), buffers.pieces().len()), (1500, 2));
    assert_eq!(buffers.pieces()[0].as_ptr(), pieces[0].as_ptr());
    let joined = value.get::<Bytes>().unwrap();
    assert_eq!(&joined[..], pieces.concat());
    assert_eq!(value.get::<Bytes>().unwrap().as_ptr(), joined.as_ptr());
    assert_eq!(*value.get::<Vec<u8>>().unwrap(), pieces.concat());
    assert_eq!(value.part(1200).unwrap().take::<u8>().unwrap(), 2);
    assert!(value.part(1500).is_err());
}

#[test]
fn one_type_of_bytes_is_as_good_as_another() {
    let value = Value::live(Bytes::from_static(b"abc"));
    assert_eq!(value.clone().take::<Vec<u8>>().unwrap(), b"abc");
    assert_eq!(value.get::<Buffer>().unwrap().as_ref(), b"abc");
    assert_eq!(value.get::<String>().unwrap().as_str(), "abc");
    assert!(value.get::<i64>().is_err());
    let text = Value::live(String::from("abc"));
    assert_eq!(*text.get::<Bytes>().unwrap(), &b"abc"[..]);
}

#[test]
fn sizes() {
    assert_eq!(Value::live(vec![0.0_f64; 1000]).nbytes(), 8000);
    assert_eq!(Value::live(vec![0_u8; 1000]).nbytes(), 1000);
    assert_eq!(Value::live("x".repeat(1000)).nbytes(), 1000);
    assert_eq!(Value::live(Buffer::from(vec![0; 9])).nbytes(), 9);
    assert_eq!(Value::live(1_i64).nbytes(), 1);
    assert_eq!(Value::live(()).nbytes(), 1);
    let rows = Value::sequence(vec![vec![0_i64; 10], vec![0; 1000]]);
    assert_eq!(rows.part(1).unwrap().nbytes(), 8000);
    // Once it has an encoded form, that is what it is.
    let value = Value::live(vec![String::from("ab"); 100]);
    assert_eq!(value.codec(), None);
    let encoded = value.encode().unwrap();
    assert_eq!(value.codec(), Some(Codec::MessagePack));
    assert_eq!(Value::live(vec![0_u8]).codec(), Some(Codec::Bytes));
    assert_eq!(value.nbytes(), encoded.nbytes());
}

#[test]
fn large_values_are_not_encoded_to_find_that_they_are_not_small() {
    #[derive(Deserialize)]
    struct Endless(String);

    impl Serialize for Endless {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            // The filter hides the length, as a flattened map does.
            serializer.collect_seq((0_u64..1 << 40).filter(|_| !self.0.is_empty()))
        }
    }

    assert!(
        Value::live(Endless("x".to_owned()))
            .encode_small(4096)
            .is_none()
    );
    assert!(Value::live(vec![0_u8; 5000]).encode_small(4096).is_none());
    assert!(
        Value::live(Bytes::from(vec![0; 4096]))
            .encode_small(4096)
            .is_some()
    );
}

#[test]
fn a_serialize_that_encodes_another_value_disturbs_nobody() {
    #[derive(Deserialize)]
    struct Outer;

    impl Serialize for Outer {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeTuple;
            let mut tuple = serializer.serialize_tuple(2)?;
            tuple.serialize_element(&Buffer::from(vec![1]))?;
            let inner = Value::live((Buffer::from(vec![2]), Buffer::from(vec![3])));
            assert_eq!(inner.encode().unwrap().buffers.len(), 2);
            tuple.serialize_element(&Buffer::from(vec![4]))?;
            tuple.end()
        }
    }

    let encoded = Value::live(Outer).encode().unwrap();
    assert_eq!(encoded.buffers, [&[1_u8][..], &[4]]);
    let (a, b) = Value::from_encoded(encoded)
        .take::<(Buffer, Buffer)>()
        .unwrap();
    assert_eq!((a.as_ref(), b.as_ref()), (&[1_u8][..], &[4_u8][..]));
}

#[test]
fn buffers_are_plain_bytes_to_other_formats() {
    let json = serde_json::to_string(&Buffer::from(vec![1, 2])).unwrap();
    assert_eq!(json, "[1,2]");
    assert_eq!(
        serde_json::from_str::<Buffer>(&json).unwrap(),
        Buffer::from(vec![1, 2])
    );
}

#[test]
fn a_buffer_that_is_not_there_is_an_error() {
    let mut encoded = Value::live((1, Buffer::from(vec![1]))).encode().unwrap();
    encoded.buffers.clear();
    let error = Value::from_encoded(encoded.clone())
        .take::<(i32, Buffer)>()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("buffer 0 is named, but the value has 0"),
        "{error}"
    );
    assert!(Value::from_encoded(encoded).part(1).is_err());
}
