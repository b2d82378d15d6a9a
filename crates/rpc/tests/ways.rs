//! The ways that values take: shared memory, several streams, packed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use bytes::Bytes;
use support::{Server, soon};
use taskloom_core::arguments::Part;
use taskloom_core::{Codec, Encoded, TaskId};
use taskloom_rpc::data::{
    BufferPool, FetchItem, Packing, PeerPool, PoolOptions, SegmentOptions, SegmentPool,
};
use taskloom_telemetry::Metrics;

fn task(n: u32) -> TaskId {
    TaskId::new(n, 1)
}

fn whole(n: u32) -> FetchItem {
    FetchItem::new(task(n), Part::WHOLE)
}

/// Bytes of which no two stretches are alike.
fn pattern(length: usize) -> Bytes {
    let mut bytes = vec![7; length];
    for (n, word) in bytes.chunks_exact_mut(8).enumerate() {
        word.copy_from_slice(&n.to_le_bytes());
    }
    bytes.into()
}

/// Values of every shape that matters here.
fn shapes() -> Vec<Encoded> {
    let packed = |header: usize, buffers: &[usize]| Encoded {
        codec: Codec::MessagePack,
        header: pattern(header),
        buffers: buffers.iter().map(|&length| pattern(length)).collect(),
    };
    vec![
        Encoded::bytes(pattern(3_000_001)),
        packed(10, &[2_000_000]),
        packed(200_000, &[0, 1_000_003, 5, 0, 1_500_000]),
        packed(300_000, &[]),
        packed(0, &[100; 40]),
        Encoded::bytes(Bytes::new()),
        Encoded::bytes(pattern(100)),
    ]
}

struct Bytewise {
    pool: PeerPool,
    metrics: Metrics,
}

impl Bytewise {
    fn new(options: PoolOptions) -> Self {
        let metrics = Metrics::new("worker");
        let pool = PeerPool::with_metrics(options, BufferPool::default(), &metrics);
        Self { pool, metrics }
    }

    async fn fetch_all(&self, server: &Server, shapes: &[Encoded]) {
        let expected = shapes.iter().map(Encoded::nbytes);
        let items = (0..)
            .zip(expected)
            .map(|(n, nbytes)| whole(n).expecting(nbytes));
        let answers = soon(self.pool.fetch(&server.peer(), items.collect())).await;
        for (answer, value) in answers.unwrap().into_iter().zip(shapes) {
            assert!(answer.unwrap() == *value);
        }
    }

    fn mapped(&self) -> u64 {
        self.metrics.total("mapped-bytes").get()
    }
}

fn sharing() -> SegmentPool {
    SegmentPool::new(SegmentOptions {
        keep_bytes: 64 << 20,
        from_bytes: 100_000,
    })
}

async fn server(segments: Option<SegmentPool>) -> Server {
    let server = Server::with(64, |service| match segments {
        Some(segments) => service.sharing(segments),
        None => service,
    })
    .await;
    for (n, value) in (0..).zip(shapes()) {
        server.store.insert(task(n), value);
    }
    server
}

fn sharing_reader() -> Bytewise {
    Bytewise::new(PoolOptions {
        share: true,
        ..PoolOptions::default()
    })
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn large_values_come_in_shared_memory_that_is_used_again() {
    let segments = sharing();
    let server = server(Some(segments.clone())).await;
    let reader = sharing_reader();
    let shapes = shapes();
    reader.fetch_all(&server, &shapes).await;
    let held = segments.bytes();
    assert!(held > 0);
    for _ in 0..3 {
        reader.fetch_all(&server, &shapes).await;
    }
    assert_eq!(segments.bytes(), held, "nothing new was needed");
    let large = shapes.iter().map(Encoded::nbytes).filter(|&n| n >= 100_000);
    let small_header = shapes[1].header.len() as u64;
    let data = large.sum::<u64>() - small_header;
    assert_eq!(reader.mapped(), 4 * data);
    assert_eq!(
        reader.pool.buffers().unused_bytes(),
        0,
        "nothing was copied"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_value_outlives_the_one_who_shared_it() {
    let server = server(Some(sharing())).await;
    let reader = sharing_reader();
    let answers = soon(reader.pool.fetch(&server.peer(), vec![whole(0)])).await;
    let value = answers.unwrap().remove(0).unwrap();
    drop(server);
    assert!(value == shapes()[0]);
}

#[tokio::test]
async fn who_does_not_ask_for_shared_memory_gets_none() {
    let server = server(Some(sharing())).await;
    let reader = Bytewise::new(PoolOptions::default());
    reader.fetch_all(&server, &shapes()).await;
    assert_eq!(reader.mapped(), 0);
}

#[tokio::test]
async fn a_holder_without_shared_memory_answers_with_the_data() {
    let server = server(None).await;
    let reader = sharing_reader();
    reader.fetch_all(&server, &shapes()).await;
    assert_eq!(reader.mapped(), 0);
}

#[tokio::test]
async fn what_finds_no_room_comes_on_the_stream() {
    let small = SegmentPool::new(SegmentOptions {
        keep_bytes: 1_000_000,
        from_bytes: 100_000,
    });
    let server = server(Some(small)).await;
    let reader = sharing_reader();
    reader.fetch_all(&server, &shapes()).await;
}

#[tokio::test]
async fn a_very_large_value_comes_in_several_streams() {
    let server = server(None).await;
    let large = Encoded {
        codec: Codec::MessagePack,
        header: pattern(20),
        buffers: vec![
            pattern(100),
            pattern(9_000_001),
            pattern(0),
            pattern(200_000),
            pattern(8_000_000),
        ],
    };
    let bytes = Encoded::bytes(pattern(7_000_000));
    for (n, value) in [(0, &large), (1, &bytes)] {
        server.store.insert(task(n), value.clone());
    }
    let shapes = [vec![large, bytes], shapes().split_off(2)].concat();
    for streams in [1, 2, 3] {
        let reader = Bytewise::new(PoolOptions {
            streams,
            per_peer: streams,
            split_from: 3_000_000,
            ..PoolOptions::default()
        });
        reader.fetch_all(&server, &shapes).await;
        assert_eq!(reader.pool.connections(), streams);
    }
}

#[tokio::test]
async fn a_reader_on_another_host_can_have_data_packed() {
    let server = server(None).await;
    let compressible = Encoded::bytes(Bytes::from(vec![7; 5_000_000]));
    server.store.insert(task(0), compressible.clone());
    let shapes = [vec![compressible], shapes().split_off(1)].concat();
    // Not sharing memory, so as far as the holder knows it is on another host.
    let reader = Bytewise::new(PoolOptions {
        packing: Packing::Lz4,
        split_from: 2_000_000,
        ..PoolOptions::default()
    });
    reader.fetch_all(&server, &shapes).await;
}
