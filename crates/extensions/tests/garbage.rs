//! Whatever a client says to the extensions of every scheduler, they take it or refuse it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use proptest::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use taskloom_core::{ClientId, TaskId, Time};
use taskloom_extensions::{
    CallId, Called, ExtensionEffect, ExtensionEffects, ExtensionEvent, standard,
};

/// Something that may be said.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Word {
    Nothing,
    Truth(bool),
    Number(u64),
    Signed(i64),
    Text(String),
    Row(Vec<Word>),
    Record(BTreeMap<String, Word>),
}

/// The names of fields that requests have, so that some of what is said is understood.
const FIELDS: [&str; 22] = [
    "name",
    "names",
    "need",
    "lease_ms",
    "wait",
    "limit",
    "permits",
    "token",
    "tokens",
    "parties",
    "maxlen",
    "maxsize",
    "keep",
    "items",
    "from",
    "window",
    "room",
    "reader",
    "count",
    "max",
    "timeout_ms",
    "values",
];

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..5_u64,
        Just(1_000),
        Just(u64::from(u32::MAX)),
        Just(u64::MAX),
        any::<u64>()
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned),
        1 => Just(String::new()),
        1 => Just("x".repeat(600)),
        1 => any::<String>(),
    ]
}

fn word() -> impl Strategy<Value = Word> {
    let leaf = prop_oneof![
        1 => Just(Word::Nothing),
        2 => any::<bool>().prop_map(Word::Truth),
        4 => number().prop_map(Word::Number),
        1 => any::<i64>().prop_map(Word::Signed),
        4 => text().prop_map(Word::Text),
    ];
    leaf.prop_recursive(3, 40, 8, |inner| {
        let field = prop::sample::select(FIELDS.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Word::Row),
            prop::collection::btree_map(field, inner, 0..12).prop_map(Word::Record),
        ]
    })
}

/// A request that at least one operation takes.
fn request() -> impl Strategy<Value = Word> {
    let values: Vec<BoxedStrategy<Word>> = vec![
        text().prop_map(Word::Text).boxed(),
        prop::collection::vec(text().prop_map(Word::Text), 0..4)
            .prop_map(Word::Row)
            .boxed(),
        number().prop_map(Word::Number).boxed(),
        any::<bool>().prop_map(Word::Truth).boxed(),
    ];
    (
        text(),
        prop::collection::vec(text().prop_map(Word::Text), 0..4),
        prop::collection::vec(number(), 12),
        any::<bool>(),
        prop::option::of(prop::sample::select(values)),
    )
        .prop_flat_map(|(name, names, numbers, wait, odd)| {
            let mut record = BTreeMap::new();
            for (field, number) in FIELDS.iter().zip(numbers.iter().cycle()) {
                record.insert((*field).to_owned(), Word::Number(*number));
            }
            record.insert("name".into(), Word::Text(name));
            record.insert("names".into(), Word::Row(names));
            record.insert("wait".into(), Word::Truth(wait));
            record.insert("lease_ms".into(), Word::Number(1_000 + numbers[0] % 1_000));
            let tokens = numbers.iter().map(|&number| Word::Number(number % 8));
            record.insert("tokens".into(), Word::Row(tokens.collect()));
            record.insert("token".into(), Word::Number(numbers[1] % 8));
            let odd = odd.unwrap_or_else(|| Just(Word::Nothing).boxed());
            (Just(record), prop::sample::select(FIELDS.to_vec()), odd)
        })
        .prop_map(|(mut record, field, odd)| {
            // One field may be of another kind.
            if !matches!(odd, Word::Nothing) {
                record.insert(field.to_owned(), odd);
            }
            Word::Record(record)
        })
}

/// What happens.
#[derive(Clone, Debug)]
enum Happening {
    Said {
        client: u32,
        operation: usize,
        payload: Vec<u8>,
        futures: Vec<u32>,
        answered: bool,
    },
    Withdrawn(usize),
    Received(usize),
    Gone(u32),
    Passed(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let payload = prop_oneof![
        4 => request().prop_map(|word| rmp_serde::to_vec_named(&word).unwrap()),
        2 => word().prop_map(|word| rmp_serde::to_vec_named(&word).unwrap()),
        2 => text().prop_map(|text| rmp_serde::to_vec_named(&text).unwrap()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ];
    let said = (
        0..3_u32,
        any::<prop::sample::Index>(),
        payload,
        prop::collection::vec(0..6_u32, 0..4),
        prop::bool::weighted(0.9),
    );
    prop_oneof![
        12 => said.prop_map(|(client, operation, payload, futures, answered)| Happening::Said {
            client,
            operation: operation.index(1 << 16),
            payload,
            futures,
            answered,
        }),
        2 => (0..50_usize).prop_map(Happening::Withdrawn),
        2 => (0..50_usize).prop_map(Happening::Received),
        1 => (0..3_u32).prop_map(Happening::Gone),
        1 => (0..100_000_u64).prop_map(Happening::Passed),
    ]
}

proptest! {
    #[test]
    fn nonsense_is_taken_or_refused(
        which in any::<prop::sample::Index>(),
        happenings in prop::collection::vec(happening(), 1..60),
    ) {
        let mut all = standard();
        let at = which.index(all.len());
        let extension = &mut all[at];
        let operations = extension.operations().len();
        let client = |number| ClientId::new(number, 1);
        let (mut now, mut calls, mut open) = (Time::ZERO, Vec::new(), BTreeSet::new());
        let mut holds: BTreeMap<(String, TaskId), u64> = BTreeMap::new();
        for number in 0..3 {
            let (client, name) = (client(number), format!("client-{number}"));
            let joined = ExtensionEvent::ClientJoined { client, name };
            extension.handle(now, joined, &mut ExtensionEffects::default());
        }
        for happening in happenings {
            let event = match happening {
                Happening::Said { client: number, operation, payload, futures, answered } => {
                    let request = if answered { calls.len() as u64 + 1 } else { 0 };
                    let call = CallId { client: client(number), request };
                    if answered {
                        calls.push(call);
                        open.insert(call);
                    }
                    ExtensionEvent::Called(Called {
                        call,
                        operation: operation % operations,
                        payload: Bytes::from(payload),
                        futures: futures.iter().map(|&task| TaskId::new(task, 1)).collect(),
                    })
                }
                Happening::Withdrawn(nth) if nth < calls.len() => {
                    open.remove(&calls[nth]);
                    ExtensionEvent::Withdrawn(calls[nth])
                }
                Happening::Received(nth) if nth < calls.len() => {
                    ExtensionEvent::Received(calls[nth])
                }
                Happening::Gone(number) => {
                    open.retain(|call: &CallId| call.client != client(number));
                    ExtensionEvent::ClientGone(client(number))
                }
                Happening::Passed(milliseconds) => {
                    now = now + Duration::from_millis(milliseconds);
                    ExtensionEvent::Tick
                }
                _ => continue,
            };
            let mut effects = ExtensionEffects::default();
            extension.handle(now, event, &mut effects);
            for effect in effects.0 {
                match effect {
                    ExtensionEffect::Reply { call, .. } | ExtensionEffect::Refuse { call, .. } => {
                        let known = call.request == 0 || open.remove(&call);
                        prop_assert!(known, "{call:?} does not wait for a reply");
                    }
                    ExtensionEffect::Hold { holder, task } => {
                        *holds.entry((holder, task)).or_default() += 1;
                    }
                    ExtensionEffect::LetGo { holder, task } => {
                        let hold = (holder, task);
                        let count = holds.get_mut(&hold);
                        prop_assert!(count.is_some(), "{hold:?} is not held");
                        let count = count.unwrap();
                        *count -= 1;
                        if *count == 0 {
                            holds.remove(&hold);
                        }
                    }
                    ExtensionEffect::Push { operation, .. } => prop_assert!(operation < operations),
                }
            }
        }
    }
}
