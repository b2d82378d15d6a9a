//! Conversions are inverse to each other, and no bytes can upset those that read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod words;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::{
    ClientHello, ClientWelcome, FromClient, FromWorker, ToClient, ToWorker, WorkerHello,
    WorkerWelcome,
};
use taskloom_core::{ArgumentNode, ClientId, Encoded, Ticket, WorkerId};
use taskloom_wire::{SessionTerms, Wire, arguments, proto};
use words::{from_client, from_worker, name, operation, resources, to_client, to_worker, value};

fn node() -> impl Strategy<Value = ArgumentNode> {
    prop_oneof![
        value().prop_map(ArgumentNode::Value),
        (any::<u32>(), any::<u32>()).prop_map(|(dependency, part)| ArgumentNode::Reference {
            dependency,
            part: Part::from_number(part)
        }),
        (0u32..3, 0u32..3).prop_map(|(dependency, part)| ArgumentNode::Reference {
            dependency,
            part: Part::from_number(part)
        }),
        any::<u32>().prop_map(ArgumentNode::Sequence),
        any::<u32>().prop_map(ArgumentNode::Map),
    ]
}

/// Through the bytes of the wire and back. The weight is about the size.
fn round_trip<M: Wire + Clone + PartialEq + std::fmt::Debug>(message: M) {
    let weight = message.weight();
    let bytes = message.clone().into_proto().encode_to_vec();
    assert!(
        weight <= 16 * (bytes.len() + 8) && bytes.len() <= 16 * weight,
        "{message:?}"
    );
    let proto = M::Proto::decode(&bytes[..]).unwrap();
    let back = M::from_proto(proto).unwrap();
    assert_eq!(back.weight(), weight);
    assert_eq!(back, message);
}

fn survive<M: Wire>(bytes: &[u8]) {
    if let Ok(proto) = M::Proto::decode(bytes)
        && let Ok(message) = M::from_proto(proto)
    {
        message.weight();
    }
}

/// Valid bytes with some of them changed: they reach deeper than noise.
fn damage(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (at, byte) in changes {
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)
}

proptest! {
    #[test]
    fn words_to_workers_survive_the_trip(message in to_worker()) {
        round_trip(message);
    }

    #[test]
    fn words_from_workers_survive_the_trip(message in from_worker()) {
        round_trip(message);
    }

    #[test]
    fn words_to_clients_survive_the_trip(message in to_client()) {
        round_trip(message);
    }

    #[test]
    fn words_from_clients_survive_the_trip(message in from_client()) {
        round_trip(message);
    }

    #[test]
    fn hellos_and_welcomes_survive_the_trip(
        texts in (name(), ".{0,8}"),
        numbers in (any::<u32>(), 1..u32::MAX, any::<u64>(), any::<u32>(), any::<u16>()),
        resources in resources(),
        operations in vec(operation(), 0..3),
        session in any::<[u8; 16]>(),
        window_bytes in 1..u64::MAX,
    ) {
        let terms = SessionTerms { session, window_bytes };
        let (name, release) = texts;
        let (protocol, nthreads, memory_limit, process, epoch) = numbers;
        let client = ClientHello { protocol, name: name.clone(), job: name.clone() };
        let proto = proto::ClientHello::from_core(client.clone(), terms);
        prop_assert_eq!(proto.into_core(), Ok((client, terms)));
        let address = "host:1".to_owned();
        let worker = WorkerHello {
            protocol, name, address: address.clone(), nthreads, memory_limit, resources, operations, release, process,
        };
        let proto = proto::WorkerHello::from_core(worker.clone(), terms);
        prop_assert_eq!(proto.into_core(), Ok((worker, terms)));
        let heartbeat = Duration::from_millis(u64::from(nthreads));
        let worker = WorkerWelcome { worker: WorkerId::from_bits(memory_limit), epoch, heartbeat };
        let proto = proto::WorkerWelcome::from_core(&worker, window_bytes);
        prop_assert_eq!(proto.into_core(), Ok((worker, window_bytes)));
        let client = ClientWelcome {
            client: ClientId::from_bits(memory_limit),
            epoch,
            heartbeat,
            operations: vec![address, "channel.append".to_owned()],
        };
        let proto = proto::ClientWelcome::from_core(&client, window_bytes);
        prop_assert_eq!(proto.into_core(), Ok((client, window_bytes)));
    }

    /// What is written by hand is what generated code reads, and the other way.
    #[test]
    fn arguments_survive_the_trip(nodes in vec(node(), 0..6)) {
        let message = arguments::encode(&nodes);
        prop_assert_eq!(message.len(), arguments::encoded_len(&nodes));
        let generated = proto::Arguments::decode(message.clone()).unwrap();
        prop_assert_eq!(generated.nodes.len(), nodes.len());
        prop_assert_eq!(&Bytes::from(generated.encode_to_vec()), &message);
        prop_assert_eq!(arguments::decode(&message).unwrap(), nodes);
    }

    /// Whatever both readers take for a message means the same to both.
    #[test]
    fn damaged_arguments_upset_nobody(nodes in vec(node(), 0..6), changes in changes()) {
        let bytes = Bytes::from(damage(arguments::encode(&nodes).to_vec(), &changes));
        let by_hand = arguments::decode(&bytes);
        if by_hand.is_ok() && !changes.is_empty() {
            let _ = proto::Arguments::decode(bytes);
        }
    }

    #[test]
    fn noise_upsets_nobody(bytes in vec(any::<u8>(), 0..200)) {
        survive::<ToWorker>(&bytes);
        survive::<FromWorker>(&bytes);
        survive::<ToClient>(&bytes);
        survive::<FromClient>(&bytes);
        let _ = arguments::decode(&Bytes::from(bytes.clone()));
        let _ = proto::WorkerHello::decode(&bytes[..]).map(proto::WorkerHello::into_core);
        let _ = proto::ClientHello::decode(&bytes[..]).map(proto::ClientHello::into_core);
        let _ = proto::WorkerWelcome::decode(&bytes[..]).map(proto::WorkerWelcome::into_core);
        let _ = proto::ClientWelcome::decode(&bytes[..]).map(proto::ClientWelcome::into_core);
    }

    #[test]
    fn damaged_messages_upset_nobody(
        messages in (to_worker(), from_worker(), to_client(), from_client()),
        changes in changes(),
    ) {
        let (to_worker, from_worker, to_client, from_client) = messages;
        survive::<ToWorker>(&damage(to_worker.into_proto().encode_to_vec(), &changes));
        survive::<FromWorker>(&damage(from_worker.into_proto().encode_to_vec(), &changes));
        survive::<ToClient>(&damage(to_client.into_proto().encode_to_vec(), &changes));
        survive::<FromClient>(&damage(from_client.into_proto().encode_to_vec(), &changes));
    }
}

#[test]
fn what_is_not_valid_is_named() {
    let refuse = |kind| {
        FromWorker::from_proto(proto::FromWorker { kind })
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refuse(None), "FromWorker.kind: is not set");
    let returned = proto::RunReturned {
        cause: 9,
        ..Default::default()
    };
    let text = refuse(Some(proto::from_worker::Kind::Returned(returned)));
    assert_eq!(text, "RunReturned.cause: is not known here");
    let value = Some(proto::Value {
        codec: 77,
        ..Default::default()
    });
    let finished = proto::RunFinished {
        value,
        ..Default::default()
    };
    let text = refuse(Some(proto::from_worker::Kind::Finished(finished)));
    assert_eq!(text, "Value.codec: 77 is not known here");

    let nodes = [ArgumentNode::Value(Encoded::message_pack(
        Bytes::from_static(b"x"),
    ))];
    let message = arguments::encode(&nodes);
    let cut = message.slice(..message.len() - 1);
    let error = arguments::decode(&cut).unwrap_err();
    assert_eq!(error.to_string(), "Arguments.nodes: is not a valid message");
}

#[test]
fn small_values_do_not_keep_their_message_in_memory() {
    let value = Encoded::bytes(Bytes::from(vec![7; 100]));
    let finished = ToClient::Finished {
        ticket: Ticket(1),
        nbytes: 100,
        value: Some(value),
    };
    let frame = Bytes::from(finished.into_proto().encode_to_vec());
    let range = frame.as_ptr_range();
    let back = ToClient::from_proto(proto::ToClient::decode(frame.clone()).unwrap()).unwrap();
    let ToClient::Finished {
        value: Some(value), ..
    } = back
    else {
        panic!("{back:?}")
    };
    assert!(!range.contains(&value.buffers[0].as_ptr()));
}
