//! How many bytes the messages of a large submission take, of which there is one set per task.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use prost::Message;
use taskloom_core::message::{FromClient, ToClient};
use taskloom_core::{ArgumentNode, Encoded, GraphChunk, KeyRef, KeysBuilder, Packed, Ticket};
use taskloom_wire::{Wire, arguments};

/// What a call of a task that does nothing may take, there and back.
const BYTES_PER_CALL: usize = 60;

const CALLS: u64 = 10_000;

fn value(x: u64) -> Encoded {
    // As MessagePack writes numbers of this size.
    let bytes = u32::try_from(x).unwrap().to_be_bytes();
    Encoded::message_pack(Bytes::from([&[0xce][..], &bytes].concat()))
}

fn packed(strings: impl Iterator<Item = Vec<u8>>) -> Packed {
    let mut packed = (Vec::new(), Vec::new());
    for string in strings {
        packed.0.extend(string);
        packed.1.push(packed.0.len() as u32);
    }
    Packed {
        blob: packed.0.into(),
        ends: packed.1,
    }
}

#[test]
fn a_mapped_call_takes_few_bytes_there_and_back() {
    let arguments = |x| arguments::encode(&[ArgumentNode::Value(value(x))]).to_vec();
    let mut keys = KeysBuilder::default();
    for x in 0..CALLS {
        keys.push(KeyRef::of(format!("noop-{x:032x}").as_bytes()));
    }
    let chunk = GraphChunk {
        graph_tasks: CALLS,
        first_ticket: Ticket(1_000_000),
        keys: keys.finish(),
        arguments: packed((0..CALLS).map(|x| arguments(1_000_000 + x))),
        operation_of: vec![0; CALLS as usize],
        all_wanted: true,
        last: true,
        ..GraphChunk::default()
    };
    let there = FromClient::Submit(Box::new(chunk))
        .into_proto()
        .encoded_len();
    let back: usize = (0..CALLS)
        .map(|x| {
            let finished = ToClient::Finished {
                ticket: Ticket(1_000_000 + x),
                nbytes: 5,
                value: Some(value(1_000_000 + x)),
            };
            // With the head that it has in its frame.
            2 + finished.into_proto().encoded_len()
        })
        .sum();
    let each = (there + back) as f64 / CALLS as f64;
    assert!(each <= BYTES_PER_CALL as f64, "{each} bytes");
}
