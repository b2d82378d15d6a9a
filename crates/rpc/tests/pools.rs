//! Connections to peers: how many there are, when they are used again, what is recorded of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use bytes::Bytes;
use std::time::Duration;
use support::{Server, soon};
use taskloom_core::arguments::Part;
use taskloom_core::{Encoded, TaskId};
use taskloom_rpc::data::{BufferPool, FetchError, FetchItem, PeerPool, PoolOptions};
use taskloom_telemetry::Metrics;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

fn task(n: u32) -> TaskId {
    TaskId::new(n, 1)
}

fn whole(n: u32) -> FetchItem {
    FetchItem::new(task(n), Part::WHOLE)
}

async fn server() -> Server {
    let server = Server::start().await;
    let value = Encoded::bytes(Bytes::from(vec![7; 1_000]));
    server.store.insert(task(1), value);
    server
}

fn recording(options: PoolOptions) -> (PeerPool, Metrics) {
    let metrics = Metrics::new("worker");
    let pool = PeerPool::with_metrics(options, BufferPool::default(), &metrics);
    (pool, metrics)
}

/// How many connections were opened.
fn connects(metrics: &Metrics) -> u64 {
    metrics.timer("gather-connect-duration").digest().count()
}

async fn fetch(pool: &PeerPool, peer: &str) {
    let answers = soon(pool.fetch(peer, vec![whole(1)])).await.unwrap();
    assert_eq!(answers[0].as_ref().unwrap().nbytes(), 1_000);
}

/// S7: pool limit 3, 5 concurrent calls to 5 peers: never more than 3 open, all succeed.
#[tokio::test]
async fn s7_a_full_pool_makes_calls_wait() {
    let mut servers = Vec::new();
    for _ in 0..5 {
        servers.push(server().await);
    }
    let (pool, metrics) = recording(PoolOptions {
        connections: 3,
        ..PoolOptions::default()
    });
    // All calls hang at their peers, so none of the three connections can be free.
    let mut gates = Vec::new();
    for server in &servers {
        gates.push(server.store.gate.acquire_many(1 << 20).await.unwrap());
    }
    let calls: Vec<_> = servers
        .iter()
        .map(|server| {
            let (pool, peer) = (pool.clone(), server.peer());
            tokio::spawn(async move { fetch(&pool, &peer).await })
        })
        .collect();
    soon(async {
        while connects(&metrics) < 3 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
        assert!(pool.connections() <= 3);
    }
    assert_eq!(connects(&metrics), 3);
    drop(gates);
    for call in calls {
        soon(call).await.unwrap();
        assert!(pool.connections() <= 3);
    }
    assert_eq!(connects(&metrics), 5, "the others came when there was room");
}

/// L1: 1000 sequential 1 kB gathers: connections made = 1. (Their time is the bench case `connect`.)
#[tokio::test]
async fn l1_one_connection_serves_a_thousand_gathers() {
    let server = server().await;
    let (pool, metrics) = recording(PoolOptions::default());
    for _ in 0..1_000 {
        fetch(&pool, &server.peer()).await;
    }
    assert_eq!((connects(&metrics), pool.connections()), (1, 1));
    assert_eq!(metrics.timer("transfer-duration").digest().count(), 1_000);
    assert_eq!(metrics.counter("transfer-count").total(1_u64), 1_000);
    let bytes = metrics.total("fetched-bytes");
    assert_eq!(bytes.get(), 1_000_000);
}

/// L2: 50 peers: at most `limit` connections, each reused; idle ones closed at the limit.
#[tokio::test]
async fn l2_idle_connections_are_closed_at_the_limit() {
    let mut servers = Vec::new();
    for _ in 0..50 {
        servers.push(server().await);
    }
    let (pool, metrics) = recording(PoolOptions {
        connections: 10,
        ..PoolOptions::default()
    });
    for server in &servers {
        for _ in 0..3 {
            fetch(&pool, &server.peer()).await;
            assert!(pool.connections() <= 10);
        }
    }
    assert_eq!(connects(&metrics), 50, "each is used again for its peer");
    // The last ten are still open, and the first is not.
    for server in &servers[40..] {
        fetch(&pool, &server.peer()).await;
    }
    assert_eq!(connects(&metrics), 50);
    fetch(&pool, &servers[0].peer()).await;
    assert_eq!(connects(&metrics), 51);
}

/// L3: a peer dies: the pooled connection is dropped, and the next gather says so within the timeout,
/// or opens a new one.
#[tokio::test]
async fn l3_a_dead_peer_is_told_and_one_that_is_back_is_found() {
    let server = server().await;
    let (pool, metrics) = recording(PoolOptions {
        connect_timeout: Duration::from_secs(3),
        ..PoolOptions::default()
    });
    let door = Door::open("127.0.0.1:0", server.peer()).await;
    let peer = door.address.clone();
    fetch(&pool, &peer).await;
    drop(door);
    let error = soon(pool.fetch(&peer, vec![whole(1)])).await.unwrap_err();
    assert!(
        matches!(&error, FetchError::Unreachable { address, .. } if *address == peer),
        "{error}"
    );
    assert_eq!(pool.connections(), 0);
    let before = connects(&metrics);
    let _door = Door::open(&peer, server.peer()).await;
    fetch(&pool, &peer).await;
    assert_eq!(connects(&metrics), before + 1);
}

/// What connections to a server go through; with it they break, as when a process dies.
struct Door {
    address: String,
    passing: tokio::task::JoinHandle<()>,
}

impl Door {
    async fn open(at: &str, to: String) -> Self {
        let listener = soon(TcpListener::bind(at)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let passing = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut outside, _)) = listener.accept().await {
                let mut inside = TcpStream::connect(&to).await.unwrap();
                connections.spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Self { address, passing }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.passing.abort();
    }
}

/// L5: gathers to the same peer at once: on two connections at most.
#[tokio::test]
async fn l5_gathers_at_once_share_two_connections() {
    let server = server().await;
    let (pool, metrics) = recording(PoolOptions::default());
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (pool, peer) = (pool.clone(), server.peer());
            tokio::spawn(async move { fetch(&pool, &peer).await })
        })
        .collect();
    for call in calls {
        soon(call).await.unwrap();
        assert!(pool.connections() <= 2);
    }
    assert!(connects(&metrics) <= 2);
}

/// C11: exactly one sample when a connection had to be made, none when it was there.
#[tokio::test]
async fn c11_connecting_is_timed_once_per_connection() {
    let (one, two) = (server().await, server().await);
    let (pool, metrics) = recording(PoolOptions::default());
    assert_eq!(connects(&metrics), 0);
    for expected in [1, 1, 1] {
        fetch(&pool, &one.peer()).await;
        assert_eq!(connects(&metrics), expected);
    }
    fetch(&pool, &two.peer()).await;
    assert_eq!(connects(&metrics), 2);
}
