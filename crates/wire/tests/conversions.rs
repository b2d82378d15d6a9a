//! Conversions are inverse to each other, and no bytes can upset those that read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::{
    Answer, Call, ClientHello, ClientWelcome, Compute, Explanation, FromClient, FromWorker, Grant,
    HolderList, Input, JobChange, JobSummary, Located, LogLine, Parcel, Peer, Place, Question,
    ReturnCause, Scatter, ToClient, ToWorker, WorkerContents, WorkerHello, WorkerSummary,
    WorkerWelcome,
};
use taskloom_core::{
    ArgumentNode, ClientId, Codec, Encoded, ErrorCode, GraphChunk, GraphId, Key, Operation, Packed,
    Residence, ResourceAmount, RunId, TaskFailure, TaskId, TaskOptions, Ticket, WorkerId,
};
use taskloom_wire::{SessionTerms, Wire, arguments, proto};

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9:é-]{1,12}"
}

fn task() -> impl Strategy<Value = TaskId> {
    any::<u64>().prop_map(TaskId::from_bits)
}

fn worker() -> impl Strategy<Value = WorkerId> {
    any::<u64>().prop_map(WorkerId::from_bits)
}

fn run() -> impl Strategy<Value = RunId> {
    any::<u64>().prop_map(RunId)
}

fn ticket() -> impl Strategy<Value = Ticket> {
    any::<u64>().prop_map(Ticket)
}

fn value() -> impl Strategy<Value = Encoded> {
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

fn operation() -> impl Strategy<Value = Operation> {
    (name(), any::<u32>(), any::<u64>())
        .prop_map(|(name, version, signature)| Operation::new(name, version, signature))
}

fn resources() -> impl Strategy<Value = Vec<(String, ResourceAmount)>> {
    prop::collection::btree_map(name(), any::<u64>().prop_map(ResourceAmount), 0..3)
        .prop_map(|map| map.into_iter().collect())
}

fn workers() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set(name(), 0..3).prop_map(|set| set.into_iter().collect())
}

fn peer() -> impl Strategy<Value = Peer> {
    (worker(), name(), any::<u16>()).prop_map(|(worker, name, port)| Peer {
        worker,
        name,
        address: format!("[::1]:{port}"),
    })
}

fn failure() -> impl Strategy<Value = TaskFailure> {
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

fn input() -> impl Strategy<Value = Input> {
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

fn compute() -> impl Strategy<Value = Compute> {
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

fn to_worker() -> impl Strategy<Value = ToWorker> {
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

fn cause() -> impl Strategy<Value = ReturnCause> {
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

fn from_worker() -> impl Strategy<Value = FromWorker> {
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

fn packed() -> impl Strategy<Value = Packed> {
    (bytes(), vec(any::<u32>(), 0..4)).prop_map(|(blob, ends)| Packed { blob, ends })
}

fn nanos() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_nanos)
}

fn options() -> impl Strategy<Value = TaskOptions> {
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

fn chunk() -> impl Strategy<Value = GraphChunk> {
    let numbers = || vec(any::<u32>(), 0..4);
    (
        (
            any::<u64>(),
            any::<u64>(),
            any::<bool>(),
            ticket(),
            packed(),
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

fn from_client() -> impl Strategy<Value = FromClient> {
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

fn question() -> impl Strategy<Value = Question> {
    let tickets = || vec(ticket(), 0..4);
    let change = prop_oneof![
        (1..u32::MAX).prop_map(JobChange::Weight),
        Just(JobChange::Pause),
        Just(JobChange::Resume),
        option::of(1..u32::MAX).prop_map(JobChange::Cap),
        Just(JobChange::Cancel),
    ];
    prop_oneof![
        ticket().prop_map(Question::Explain),
        tickets().prop_map(Question::WhoHas),
        workers().prop_map(Question::HasWhat),
        workers().prop_map(Question::Processing),
        Just(Question::Workers),
        any::<u32>().prop_map(Question::WaitForWorkers),
        (tickets(), any::<u32>(), workers()).prop_map(|(tickets, copies, workers)| {
            Question::Replicate {
                tickets,
                copies,
                workers,
            }
        }),
        (tickets(), workers())
            .prop_map(|(tickets, workers)| Question::Rebalance { tickets, workers }),
        (operation(), bytes(), workers()).prop_map(|(operation, arguments, workers)| {
            Question::Run {
                operation,
                arguments,
                workers,
            }
        }),
        workers().prop_map(Question::Restart),
        workers().prop_map(Question::Retire),
        ".{0,8}".prop_map(Question::Shutdown),
        Just(Question::Jobs),
        (".{0,8}", change).prop_map(|(job, change)| Question::SetJob { job, change }),
        Just(Question::Sync),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    let texts = || vec(".{0,8}", 0..3);
    let key = || name().prop_map(|key| Key::new(key).unwrap());
    let explanation = (
        (name(), ".{0,8}", ".{0,8}", ".{0,8}", ".{0,8}"),
        (
            texts(),
            texts(),
            texts(),
            option::of(any::<u64>()),
            any::<u32>(),
        ),
    )
        .prop_map(|(one, two)| {
            let (key, operation, label, job, state) = one;
            let (reasons, workers, story, queue_place, runs) = two;
            Explanation {
                key,
                operation,
                label,
                job,
                state,
                reasons,
                workers,
                story,
                queue_place,
                runs,
            }
        });
    let summary = (
        (name(), any::<u16>(), any::<u32>(), any::<u64>()),
        (resources(), any::<u64>(), any::<u32>()),
    )
        .prop_map(|(one, two)| {
            let (name, port, nthreads, memory_limit) = one;
            let (resources, stored_bytes, processing) = two;
            WorkerSummary {
                name,
                address: format!("host:{port}"),
                nthreads,
                memory_limit,
                resources,
                stored_bytes,
                processing,
            }
        });
    let job = (
        (
            ".{0,8}",
            any::<u32>(),
            any::<bool>(),
            option::of(1..u32::MAX),
        ),
        (any::<u64>(), any::<u64>(), any::<u64>(), nanos()),
    )
        .prop_map(|(one, two)| {
            let (job, weight, paused, cap) = one;
            let (queued, running, tasks, given) = two;
            JobSummary {
                job,
                weight,
                paused,
                cap,
                queued,
                running,
                tasks,
                given,
            }
        });
    let ran = prop_oneof![
        value().prop_map(Ok),
        failure().prop_map(|failure| Err(Arc::new(failure)))
    ];
    prop_oneof![
        explanation.prop_map(Answer::Explained),
        vec((texts(), any::<u64>()), 0..3).prop_map(|lists| {
            let list = |(workers, nbytes)| HolderList { workers, nbytes };
            Answer::Holders(lists.into_iter().map(list).collect())
        }),
        vec((name(), vec((key(), any::<u64>()), 0..3)), 0..3).prop_map(|workers| {
            let contents = |(worker, keys): (String, Vec<(Key, u64)>)| WorkerContents {
                count: keys.len() as u64,
                worker,
                keys,
            };
            Answer::Contents(workers.into_iter().map(contents).collect())
        }),
        vec(summary, 0..3).prop_map(Answer::Workers),
        vec((name(), ran), 0..3).prop_map(Answer::Ran),
        vec(job, 0..3).prop_map(Answer::Jobs),
        any::<u64>().prop_map(Answer::Done),
    ]
}

fn parcel() -> impl Strategy<Value = Parcel> {
    let grant = (Ticket::FIRST_GRANTED.0..u64::MAX, name()).prop_map(|(ticket, key)| Grant {
        ticket: Ticket(ticket),
        key: Key::new(key).unwrap(),
    });
    (bytes(), vec(grant, 0..3)).prop_map(|(payload, futures)| Parcel { payload, futures })
}

fn log_line() -> impl Strategy<Value = LogLine> {
    (name(), name(), 0..=5_u8, ".{0,8}").prop_map(|(key, worker, level, text)| LogLine {
        key: Key::new(key).unwrap(),
        worker,
        level,
        text,
    })
}

fn located() -> impl Strategy<Value = Located> {
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

fn to_client() -> impl Strategy<Value = ToClient> {
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
