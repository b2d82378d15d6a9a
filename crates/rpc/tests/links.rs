//! Sessions between two ends over loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;
use support::{Server, client_hello, soon, worker_hello};
use taskloom_core::limits::{BATCH_BYTES, MESSAGE_BYTES_MAX, PROTOCOL_VERSION};
use taskloom_core::message::{FromClient, FromWorker, ToClient, ToWorker};
use taskloom_core::{TaskId, Ticket, WorkerId};
use taskloom_rpc::link::{Batching, LinkError};
use taskloom_rpc::{ConnectError, ConnectOptions, RefusedAs, connect_client, connect_worker};
use taskloom_wire::proto;
use taskloom_wire::proto::worker_service_client::WorkerServiceClient;

fn stored(n: u64) -> FromWorker {
    FromWorker::Stored {
        task: TaskId::from_bits(n),
        nbytes: n,
    }
}

#[tokio::test]
async fn messages_arrive_in_order_both_ways_in_few_frames() {
    let mut server = Server::start().await;
    let options = ConnectOptions::default();
    let mut link = soon(connect_worker(
        &server.scheduler(),
        worker_hello(),
        &options,
    ))
    .await
    .unwrap();
    assert_eq!(
        (link.welcome.worker, link.welcome.epoch),
        (WorkerId::new(1, 1), 7)
    );
    assert_eq!(link.welcome.heartbeat, Duration::from_millis(500));
    let (hello, mut their) = server.workers.recv().await.unwrap();
    assert_eq!(hello, worker_hello());
    assert!(their.remote.unwrap().ip().is_loopback());

    link.outbox.push(stored(0));
    link.outbox.push_all((1..1000).map(stored).collect());
    let (mut next, mut frames) = (0, 0);
    while next < 1000 {
        let batch = soon(their.inbox.next()).await.unwrap().unwrap();
        frames += 1;
        for message in batch.messages {
            assert_eq!(message, stored(next));
            next += 1;
        }
    }
    // All were queued before the transport ran.
    assert_eq!(frames, 1);

    their.outbox.push(ToWorker::PeerGone(WorkerId::new(3, 1)));
    their.outbox.push(ToWorker::MayLeave);
    let batch = soon(link.inbox.next()).await.unwrap().unwrap();
    assert_eq!(
        batch.messages,
        [ToWorker::PeerGone(WorkerId::new(3, 1)), ToWorker::MayLeave]
    );
    assert!(link.heard.silence() < Duration::from_secs(20));
}

#[tokio::test]
async fn batches_are_bounded() {
    let mut server = Server::start().await;
    let options = ConnectOptions::default();
    let link = soon(connect_worker(
        &server.scheduler(),
        worker_hello(),
        &options,
    ))
    .await
    .unwrap();
    let (_, mut their) = server.workers.recv().await.unwrap();
    let words = |n: usize| FromWorker::AcquireFailed {
        task: TaskId::from_bits(n as u64),
        reason: "x".repeat(BATCH_BYTES / 4 - 24),
    };
    link.outbox.push_all((0..10).map(words).collect());
    assert!(link.outbox.queued_bytes() > 2 * BATCH_BYTES as u64);
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 10 {
        sizes.push(
            soon(their.inbox.next())
                .await
                .unwrap()
                .unwrap()
                .messages
                .len(),
        );
    }
    assert_eq!(sizes, [4, 4, 2]);
    assert_eq!(link.outbox.queued_bytes(), 0);
}

#[tokio::test]
async fn a_sender_without_credit_stops_and_goes_on_when_frames_are_handled() {
    let mut server = Server::start().await;
    // The scheduler may have 1,000 bytes unacknowledged towards this client.
    let options = ConnectOptions {
        window_bytes: 1000,
        ..ConnectOptions::default()
    };
    let mut link = soon(connect_client(
        &server.scheduler(),
        client_hello(),
        &options,
    ))
    .await
    .unwrap();
    let (_, their) = server.clients.recv().await.unwrap();
    let words = |n| ToClient::Closing {
        reason: format!("{n:0600}"),
    };
    let mut held = Vec::new();
    for n in 0..2 {
        their.outbox.push(words(n));
        let batch = soon(link.inbox.next()).await.unwrap().unwrap();
        assert_eq!(batch.messages, [words(n)]);
        held.push(batch.handled);
    }
    // Two frames of 608 bytes are out: the third must wait for the first to be handled. That the
    // scheduler is still alive and could send is seen by a call on the same connection.
    their.outbox.push(words(2));
    let request = proto::IdentityRequest {};
    assert_eq!(
        soon(link.admin.identity(request))
            .await
            .unwrap()
            .into_inner()
            .release,
        "test"
    );
    assert_eq!(their.outbox.queued_bytes(), 608);
    // Handled out of turn: nothing is acknowledged before the first is.
    held.pop().unwrap().done();
    assert_eq!(
        soon(link.admin.identity(request))
            .await
            .unwrap()
            .into_inner()
            .release,
        "test"
    );
    assert_eq!(their.outbox.queued_bytes(), 608);
    let mut inbox = their.inbox;
    let reader = tokio::spawn(async move { inbox.next().await.map(|batch| batch.is_none()) });
    drop(held);
    let batch = soon(link.inbox.next()).await.unwrap().unwrap();
    assert_eq!(batch.messages, [words(2)]);
    link.outbox.close();
    assert_eq!(soon(reader).await.unwrap(), Ok(true));
}

#[tokio::test]
async fn what_is_queued_goes_out_before_the_end() {
    let mut server = Server::start().await;
    let options = ConnectOptions::default();
    let mut link = soon(connect_client(
        &server.scheduler(),
        client_hello(),
        &options,
    ))
    .await
    .unwrap();
    let (_, mut their) = server.clients.recv().await.unwrap();
    link.outbox.push(FromClient::Heartbeat);
    link.outbox.push(FromClient::Release(vec![Ticket(4)]));
    link.outbox.close();
    link.outbox.push(FromClient::Heartbeat);
    let batch = soon(their.inbox.next()).await.unwrap().unwrap();
    assert_eq!(
        batch.messages,
        [FromClient::Heartbeat, FromClient::Release(vec![Ticket(4)])]
    );
    assert!(soon(their.inbox.next()).await.unwrap().is_none());
    assert!(soon(their.inbox.next()).await.unwrap().is_none());

    // The other direction is still open, and ends when the last outbox is dropped.
    let second = their.outbox.clone();
    drop(their.outbox);
    second.push(ToClient::Closing {
        reason: "bye".to_owned(),
    });
    drop(second);
    let batch = soon(link.inbox.next()).await.unwrap().unwrap();
    assert_eq!(
        batch.messages,
        [ToClient::Closing {
            reason: "bye".to_owned()
        }]
    );
    assert!(soon(link.inbox.next()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_party_that_vanishes_breaks_the_link() {
    let mut server = Server::start().await;
    let address = server.scheduler();
    // A runtime of its own that is dropped: the connection goes without a word, as after a kill.
    let party = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let options = ConnectOptions::default();
        let link = runtime
            .block_on(connect_worker(&address, worker_hello(), &options))
            .unwrap();
        drop(runtime);
        drop(link);
    });
    let (_, mut their) = soon(server.workers.recv()).await.unwrap();
    let error = soon(their.inbox.next()).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, LinkError::Broken(_)), "{error:?}");
    party.join().unwrap();
    // Messages for nobody do not pile up.
    while !their.outbox.is_closed() {
        tokio::task::yield_now().await;
    }
    their.outbox.push(ToWorker::MayLeave);
    assert_eq!(their.outbox.queued_bytes(), 0);
}

#[tokio::test]
async fn a_scheduler_that_vanishes_breaks_the_link() {
    let mut server = Server::start().await;
    let options = ConnectOptions::default();
    let mut link = soon(connect_worker(
        &server.scheduler(),
        worker_hello(),
        &options,
    ))
    .await
    .unwrap();
    let (_, their) = server.workers.recv().await.unwrap();
    drop(their);
    assert!(soon(link.inbox.next()).await.unwrap().is_none());
    drop(server);
}

#[tokio::test]
async fn refusals_say_why() {
    let server = Server::start().await;
    let options = ConnectOptions::default();
    let mut hello = worker_hello();
    hello.protocol = 99;
    let error = soon(connect_worker(&server.scheduler(), hello, &options))
        .await
        .err()
        .unwrap();
    let ConnectError::Refused { reason, message } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*reason, RefusedAs::Protocol);
    assert!(
        message.contains(&format!("protocol {PROTOCOL_VERSION}")),
        "{message}"
    );
    assert!(message.contains("99") && !error.is_temporary());

    let mut hello = worker_hello();
    hello.name = "taken".to_owned();
    let error = soon(connect_worker(&server.scheduler(), hello, &options))
        .await
        .err()
        .unwrap();
    assert!(matches!(
        error,
        ConnectError::Refused {
            reason: RefusedAs::NameTaken,
            ..
        }
    ));
    assert!(error.is_temporary());

    let mut hello = worker_hello();
    hello.address = "nowhere".to_owned();
    let error = soon(connect_worker(&server.scheduler(), hello, &options))
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("address"), "{error}");
}

#[tokio::test]
async fn nobody_there_is_told_in_few_words() {
    let gone = support::listener().address;
    let options = ConnectOptions::default();
    let error = soon(connect_client(&gone.into(), client_hello(), &options))
        .await
        .err()
        .unwrap();
    assert_eq!(error.to_string(), format!("{gone}: connection refused"));
    assert!(error.is_temporary());

    // A port that takes connections and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let options = ConnectOptions {
        timeout: Duration::from_millis(50),
        ..options
    };
    let error = soon(connect_client(&address.into(), client_hello(), &options))
        .await
        .err()
        .unwrap();
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error}");
}

/// A worker's session that is spoken by hand.
struct ByHand {
    say: tokio::sync::mpsc::UnboundedSender<proto::WorkerFrame>,
    answer: tonic::Streaming<proto::WorkerReplyFrame>,
}

impl ByHand {
    async fn open(server: &Server) -> Self {
        let url = format!("http://{}", server.address);
        let mut client = WorkerServiceClient::connect(url).await.unwrap();
        let (say, receiver) = tokio::sync::mpsc::unbounded_channel();
        let terms = taskloom_wire::SessionTerms {
            session: [1; 16],
            window_bytes: 1000,
        };
        let hello = Some(proto::WorkerHello::from_core(worker_hello(), terms));
        say.send(proto::WorkerFrame {
            hello,
            ..Default::default()
        })
        .unwrap();
        let frames = tokio_stream::wrappers::UnboundedReceiverStream::new(receiver);
        let mut answer = soon(client.session(frames)).await.unwrap().into_inner();
        let first = soon(answer.message()).await.unwrap().unwrap();
        assert!(first.welcome.is_some());
        Self { say, answer }
    }

    fn say(&self, seq: u64, kinds: Vec<Option<proto::from_worker::Kind>>) {
        let message = |kind| proto::FromWorker { kind };
        let messages = kinds.into_iter().map(message).collect();
        let frame = proto::WorkerFrame {
            seq,
            messages,
            ..Default::default()
        };
        self.say.send(frame).unwrap();
    }
}

#[tokio::test]
async fn a_broken_protocol_ends_the_call_with_its_reason() {
    let mut server = Server::start().await;
    let mut worker = ByHand::open(&server).await;
    let (_, mut their) = server.workers.recv().await.unwrap();
    worker.say(2, vec![Some(proto::from_worker::Kind::Leaving(true))]);
    let error = soon(their.inbox.next()).await.err().unwrap();
    assert!(
        matches!(&error, LinkError::Protocol(words) if words.contains("lost")),
        "{error}"
    );
    let status = soon(worker.answer.message()).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::DataLoss);
}

#[tokio::test]
async fn s8_a_message_of_an_unknown_kind_is_skipped_and_the_stream_goes_on() {
    let mut server = Server::start().await;
    let worker = ByHand::open(&server).await;
    let (_, mut their) = server.workers.recv().await.unwrap();
    let leaving = || Some(proto::from_worker::Kind::Leaving(true));
    // A field that this release does not know decodes to no kind at all.
    worker.say(1, vec![None, leaving(), None]);
    worker.say(2, vec![None]);
    worker.say(3, vec![leaving()]);
    let mut frames = Vec::new();
    for _ in 0..3 {
        let batch = soon(their.inbox.next()).await.unwrap().unwrap();
        frames.push(batch.messages);
    }
    let leaving = FromWorker::Leaving;
    assert_eq!(frames, [vec![leaving.clone()], vec![], vec![leaving]]);
    assert_eq!(their.inbox.unknown(), 3);
}

#[tokio::test]
async fn s8_after_the_end_of_a_stream_no_message_is_handled() {
    let mut server = Server::start().await;
    let worker = ByHand::open(&server).await;
    let (_, mut their) = server.workers.recv().await.unwrap();
    worker.say(1, vec![Some(proto::from_worker::Kind::Leaving(true))]);
    // It breaks the protocol, and what follows in its stream counts no more.
    worker.say(3, vec![Some(proto::from_worker::Kind::Leaving(true))]);
    worker.say(2, vec![Some(proto::from_worker::Kind::Leaving(true))]);
    assert!(soon(their.inbox.next()).await.unwrap().is_some());
    let error = soon(their.inbox.next()).await.err().unwrap();
    for _ in 0..3 {
        assert_eq!(soon(their.inbox.next()).await.err(), Some(error.clone()));
    }
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_session_with_words_on_both_sides() {
    let mut server = Server::start().await;
    let options = ConnectOptions::default();
    let address = server.scheduler();
    let link = connect_worker(&address, worker_hello(), &options);
    let mut link = soon(link).await.unwrap();
    let (_, mut their) = server.workers.recv().await.unwrap();
    link.outbox.push(FromWorker::AcquireFailed {
        task: TaskId::from_bits(1),
        reason: "x".repeat(MESSAGE_BYTES_MAX),
    });
    let error = soon(their.inbox.next()).await.err().unwrap();
    assert!(matches!(&error, LinkError::Protocol(words) if words.contains("too large")));
    drop(their);
    let error = soon(link.inbox.next()).await.err().unwrap();
    assert!(matches!(&error, LinkError::Protocol(words) if words.contains("too large")));
}

#[tokio::test]
async fn a_stream_without_a_hello_is_refused() {
    let server = Server::start().await;
    let url = format!("http://{}", server.address);
    let mut client = WorkerServiceClient::connect(url).await.unwrap();
    let frame = proto::WorkerFrame {
        seq: 1,
        ..Default::default()
    };
    let status = soon(client.session(futures::stream::iter([frame])))
        .await
        .unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    assert!(status.message().contains("hello"), "{status}");
}

#[tokio::test]
async fn s2_the_first_message_leaves_at_once_and_the_next_gather_by_time_or_size() {
    let mut server = Server::start().await;
    let options = ConnectOptions::default();
    let address = server.scheduler();
    let link = connect_worker(&address, worker_hello(), &options);
    let mut link = soon(link).await.unwrap();
    let (_, mut their) = server.workers.recv().await.unwrap();
    let patient = Batching {
        interval: Duration::from_secs(3600),
        burst: 1,
        bytes: 1024,
    };
    link.outbox.set_batching(patient);
    link.outbox.push(stored(0));
    let batch = soon(their.inbox.next()).await.unwrap().unwrap();
    assert_eq!(batch.messages, [stored(0)]);
    // The next waits: that the link could send is seen by a call on the same connection.
    link.outbox.push(stored(1));
    soon(link.admin.identity(proto::IdentityRequest {}))
        .await
        .unwrap();
    assert!(link.outbox.queued_bytes() > 0);
    // By size.
    link.outbox.push_all((2..100).map(stored).collect());
    let batch = soon(their.inbox.next()).await.unwrap().unwrap();
    assert_eq!(batch.messages, (1..100).map(stored).collect::<Vec<_>>());
    // By time.
    let interval = Duration::from_millis(5);
    link.outbox.set_batching(Batching {
        interval,
        ..patient
    });
    for n in 100..200 {
        link.outbox.push(stored(n));
    }
    let mut next = 100;
    while next < 200 {
        for message in soon(their.inbox.next()).await.unwrap().unwrap().messages {
            assert_eq!(message, stored(next));
            next += 1;
        }
    }
    // What is said last waits for nothing.
    link.outbox.set_batching(patient);
    link.outbox.push(stored(200));
    link.outbox.close();
    let batch = soon(their.inbox.next()).await.unwrap().unwrap();
    assert_eq!(batch.messages, [stored(200)]);
}
