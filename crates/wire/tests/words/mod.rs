//! Random words of all parties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod questions;

pub use questions::{answer, question};

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::message::{
    Call, Compute, FromClient, FromWorker, Grant, Input, Located, LogLine, Parcel, Peer, Place,
    ReturnCause, Scatter, ToClient, ToWorker,
};
use taskloom_core::{
    Codec, Encoded, ErrorCode, GraphChunk, GraphId, HashedKeys, Key, Keys, Operation, Packed,
    Residence, ResourceAmount, RunId, TaskFailure, TaskId, TaskOptions, Ticket, WorkerId,
};

pub fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

pub fn name() -> impl Strategy<Value = String> {
    "[a-z0-9:é-]{1,12}"
}

pub fn task() -> impl Strategy<Value = TaskId> {
    any::<u64>().prop_map(TaskId::from_bits)
}

pub fn worker() -> impl Strategy<Value = WorkerId> {
    any::<u64>().prop_map(WorkerId::from_bits)
}

pub fn run() -> impl Strategy<Value = RunId> {
    any::<u64>().prop_map(RunId)
}

pub fn ticket() -> impl Strategy<Value = Ticket> {
    any::<u64>().prop_map(Ticket)
}

pub fn value() -> impl Strategy<Value = Encoded> {
    (any::<bool>(), bytes(), vec(bytes(), 0..3)).prop_map(
        |(packed, header, buffers)| match packed {
            true => Encoded {
                codec: Codec::MessagePack,
                header,
                buffers,
            },
            false => Encoded {
                codec: Codec::Bytes,
                header: Bytes::new(),
                buffers,
            },
        },
    )
}

pub fn operation() -> impl Strategy<Value = Operation> {
    (name(), any::<u32>(), any::<u64>())
        .prop_map(|(name, version, signature)| Operation::new(name, version, signature))
}

pub fn resources() -> impl Strategy<Value = Vec<(String, ResourceAmount)>> {
    prop::collection::btree_map(name(), any::<u64>().prop_map(ResourceAmount), 0..3)
        .prop_map(|map| map.into_iter().collect())
}

pub fn workers() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set(name(), 0..3).prop_map(|set| set.into_iter().collect())
}

pub fn peer() -> impl Strategy<Value = Peer> {
    (worker(), name(), any::<u16>()).prop_map(|(worker, name, port)| Peer {
        worker,
        name,
        address: format!("[::1]:{port}"),
    })
}

pub fn failure() -> impl Strategy<Value = TaskFailure> {
    (
        0..ErrorCode::ALL.len(),
        ".{0,8}",
        vec(".{0,8}", 0..3),
        option::of(".{1,8}"),
        ".{0,8}",
        ".{0,8}",
        ".{0,8}",
        any::<u32>(),
        vec(".{0,8}", 0..3),
    )
        .prop_map(
            |(code, message, chain, place, key, operation, worker, runs, story)| {
                let code = ErrorCode::ALL[code];
                TaskFailure {
                    code,
                    message,
                    chain,
                    place,
                    key,
                    operation,
                    worker,
                    runs,
                    story,
                }
            },
        )
}

pub fn input() -> impl Strategy<Value = Input> {
    (
        task(),
        any::<u64>(),
        vec(worker(), 0..3),
        option::of(value()),
    )
        .prop_map(|(task, nbytes, holders, value)| Input {
            task,
            nbytes,
            holders,
            value,
        })
}

pub fn compute() -> impl Strategy<Value = Compute> {
    (
        (task(), run(), name(), any::<u32>(), any::<i32>()),
        (
            any::<u64>(),
            bytes(),
            vec(input(), 0..3),
            any::<bool>(),
            nanos(),
        ),
    )
        .prop_map(
            |(
                (task, run, key, operation, priority),
                (rank, arguments, inputs, inline, timeout),
            )| {
                let (key, inline_result) = (Bytes::from(key), inline);
                Compute {
                    task,
                    run,
                    key,
                    operation,
                    priority,
                    rank,
                    arguments,
                    inputs,
                    inline_result,
                    timeout,
                }
            },
        )
}

pub fn to_worker() -> impl Strategy<Value = ToWorker> {
    prop_oneof![
        peer().prop_map(ToWorker::Peer),
        worker().prop_map(ToWorker::PeerGone),
        compute().prop_map(|compute| ToWorker::Compute(Box::new(compute))),
        vec(run(), 0..3).prop_map(ToWorker::Cancel),
        vec(run(), 0..3).prop_map(ToWorker::Retract),
        vec(task(), 0..3).prop_map(ToWorker::Free),
        (task(), any::<u64>(), vec(worker(), 0..3)).prop_map(|(task, nbytes, holders)| {
            ToWorker::Acquire {
                task,
                nbytes,
                holders,
            }
        }),
        Just(ToWorker::MayLeave),
        (any::<u64>(), any::<u32>(), bytes()).prop_map(|(request, operation, arguments)| {
            ToWorker::Run {
                request,
                operation,
                arguments,
            }
        }),
        Just(ToWorker::Retire),
        ".{0,8}".prop_map(|reason| ToWorker::Restart { reason }),
        any::<bool>().prop_map(ToWorker::Listen),
        ".{0,8}".prop_map(|reason| ToWorker::Closing { reason }),
    ]
}

pub fn cause() -> impl Strategy<Value = ReturnCause> {
    prop_oneof![
        Just(ReturnCause::Withdrawn),
        Just(ReturnCause::Leaving),
        (task(), worker(), ".{0,8}").prop_map(|(input, holder, reason)| ReturnCause::Unreachable {
            input,
            holder,
            reason
        }),
        (task(), option::of(worker()))
            .prop_map(|(input, holder)| ReturnCause::Missing { input, holder }),
    ]
}

pub fn from_worker() -> impl Strategy<Value = FromWorker> {
    let elapsed = || any::<u64>().prop_map(Duration::from_nanos);
    prop_oneof![
        (task(), run(), any::<u64>(), elapsed(), option::of(value())).prop_map(
            |(task, run, nbytes, elapsed, value)| FromWorker::Finished {
                task,
                run,
                nbytes,
                elapsed,
                value
            }
        ),
        (task(), run(), elapsed(), failure().prop_map(Box::new)).prop_map(
            |(task, run, elapsed, failure)| FromWorker::Failed {
                task,
                run,
                elapsed,
                failure
            }
        ),
        (task(), run(), cause()).prop_map(|(task, run, cause)| FromWorker::Returned {
            task,
            run,
            cause
        }),
        (task(), any::<u64>()).prop_map(|(task, nbytes)| FromWorker::Stored { task, nbytes }),
        (task(), ".{0,8}").prop_map(|(task, reason)| FromWorker::AcquireFailed { task, reason }),
        (vec(run(), 0..3), any::<u64>(), any::<u64>()).prop_map(
            |(executing, stored_bytes, process_bytes)| FromWorker::Heartbeat {
                executing,
                stored_bytes,
                process_bytes
            }
        ),
        (any::<u64>(), value()).prop_map(|(request, value)| FromWorker::Ran {
            request,
            result: Ok(value),
        }),
        (any::<u64>(), failure()).prop_map(|(request, failure)| FromWorker::Ran {
            request,
            result: Err(Box::new(failure)),
        }),
        (task(), run()).prop_map(|(task, run)| FromWorker::Seceded { task, run }),
        (task(), run()).prop_map(|(task, run)| FromWorker::Rejoined { task, run }),
        (task(), vec((0..=5_u8, ".{0,8}"), 0..3))
            .prop_map(|(task, lines)| FromWorker::Logged { task, lines }),
        Just(FromWorker::Leaving),
    ]
}

pub fn keys() -> impl Strategy<Value = Keys> {
    let hashed = (vec(bytes(), 0..3), vec(any::<u32>(), 0..3), 1..4_usize);
    prop_oneof![
        packed().prop_map(Keys::Text),
        hashed.prop_map(|(names, name_of, n)| {
            Keys::Hashed(HashedKeys {
                names,
                name_of,
                digests: vec![n as u8; 16 * n].into(),
            })
        }),
    ]
}

pub fn packed() -> impl Strategy<Value = Packed> {
    (bytes(), vec(any::<u32>(), 0..4)).prop_map(|(blob, ends)| Packed { blob, ends })
}

pub fn nanos() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_nanos)
}

pub fn options() -> impl Strategy<Value = TaskOptions> {
    let residence = prop_oneof![
        Just(Residence::Anywhere),
        Just(Residence::Fixed),
        Just(Residence::Restarted)
    ];
    (
        (any::<i32>(), resources(), workers(), any::<bool>()),
        (any::<u32>(), nanos(), nanos()),
        (".{0,8}", ".{0,8}", residence),
    )
        .prop_map(|(one, two, three)| {
            let (priority, resources, workers, or_any) = one;
            let (retries, backoff, timeout) = two;
            let (label, job, residence) = three;
            TaskOptions {
                priority,
                resources,
                or_any: or_any && !workers.is_empty(),
                workers,
                retries,
                backoff,
                timeout,
                label,
                job,
                residence,
            }
        })
}

pub fn chunk() -> impl Strategy<Value = GraphChunk> {
    let numbers = || vec(any::<u32>(), 0..4);
    (
        (
            any::<u64>(),
            any::<u64>(),
            any::<bool>(),
            ticket(),
            keys(),
            packed(),
        ),
        (
            vec(operation(), 0..3),
            numbers(),
            vec(options(), 0..3),
            numbers(),
            numbers(),
        ),
        (vec(ticket(), 0..4), numbers(), numbers(), any::<bool>()),
        option::of((task(), (1..u64::MAX).prop_map(RunId))),
    )
        .prop_map(|(one, two, three, parent)| {
            let (graph, graph_tasks, last, first_ticket, keys, arguments) = one;
            let (new_operations, operation_of, new_options, options_of, dependency_ends) = two;
            let (dependencies, order, wanted, all_wanted) = three;
            GraphChunk {
                graph: GraphId(graph),
                graph_tasks,
                graph_bytes: graph_tasks / 2,
                last,
                first_ticket,
                keys,
                arguments,
                new_operations,
                operation_of,
                new_options,
                options_of,
                dependency_ends,
                dependencies,
                order,
                wanted,
                all_wanted,
                parent,
            }
        })
}

pub fn from_client() -> impl Strategy<Value = FromClient> {
    let tickets = || vec(ticket(), 0..4);
    prop_oneof![
        chunk().prop_map(|chunk| FromClient::Submit(Box::new(chunk))),
        (ticket(), name(), any::<u64>(), workers(), any::<bool>()).prop_map(
            |(ticket, key, nbytes, workers, broadcast)| FromClient::Scatter(Scatter {
                ticket,
                key: Key::new(key).unwrap(),
                nbytes,
                workers,
                broadcast
            })
        ),
        (task(), option::of(worker()), ".{0,8}").prop_map(|(task, worker, reason)| {
            FromClient::SupplyFailed {
                task,
                worker,
                reason,
            }
        }),
        tickets().prop_map(FromClient::Release),
        tickets().prop_map(FromClient::Cancel),
        (any::<u64>(), tickets())
            .prop_map(|(request, tickets)| FromClient::Locate { request, tickets }),
        (task(), worker()).prop_map(|(task, worker)| FromClient::Missing { task, worker }),
        (ticket(), name()).prop_map(|(ticket, key)| FromClient::Want {
            ticket,
            key: Key::new(key).unwrap(),
        }),
        tickets().prop_map(FromClient::Retry),
        tickets().prop_map(FromClient::Detach),
        (any::<u64>(), any::<u32>(), bytes(), tickets()).prop_map(
            |(request, operation, payload, futures)| {
                FromClient::Call(Box::new(Call {
                    request,
                    operation,
                    payload,
                    futures,
                }))
            }
        ),
        any::<u64>().prop_map(FromClient::Withdraw),
        any::<u64>().prop_map(FromClient::Received),
        (any::<u64>(), question())
            .prop_map(|(request, question)| FromClient::Ask { request, question }),
        any::<bool>().prop_map(FromClient::Listen),
        Just(FromClient::Heartbeat),
    ]
}

pub fn parcel() -> impl Strategy<Value = Parcel> {
    let grant = (Ticket::FIRST_GRANTED.0..u64::MAX, name()).prop_map(|(ticket, key)| Grant {
        ticket: Ticket(ticket),
        key: Key::new(key).unwrap(),
    });
    (bytes(), vec(grant, 0..3)).prop_map(|(payload, futures)| Parcel { payload, futures })
}

pub fn log_line() -> impl Strategy<Value = LogLine> {
    (name(), name(), 0..=5_u8, ".{0,8}").prop_map(|(key, worker, level, text)| LogLine {
        key: Key::new(key).unwrap(),
        worker,
        level,
        text,
    })
}

pub fn located() -> impl Strategy<Value = Located> {
    let place = (task(), any::<u64>(), vec(peer(), 0..3), option::of(value())).prop_map(
        |(task, nbytes, holders, value)| Place {
            task,
            nbytes,
            holders,
            value,
        },
    );
    (ticket(), option::of(place)).prop_map(|(ticket, place)| Located { ticket, place })
}

pub fn to_client() -> impl Strategy<Value = ToClient> {
    prop_oneof![
        (ticket(), any::<u64>(), option::of(value())).prop_map(|(ticket, nbytes, value)| {
            ToClient::Finished {
                ticket,
                nbytes,
                value,
            }
        }),
        (ticket(), failure().prop_map(Arc::new))
            .prop_map(|(ticket, failure)| ToClient::Failed { ticket, failure }),
        (ticket(), 0_u64..1000, failure().prop_map(Arc::new)).prop_map(
            |(first, count, failure)| ToClient::Refused {
                first,
                count,
                failure
            }
        ),
        ticket().prop_map(|ticket| ToClient::Pending { ticket }),
        (operation(), any::<u64>(), vec(name(), 0..3), ".{0,8}").prop_map(
            |(operation, tasks, near, reason)| ToClient::Waiting {
                operation,
                tasks,
                near,
                reason
            }
        ),
        (ticket(), task(), vec(peer(), 0..3)).prop_map(|(ticket, task, targets)| {
            ToClient::Supply {
                ticket,
                task,
                targets,
            }
        }),
        (any::<u64>(), vec(located(), 0..3))
            .prop_map(|(request, places)| ToClient::Located { request, places }),
        (any::<u64>(), parcel()).prop_map(|(request, parcel)| ToClient::Replied {
            request,
            result: Ok(parcel),
        }),
        (any::<u64>(), failure()).prop_map(|(request, failure)| ToClient::Replied {
            request,
            result: Err(Arc::new(failure)),
        }),
        (any::<u32>(), parcel())
            .prop_map(|(operation, parcel)| ToClient::Pushed { operation, parcel }),
        (any::<u64>(), answer()).prop_map(|(request, answer)| ToClient::Answered {
            request,
            result: Ok(Box::new(answer)),
        }),
        (any::<u64>(), failure()).prop_map(|(request, failure)| ToClient::Answered {
            request,
            result: Err(Arc::new(failure)),
        }),
        vec(log_line(), 0..3).prop_map(ToClient::Logged),
        ".{0,8}".prop_map(|reason| ToClient::Closing { reason }),
    ]
}
