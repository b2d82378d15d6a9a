//! Values between peers over loopback, with our own ends and with generated ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use bytes::Bytes;
use futures::StreamExt;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Server, soon};
use taskloom_core::arguments::Part;
use taskloom_core::{Codec, Encoded, TaskId, WorkerId};
use taskloom_rpc::data::{BufferPool, FetchError, FetchItem, PeerPool, PoolOptions};
use taskloom_wire::proto;
use taskloom_wire::proto::DataStatus;
use taskloom_wire::proto::data_client::DataClient;
use taskloom_wire::proto::data_server::{Data, DataServer};
use tonic::{Code, Request, Response, Status};

fn pool() -> PeerPool {
    PeerPool::new(PoolOptions::default(), BufferPool::default())
}

fn task(n: u32) -> TaskId {
    TaskId::new(n, 1)
}

fn whole(n: u32) -> FetchItem {
    FetchItem::new(task(n), Part::WHOLE)
}

/// Bytes in which no stretch is like another: a block of noise, stamped with its place.
fn noise(length: usize, seed: u64) -> Bytes {
    let word = |n: u64| (n ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let block: Vec<u8> = (0..512).flat_map(word).collect();
    let mut bytes = Vec::with_capacity(length + block.len());
    while bytes.len() < length {
        let stamp = word(bytes.len() as u64);
        bytes.extend_from_slice(&block);
        let at = bytes.len() - block.len();
        bytes[at..at + 8].copy_from_slice(&stamp);
    }
    bytes.truncate(length);
    Bytes::from(bytes)
}

/// One value of every shape: empty, small, large, many buffers, long headers.
fn shapes() -> Vec<Encoded> {
    let packed = |header: usize, buffers: &[usize]| Encoded {
        codec: Codec::MessagePack,
        header: noise(header, 1),
        buffers: buffers.iter().map(|&length| noise(length, 2)).collect(),
    };
    vec![
        Encoded::bytes(Bytes::new()),
        Encoded {
            codec: Codec::Bytes,
            header: Bytes::new(),
            buffers: Vec::new(),
        },
        Encoded::bytes(noise(10, 3)),
        Encoded::bytes(noise(64 * 1024 - 1, 4)),
        Encoded::bytes(noise(64 * 1024, 5)),
        Encoded::bytes(noise(1024 * 1024, 6)),
        Encoded::bytes(noise(5 * 1024 * 1024 + 7, 7)),
        packed(0, &[]),
        packed(9, &[]),
        packed(64 * 1024, &[]),
        packed(3 * 1024 * 1024 + 1, &[0, 100, 0]),
        packed(100, &[0, 1, 0, 70_000, 3, 2_000_000, 40_000, 40_000, 0]),
    ]
}

#[tokio::test]
async fn values_of_every_shape_arrive_as_they_were() {
    let server = Server::start().await;
    let shapes = shapes();
    for (n, value) in shapes.iter().enumerate() {
        server.store.insert(task(n as u32), value.clone());
    }
    let items = (0..shapes.len() as u32).map(whole).collect();
    let pool = pool();
    let answers = soon(pool.fetch(&server.peer(), items)).await.unwrap();
    for (answer, value) in answers.into_iter().zip(&shapes) {
        assert_eq!(&answer.unwrap(), value);
    }
    // And the same the other way.
    for (n, value) in shapes.iter().enumerate() {
        let n = task(1000 + n as u32);
        let nbytes = soon(pool.put(&server.peer(), n, value, None))
            .await
            .unwrap();
        assert_eq!(nbytes, value.nbytes());
        assert_eq!(server.store.values.lock().unwrap().get(&n), Some(value));
    }
}

#[tokio::test]
async fn bytes_that_were_cut_arrive_in_one_buffer() {
    let server = Server::start().await;
    let buffers = vec![
        noise(100_000, 1),
        Bytes::new(),
        noise(5, 2),
        noise(200_000, 3),
    ];
    let cut = Encoded {
        codec: Codec::Bytes,
        header: Bytes::new(),
        buffers,
    };
    let joined = Encoded::bytes(Bytes::from(cut.buffers.concat()));
    server.store.insert(task(1), cut);
    let answers = soon(pool().fetch(&server.peer(), vec![whole(1)]))
        .await
        .unwrap();
    assert_eq!(answers[0].as_ref(), Ok(&joined));
}

#[tokio::test]
async fn many_small_values_come_in_one_call_and_do_not_hold_each_other() {
    let server = Server::start().await;
    let count = 2000;
    for n in 0..count {
        server
            .store
            .insert(task(n), Encoded::bytes(noise(10 * 1024, u64::from(n))));
    }
    let items = (0..count).map(whole).collect();
    let answers = soon(pool().fetch(&server.peer(), items)).await.unwrap();
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap().buffers[0], noise(10 * 1024, n as u64));
    }
}

#[tokio::test]
async fn a_large_value_lies_in_one_pooled_buffer_that_is_used_again() {
    let server = Server::start().await;
    let length = 64 * 1024 * 1024;
    server
        .store
        .insert(task(1), Encoded::bytes(noise(length, 1)));
    let pool = pool();
    for _ in 0..2 {
        let answers = soon(pool.fetch(&server.peer(), vec![whole(1)]))
            .await
            .unwrap();
        let value = answers.into_iter().next().unwrap().unwrap();
        assert!(value.buffers[0] == noise(length, 1));
        assert_eq!(pool.buffers().unused_bytes(), 0);
        drop(value);
        assert_eq!(pool.buffers().unused_bytes(), length as u64);
    }
    assert_eq!(pool.connections(), 1);
}

#[tokio::test]
async fn each_item_has_its_own_answer() {
    let server = Server::start().await;
    server.store.insert(task(1), Encoded::bytes(noise(10, 1)));
    let element = |index| FetchItem::new(task(1), Part::element(index));
    let items = vec![whole(1), whole(2), element(0), element(7), whole(1)];
    let answers = soon(pool().fetch(&server.peer(), items)).await.unwrap();
    let value = Encoded::bytes(noise(10, 1));
    assert_eq!(
        answers,
        [
            Ok(value.clone()),
            Err(FetchError::Missing),
            Ok(value.clone()),
            Err(FetchError::Failed("there is no element 7".to_owned())),
            Ok(value),
        ]
    );
    assert_eq!(
        soon(pool().fetch(&server.peer(), Vec::new())).await,
        Ok(Vec::new())
    );
}

#[tokio::test]
async fn a_refused_put_says_why() {
    let server = Server::start().await;
    let value = Encoded::bytes(noise(10, 1));
    let target = Some(WorkerId::new(5, 2));
    let answer = soon(pool().put(&server.peer(), task(1), &value, target)).await;
    assert_eq!(
        answer,
        Err(FetchError::Failed("there is no relay to w5.2".to_owned()))
    );
}

#[tokio::test]
async fn a_peer_that_is_not_there_is_told_in_few_words() {
    let gone = support::listener().address.to_string();
    let error = soon(pool().fetch(&gone, vec![whole(1)])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot reach {gone}: connection refused")
    );
    let error = soon(pool().fetch("nonsense", vec![whole(1)]))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("host:port"), "{error}");
}

#[tokio::test]
async fn busy_peers_are_asked_again_until_patience_ends() {
    let server = Server::with_calls(1).await;
    server.store.insert(task(1), Encoded::bytes(noise(10, 1)));
    // The gate holds the first call open.
    let closed = server.store.gate.acquire_many(1 << 20).await.unwrap();
    let patient = pool();
    let peer = server.peer();
    let first = tokio::spawn({
        let (patient, peer) = (patient.clone(), peer.clone());
        async move { patient.fetch(&peer, vec![whole(1)]).await }
    });
    soon(server.store.asked.acquire()).await.unwrap().forget();
    let options = PoolOptions {
        busy_patience: Duration::from_millis(20),
        ..PoolOptions::default()
    };
    let hasty = PeerPool::new(options, BufferPool::default());
    let error = soon(hasty.fetch(&peer, vec![whole(1)])).await.unwrap_err();
    assert_eq!(
        error,
        FetchError::Busy {
            address: peer.clone()
        }
    );
    let second = tokio::spawn({
        let (patient, peer) = (patient.clone(), peer.clone());
        async move { patient.fetch(&peer, vec![whole(1)]).await }
    });
    drop(closed);
    for call in [first, second] {
        assert_eq!(
            soon(call).await.unwrap().unwrap(),
            [Ok(Encoded::bytes(noise(10, 1)))]
        );
    }
}

#[tokio::test]
async fn connections_are_limited_and_closed_when_idle() {
    let (one, two) = (Server::start().await, Server::start().await);
    for server in [&one, &two] {
        server.store.insert(task(1), Encoded::bytes(noise(10, 1)));
    }
    let options = PoolOptions {
        connections: 1,
        idle: Duration::from_millis(20),
        ..PoolOptions::default()
    };
    let pool = PeerPool::new(options, BufferPool::default());
    for _ in 0..3 {
        for server in [&one, &two] {
            soon(pool.fetch(&server.peer(), vec![whole(1)]))
                .await
                .unwrap();
            assert!(pool.connections() <= 1);
        }
    }
    soon(async {
        while pool.connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A peer made of generated code. It breaks off each of its first answers after some frames.
#[derive(Clone)]
struct Oracle {
    value: Encoded,
    /// How many frames the next answers give before they break.
    breaks: Arc<Mutex<VecDeque<usize>>>,
    asked: Arc<Mutex<Vec<u64>>>,
    put: Arc<Mutex<Vec<proto::PutFrame>>>,
}

#[tonic::async_trait]
impl Data for Oracle {
    type FetchStream = futures::stream::BoxStream<'static, Result<proto::DataFrame, Status>>;

    async fn fetch(
        &self,
        request: Request<proto::FetchRequest>,
    ) -> Result<Response<Self::FetchStream>, Status> {
        let offset = request.into_inner().items[0].offset;
        self.asked.lock().unwrap().push(offset);
        let data = self.value.buffers[0].slice(offset as usize..);
        let begin = proto::DataPiece {
            status: DataStatus::Begin as i32,
            codec: self.value.codec.number() as i32,
            header: self.value.header.clone(),
            buffer_lengths: vec![self.value.buffers[0].len() as u64],
            ..Default::default()
        };
        let rest = data.chunks(300_000).map(|chunk| proto::DataPiece {
            data: Bytes::copy_from_slice(chunk),
            ..Default::default()
        });
        let frame = |piece| {
            Ok(proto::DataFrame {
                pieces: vec![piece],
            })
        };
        let frames: Vec<_> = std::iter::once(begin).chain(rest).map(frame).collect();
        let limit = self.breaks.lock().unwrap().pop_front();
        let end = limit.map(|_| Err(Status::unavailable("going away")));
        let frames = frames
            .into_iter()
            .take(limit.unwrap_or(usize::MAX))
            .chain(end);
        Ok(Response::new(futures::stream::iter(frames).boxed()))
    }

    async fn put(
        &self,
        request: Request<tonic::Streaming<proto::PutFrame>>,
    ) -> Result<Response<proto::PutReply>, Status> {
        let mut frames = request.into_inner();
        while let Some(frame) = frames.message().await? {
            self.put.lock().unwrap().push(frame);
        }
        Ok(Response::new(proto::PutReply { nbytes: 42 }))
    }
}

impl Oracle {
    fn new(value: Encoded, breaks: &[usize]) -> Self {
        let breaks = Arc::new(Mutex::new(breaks.iter().copied().collect()));
        Self {
            value,
            breaks,
            asked: Arc::default(),
            put: Arc::default(),
        }
    }

    async fn serve(&self) -> (String, tokio::task::JoinHandle<()>) {
        let incoming = tonic::transport::server::TcpIncoming::bind("127.0.0.1:0".parse().unwrap());
        let incoming = incoming.unwrap();
        let address = incoming.local_addr().unwrap().to_string();
        let service = DataServer::new(self.clone()).max_decoding_message_size(8 << 20);
        let server = tonic::transport::Server::builder().add_service(service);
        let serving =
            tokio::spawn(async move { server.serve_with_incoming(incoming).await.unwrap() });
        (address, serving)
    }
}

#[tokio::test]
async fn a_fetch_that_breaks_goes_on_where_it_was() {
    let value = Encoded {
        codec: Codec::MessagePack,
        header: noise(9, 1),
        buffers: vec![noise(1_000_000, 2)],
    };
    let oracle = Oracle::new(value.clone(), &[2, 3]);
    let (address, serving) = oracle.serve().await;
    let answers = soon(pool().fetch(&address, vec![whole(1)])).await.unwrap();
    assert_eq!(answers, [Ok(value)]);
    assert_eq!(*oracle.asked.lock().unwrap(), [0, 300_000, 900_000]);
    serving.abort();
}

#[tokio::test]
async fn a_fetch_that_gets_nowhere_ends() {
    let oracle = Oracle::new(Encoded::bytes(noise(10, 1)), &[0; 10]);
    let (address, serving) = oracle.serve().await;
    let error = soon(pool().fetch(&address, vec![whole(1)]))
        .await
        .unwrap_err();
    let reason = "going away".to_owned();
    assert_eq!(error, FetchError::Unreachable { address, reason });
    serving.abort();
}

#[tokio::test]
async fn what_we_bring_is_what_generated_code_reads() {
    let value = Encoded {
        codec: Codec::MessagePack,
        header: noise(9, 1),
        buffers: vec![noise(10, 2), noise(1_500_000, 3)],
    };
    let oracle = Oracle::new(value.clone(), &[]);
    let (address, serving) = oracle.serve().await;
    let target = WorkerId::new(9, 3);
    let nbytes = soon(pool().put(&address, task(6), &value, Some(target)))
        .await
        .unwrap();
    assert_eq!(nbytes, 42);
    let frames = std::mem::take(&mut *oracle.put.lock().unwrap());
    assert_eq!(
        (frames[0].task, frames[0].target),
        (task(6).to_bits(), target.to_bits())
    );
    let pieces: Vec<_> = frames
        .into_iter()
        .map(|frame| frame.piece.unwrap())
        .collect();
    assert_eq!(pieces[0].status, DataStatus::Begin as i32);
    assert_eq!(pieces[0].header, value.header);
    assert_eq!(pieces[0].buffer_lengths, [10, 1_500_000]);
    let data: Vec<u8> = pieces.iter().flat_map(|piece| piece.data.clone()).collect();
    assert_eq!(data, value.buffers.concat());
    serving.abort();
}

#[tokio::test]
async fn generated_code_can_fetch_and_bring() {
    let server = Server::start().await;
    let value = Encoded {
        codec: Codec::MessagePack,
        header: noise(100, 1),
        buffers: vec![noise(2_500_000, 2), noise(3, 3)],
    };
    server.store.insert(task(1), value.clone());
    let url = format!("http://{}", server.address);
    let mut client = DataClient::connect(url).await.unwrap();
    let item = proto::FetchItem {
        task: task(1).to_bits(),
        offset: 5,
        ..Default::default()
    };
    let missing = proto::FetchItem {
        task: task(2).to_bits(),
        ..Default::default()
    };
    let request = proto::FetchRequest {
        memory: String::new(),
        packing: proto::Packing::None.into(),
        items: vec![item, missing],
    };
    let frames = soon(client.fetch(request)).await.unwrap().into_inner();
    let frames: Vec<_> = soon(frames.map(Result::unwrap).collect()).await;
    let pieces: Vec<_> = frames.into_iter().flat_map(|frame| frame.pieces).collect();
    let (last, pieces) = pieces.split_last().unwrap();
    assert_eq!((last.item, last.status), (1, DataStatus::Missing as i32));
    assert_eq!(pieces[0].header, value.header);
    assert_eq!(pieces[0].buffer_lengths, [2_500_000, 3]);
    let data: Vec<u8> = pieces.iter().flat_map(|piece| piece.data.clone()).collect();
    assert_eq!(data, value.buffers.concat()[5..]);

    let empty = soon(client.fetch(proto::FetchRequest::default()))
        .await
        .unwrap_err();
    assert_eq!(empty.code(), Code::InvalidArgument);

    let begin = proto::DataPiece {
        status: DataStatus::Begin as i32,
        codec: 1,
        buffer_lengths: vec![4],
        data: Bytes::from_static(b"ab"),
        ..Default::default()
    };
    let more = proto::DataPiece {
        data: Bytes::from_static(b"cd"),
        ..Default::default()
    };
    let put = |piece: &proto::DataPiece| proto::PutFrame {
        task: task(3).to_bits(),
        piece: Some(piece.clone()),
        target: 0,
    };
    let frames = futures::stream::iter([put(&begin), put(&more)]);
    assert_eq!(
        soon(client.put(frames)).await.unwrap().into_inner().nbytes,
        4
    );
    let stored = server.store.values.lock().unwrap().get(&task(3)).cloned();
    assert_eq!(stored, Some(Encoded::bytes(Bytes::from_static(b"abcd"))));

    // Half a value, too much of one, and none.
    let broken = [
        vec![put(&begin)],
        vec![put(&begin), put(&more), put(&more)],
        vec![put(&more)],
    ];
    for frames in broken {
        let status = soon(client.put(futures::stream::iter(frames)))
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    }
}
