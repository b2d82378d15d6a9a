//! Property tests: what the writer writes the reader reads, however the bytes are cut, and no bytes
//! upset the reader.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::LARGE_BYTES;
use super::buffers::BufferPool;
use super::call::FetchJob;
use super::connections::PoolOptions;
use super::packing::Packing;
use super::pool::{FetchError, FetchItem};
use super::reader::{FrameReader, PieceHead, PieceSink};
use super::writer::{FrameWriter, Range, Sending};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use taskloom_core::arguments::Part;
use taskloom_core::{Codec, Encoded, TaskId};
use taskloom_wire::proto::DataStatus;

fn piece_of_memory() -> impl Strategy<Value = Bytes> {
    let length = prop_oneof![4 => 0usize..50, 1 => LARGE_BYTES - 2..LARGE_BYTES + 2];
    (length, any::<u8>()).prop_map(|(length, first)| {
        Bytes::from(
            (0..length)
                .map(|n| first.wrapping_add(n as u8))
                .collect::<Vec<_>>(),
        )
    })
}

/// A value, or what is said in its place.
fn answer() -> impl Strategy<Value = Result<Encoded, FetchError>> {
    let value = (piece_of_memory(), vec(piece_of_memory(), 0..5));
    prop_oneof![
        8 => value.prop_map(|(header, buffers)| {
            Ok(Encoded { codec: Codec::MessagePack, header, buffers })
        }),
        2 => piece_of_memory().prop_map(|buffer| Ok(Encoded::bytes(buffer))),
        1 => Just(Err(FetchError::Missing)),
        1 => "[a-z]{0,9}".prop_map(|why| Err(FetchError::Failed(why))),
    ]
}

fn written(answers: &[Result<Encoded, FetchError>], packing: Packing) -> Vec<u8> {
    let mut writer = FrameWriter::fetch();
    for (item, answer) in answers.iter().enumerate() {
        match answer {
            Ok(value) => {
                let mut sending =
                    Sending::new(item as u32, value.clone(), Range::default(), packing);
                while !sending.step(&mut writer) {}
            }
            Err(FetchError::Failed(why)) => writer.refuse(item as u32, DataStatus::Failed, why),
            Err(_) => writer.refuse(item as u32, DataStatus::Missing, ""),
        }
    }
    writer.flush();
    let mut bytes = Vec::new();
    while let Some(chunk) = writer.next_chunk() {
        assert!(!chunk.is_empty());
        bytes.extend(chunk);
    }
    bytes
}

fn job(items: usize) -> FetchJob {
    let items = (0..items).map(|n| FetchItem::new(TaskId::new(n as u32, 1), Part::WHOLE));
    let options = PoolOptions {
        value_bytes_max: 1 << 20,
        ..PoolOptions::default()
    };
    let mut job = FetchJob::new(items.collect(), BufferPool::new(1 << 20), &options);
    job.ask_for_all();
    job
}

/// Takes everything and checks nothing.
struct Anything;

impl PieceSink for Anything {
    fn begin(&mut self, _: PieceHead) -> Result<(), String> {
        Ok(())
    }

    fn data(&mut self, _: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn values_arrive_however_the_bytes_are_cut(
        answers in vec(answer(), 1..6),
        cuts in vec(1usize..70_000, 1..9),
        packed in any::<bool>(),
    ) {
        let packing = if packed { Packing::Lz4 } else { Packing::None };
        let bytes = written(&answers, packing);
        let mut job = job(answers.len());
        let mut reader = FrameReader::fetch();
        let mut rest = &bytes[..];
        // The first bytes come one by one, the rest in the given sizes.
        let sizes = std::iter::repeat_n(1, 40).chain(cuts.into_iter().cycle());
        for size in sizes {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at(size.min(rest.len()));
            reader.push(now, &mut job).unwrap();
            rest = later;
        }
        prop_assert!(reader.is_between_messages());
        prop_assert_eq!(job.finish(&FetchError::Missing), answers);
    }

    #[test]
    fn damaged_frames_upset_nobody(
        answers in vec(answer(), 1..4),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        near_the_front in any::<bool>(),
        packed in any::<bool>(),
    ) {
        let packing = if packed { Packing::Lz4 } else { Packing::None };
        let mut bytes = written(&answers, packing);
        let reach = if near_the_front { bytes.len().min(60) } else { bytes.len() };
        for (at, byte) in changes {
            let at = at.index(reach);
            bytes[at] = byte;
        }
        let mut job = job(answers.len());
        let _ = FrameReader::fetch().push(&bytes, &mut job);
        let _ = job.finish(&FetchError::Missing);
    }

    #[test]
    fn noise_upsets_nobody(
        noise in vec(any::<u8>(), 0..300),
        lengths in vec(0u8..40, 0..8),
    ) {
        // Noise alone hardly ever has a valid prefix: give it one now and then.
        let mut bytes = Vec::new();
        let mut rest = &noise[..];
        for length in lengths {
            let (now, later) = rest.split_at(usize::from(length).min(rest.len()));
            bytes.extend([0, 0, 0, 0, now.len() as u8]);
            bytes.extend(now);
            rest = later;
        }
        let _ = FrameReader::fetch().push(&bytes, &mut job(3));
        let _ = FrameReader::put().push(&bytes, &mut Anything);
        let _ = FrameReader::put().push(&noise, &mut Anything);
    }
}
