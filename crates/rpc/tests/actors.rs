//! Calls of actors over loopback: with our own caller, with one that was generated, and through the
//! relay.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code)] // Of the common support, only a part is used.

mod support;

use bytes::Bytes;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{listener, soon};
use taskloom_core::actor::{ActorCall, ActorTransport, CallEnd};
use taskloom_core::limits::MESSAGE_BYTES_MAX;
use taskloom_core::{ArgumentNode, Encoded, ErrorCode, RunId, WorkerId};
use taskloom_rpc::actor::{
    ActorPool, ActorRelay, ActorService, ActorTable, Answer, ArrivedCall, CallOptions, FindWorker,
};
use taskloom_rpc::serve::with_actors;
use taskloom_wire::proto;
use taskloom_wire::proto::actor_reply::Result as Said;
use taskloom_wire::proto::actors_client::ActorsClient;
use taskloom_wire::proto::actors_server::Actors;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::service::Routes;
use tonic::transport::Server;

/// The actor that answers with its argument; no other is known.
const ECHO: u64 = 7;

/// Takes calls in and answers them when it is told to.
#[derive(Default)]
struct Table {
    held: Mutex<Option<Vec<(ArrivedCall, Answer)>>>,
}

fn argument(call: &ArrivedCall) -> Encoded {
    match call.nodes.first() {
        Some(ArgumentNode::Value(value)) => value.clone(),
        other => panic!("{other:?}"),
    }
}

impl ActorTable for Table {
    fn take(&self, call: ArrivedCall, answer: Answer) {
        if call.actor != RunId(ECHO) {
            return;
        }
        if let Some(held) = &mut *self.held.lock().unwrap() {
            held.push((call, answer));
            return;
        }
        match call.method.as_str() {
            "echo" => answer.give(Ok(argument(&call))),
            "grow" => answer.give(Ok(Encoded::bytes(vec![0; MESSAGE_BYTES_MAX].into()))),
            other => panic!("{other}"),
        }
    }
}

/// Serves these actors; returns `host:port`.
fn served(actors: impl Actors) -> String {
    let listener = listener();
    let address = listener.address.to_string();
    let incoming = tokio::net::TcpListener::from_std(listener.socket).unwrap();
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(incoming);
    let routes = with_actors(Routes::default(), actors);
    tokio::spawn(
        Server::builder()
            .add_routes(routes)
            .serve_with_incoming(incoming),
    );
    address
}

/// A call of the test: where it says how it ended.
#[derive(Debug)]
struct Call {
    actor: u64,
    method: &'static str,
    nodes: Vec<ArgumentNode>,
    ends: mpsc::UnboundedSender<(u8, CallEnd)>,
}

impl ActorCall for Call {
    fn actor(&self) -> RunId {
        RunId(self.actor)
    }

    fn method(&self) -> &'static str {
        self.method
    }

    fn signature(&self) -> u64 {
        0
    }

    fn nodes(&self) -> &[ArgumentNode] {
        &self.nodes
    }

    fn end(self: Box<Self>, end: CallEnd) {
        let number = match self.nodes.first() {
            Some(ArgumentNode::Value(value)) => value.header[0],
            _ => 0,
        };
        self.ends.send((number, end)).unwrap();
    }
}

type Ends = mpsc::UnboundedReceiver<(u8, CallEnd)>;

/// A caller, and how its calls end.
struct Caller {
    pool: ActorPool,
    host: String,
    ends: Ends,
    sender: mpsc::UnboundedSender<(u8, CallEnd)>,
}

const WORKER: WorkerId = WorkerId::new(3, 1);

impl Caller {
    fn new(host: &str, options: CallOptions) -> Self {
        let (sender, ends) = mpsc::unbounded_channel();
        Self {
            pool: ActorPool::new(Handle::current(), options),
            host: host.to_owned(),
            ends,
            sender,
        }
    }

    fn call(&self, actor: u64, method: &'static str, number: u8) {
        let value = Encoded::message_pack(Bytes::copy_from_slice(&[number]));
        self.pool.line(&self.host, WORKER).send(Box::new(Call {
            actor,
            method,
            nodes: vec![ArgumentNode::Value(value)],
            ends: self.sender.clone(),
        }));
    }

    async fn end(&mut self) -> (u8, CallEnd) {
        soon(self.ends.recv()).await.unwrap()
    }

    async fn echoes(&mut self, numbers: std::ops::Range<u8>) {
        for number in numbers.clone() {
            self.call(ECHO, "echo", number);
        }
        for number in numbers {
            match self.end().await {
                (ended, CallEnd::Answered(Ok(value))) => {
                    assert_eq!((ended, value.header[0]), (number, number));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn calls_are_answered_in_their_order() {
    let host = served(ActorService::new(Arc::new(Table::default())));
    let mut caller = Caller::new(&host, CallOptions::default());
    caller.echoes(0..200).await;
}

#[tokio::test]
async fn unknown_actors_and_results_that_are_too_large_are_said_to_be_so() {
    let host = served(ActorService::new(Arc::new(Table::default())));
    let mut caller = Caller::new(&host, CallOptions::default());
    caller.call(ECHO + 1, "echo", 1);
    assert!(matches!(caller.end().await, (1, CallEnd::Missing)));
    caller.call(ECHO, "grow", 2);
    match caller.end().await {
        (2, CallEnd::Answered(Err(failure))) => assert_eq!(failure.code, ErrorCode::TooLarge),
        other => panic!("{other:?}"),
    }
    caller.echoes(3..5).await;
}

#[tokio::test]
async fn a_worker_that_is_not_there_was_sent_nothing() {
    let closed = listener();
    let host = closed.address.to_string();
    drop(closed);
    let mut caller = Caller::new(&host, CallOptions::default());
    caller.call(ECHO, "echo", 1);
    let (_, end) = caller.end().await;
    let CallEnd::NotSent(reason) = end else {
        panic!("{end:?}");
    };
    assert!(
        reason.contains(&host) && reason.contains("refused"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_break_ends_the_calls_that_were_under_way() {
    let table = Arc::new(Table::default());
    *table.held.lock().unwrap() = Some(Vec::new());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let host = {
        let _entered = runtime.enter();
        served(ActorService::new(table.clone()))
    };
    let mut caller = Caller::new(&host, CallOptions::default());
    caller.call(ECHO, "echo", 1);
    soon(async {
        while table
            .held
            .lock()
            .unwrap()
            .as_ref()
            .is_none_or(Vec::is_empty)
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    runtime.shutdown_background();
    assert!(matches!(caller.end().await, (1, CallEnd::Broken(_))));
}

/// Knows one worker.
struct OneWorker(String);

impl FindWorker for OneWorker {
    async fn find(&self, worker: WorkerId) -> Result<Vec<String>, String> {
        match worker == WORKER {
            true => Ok(vec!["127.0.0.1:1".into(), self.0.clone()]),
            false => Err(format!("worker {worker} is gone")),
        }
    }
}

#[tokio::test]
async fn the_relay_passes_calls_on() {
    let worker = served(ActorService::new(Arc::new(Table::default())));
    let relay = served(ActorRelay::new(OneWorker(worker.clone())));
    let options = CallOptions {
        connect_timeout: Duration::from_secs(5),
        relay: Some(relay.parse().unwrap()),
        relay_only: false,
    };
    // The worker's own address leads nowhere from here.
    let closed = listener();
    let nowhere = closed.address.to_string();
    drop(closed);
    let mut caller = Caller::new(&nowhere, options.clone());
    caller.echoes(0..50).await;
    let mut caller = Caller::new(
        &worker,
        CallOptions {
            relay_only: true,
            ..options
        },
    );
    caller.echoes(0..50).await;
    caller.host = "elsewhere:1".into();
    caller
        .pool
        .line("elsewhere:1", WorkerId::new(9, 9))
        .send(Box::new(Call {
            actor: ECHO,
            method: "echo",
            nodes: Vec::new(),
            ends: caller.sender.clone(),
        }));
    let (_, end) = caller.end().await;
    assert!(
        matches!(&end, CallEnd::NotSent(why) if why.contains("is gone")),
        "{end:?}"
    );
}

#[tokio::test]
async fn damaged_calls_are_answered_and_the_stream_goes_on() {
    let host = served(ActorService::new(Arc::new(Table::default())));
    let mut actors = soon(ActorsClient::connect(format!("http://{host}")))
        .await
        .unwrap();
    let (calls, outgoing) = mpsc::unbounded_channel();
    let streamed = actors.call(UnboundedReceiverStream::new(outgoing));
    let mut replies = soon(streamed).await.unwrap().into_inner();
    let call = |number: u64, method: &str, arguments: &'static [u8]| proto::ActorCall {
        actor: ECHO,
        number,
        method: method.to_owned(),
        signature: 0,
        arguments: Bytes::from_static(arguments),
    };
    let damaged = vec![
        call(1, "echo", b"\xff\xff\xff"),
        call(2, "", b""),
        call(3, &"x".repeat(10_000), b""),
    ];
    calls
        .send(proto::ActorCalls {
            target: 0,
            calls: damaged,
        })
        .unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3 {
        for reply in soon(replies.message()).await.unwrap().unwrap().replies {
            let Some(Said::Failure(failure)) = reply.result else {
                panic!("{reply:?}");
            };
            assert_eq!(ErrorCode::from_number(failure.code), ErrorCode::Decode);
            seen.push(reply.number);
        }
    }
    assert_eq!(seen, [1, 2, 3]);
    let good = taskloom_wire::arguments::encode(&[ArgumentNode::Value(Encoded::message_pack(
        Bytes::from_static(b"\x05"),
    ))]);
    let mut last = call(4, "echo", b"");
    last.arguments = good;
    calls
        .send(proto::ActorCalls {
            target: 0,
            calls: vec![last],
        })
        .unwrap();
    let frame = soon(replies.message()).await.unwrap().unwrap();
    assert!(matches!(frame.replies[0].result, Some(Said::Value(_))));
}
