//! Values: where they lie, how they move, when they go.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::tasks::*;
use fixture::{builder, cluster, started, until, within};
use taskloom_client::Client;
use taskloom_rpc::listen::Listen;
use taskloom_task::{Buffer, Registry};
use taskloom_worker::{Worker, WorkerConfig, WorkerHandle};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn what_is_released_leaves_the_workers() {
    let (_cluster, client) = cluster(2).await;
    let blobs = within("the map", client.map(0..8, |fill| blob::task(MIB, fill)))
        .await
        .unwrap();
    within("the end", client.wait(&blobs)).await.unwrap();
    let held = until(&client, "the sum of sizes", |identity| {
        identity
            .workers
            .iter()
            .map(|worker| worker.stored)
            .sum::<u64>()
            >= 8
    })
    .await;
    let bytes: u64 = held.workers.iter().map(|worker| worker.stored_bytes).sum();
    assert!(bytes >= 8 * MIB as u64, "{bytes}");
    drop(blobs);
    until(&client, "the release", |identity| {
        identity
            .workers
            .iter()
            .all(|worker| worker.stored == 0 && worker.stored_bytes == 0)
            && identity.tasks == Default::default()
    })
    .await;
}

#[tokio::test]
async fn a_closed_client_wants_nothing_any_more() {
    let (cluster, client) = cluster(1).await;
    let other = cluster.client().await.unwrap();
    let kept = other.submit(blob::task(MIB, 1));
    within("the end", kept.done()).await;
    other.close().await;
    until(&client, "the release", |identity| {
        identity.tasks == Default::default()
    })
    .await;
}

#[tokio::test]
async fn large_results_come_from_their_holders() {
    let (_cluster, client) = cluster(2).await;
    let fills = 0..10_u8;
    let blobs = client
        .map(fills.clone(), |fill| blob::task(3 * MIB, fill))
        .await
        .unwrap();
    let values = within("the values", client.gather(&blobs)).await.unwrap();
    for (fill, value) in fills.zip(values) {
        assert_eq!(value.len(), 3 * MIB);
        assert!(value.iter().all(|&byte| byte == fill));
    }
}

#[tokio::test]
async fn inputs_move_between_workers() {
    let (cluster, client) = cluster(2).await;
    let [from, to] = [0, 1].map(|at| cluster.workers()[at].name.clone());
    let blob = client.submit(blob::task(5 * MIB, 9).workers([from]));
    let counted = client.submit(count::task(&blob, 9).workers([to]));
    assert_eq!(within("the count", counted).await.unwrap(), 5 * MIB);
}

#[tokio::test]
async fn scattered_data_are_one_by_their_hash_or_many() {
    let (_cluster, client) = cluster(2).await;
    let data = Buffer::from(vec![3_u8; 2 * MIB]);
    let one = within("the scatter", client.scatter(data.clone()))
        .await
        .unwrap();
    let same = within("the scatter", client.scatter(data.clone()))
        .await
        .unwrap();
    assert_eq!(one.key(), same.key());
    let other = within("the scatter", client.scatter(data.clone()).hashed(false))
        .await
        .unwrap();
    assert_ne!(one.key(), other.key());
    assert_eq!(within("the value", &one).await.unwrap().len(), 2 * MIB);
    let numbers = within("the scatter", client.scatter(vec![1_i64, 2, 3]))
        .await
        .unwrap();
    let sum = client.submit(total::task(&numbers));
    assert_eq!(within("the sum", sum).await.unwrap(), 6);
}

#[tokio::test]
async fn scattered_data_lie_where_they_shall() {
    let (cluster, client) = cluster(3).await;
    let names: Vec<String> = cluster
        .workers()
        .into_iter()
        .map(|worker| worker.name)
        .collect();
    let chosen = client.scatter(vec![1_u8; MIB]).workers([names[1].clone()]);
    let chosen = within("the scatter", chosen).await.unwrap();
    until(&client, "the chosen worker", |identity| {
        identity
            .workers
            .iter()
            .all(|worker| worker.stored == u64::from(worker.name == names[1]))
    })
    .await;
    drop(chosen);
    until(&client, "the release", |identity| {
        identity.workers.iter().all(|worker| worker.stored == 0)
    })
    .await;
    let everywhere = client.scatter(vec![2_u8; MIB]).broadcast();
    let everywhere = within("the scatter", everywhere).await.unwrap();
    until(&client, "a copy on each", |identity| {
        identity.workers.iter().all(|worker| worker.stored == 1)
    })
    .await;
    drop(everywhere);
}

#[tokio::test]
async fn many_values_are_scattered_at_once() {
    let (_cluster, client) = cluster(2).await;
    let values: Vec<Vec<i64>> = (0..50).map(|n| vec![n; 10]).collect();
    let futures = within("the scatter", client.scatter_all(values))
        .await
        .unwrap();
    let sums: Vec<_> = futures
        .iter()
        .map(|numbers| client.submit(total::task(numbers)))
        .collect();
    let sums = within("the sums", client.gather(&sums)).await.unwrap();
    assert_eq!(sums, (0..50).map(|n| n * 10).collect::<Vec<i64>>());
}

#[tokio::test]
async fn all_goes_through_the_scheduler_if_it_must() {
    let (cluster, _client) = cluster(2).await;
    let client = Client::builder(cluster.address())
        .relay_only(true)
        .connect()
        .await
        .unwrap();
    moves_both_ways(&client).await;
}

#[tokio::test]
async fn the_relay_works_within_its_budget() {
    let small = builder()
        .workers(2)
        .scheduler(|scheduler| scheduler.relay_bytes = MIB as u64);
    let (cluster, _client) = started(small).await;
    let client = Client::builder(cluster.address())
        .relay_only(true)
        .connect()
        .await
        .unwrap();
    moves_both_ways(&client).await;
}

#[tokio::test]
async fn workers_that_the_client_cannot_reach_are_read_through_the_scheduler() {
    let (cluster, client) = cluster(0).await;
    // Nobody listens on the contact address, but the scheduler knows from where the worker came.
    let port = free_port();
    let _worker = worker(&cluster, "hidden", port, format!("127.0.0.2:{port}"));
    until(&client, "the worker", |identity| {
        identity.workers.len() == 1
    })
    .await;
    moves_both_ways(&client).await;
}

#[tokio::test]
async fn workers_whose_address_is_silent_are_read_through_the_scheduler() {
    let (cluster, client) = cluster(0).await;
    // The system answers for this port, but nobody ever speaks.
    let silent = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
    let contact = silent.local_addr().unwrap();
    let _worker = worker(&cluster, "hidden", contact.port(), contact.to_string());
    until(&client, "the worker", |identity| {
        identity.workers.len() == 1
    })
    .await;
    moves_both_ways(&client).await;
}

async fn moves_both_ways(client: &Client) {
    let blobs = client
        .map(0..4_u8, |fill| blob::task(2 * MIB, fill))
        .await
        .unwrap();
    let values = within("the values", client.gather(&blobs)).await.unwrap();
    for (fill, value) in (0..4).zip(values) {
        assert!(value.len() == 2 * MIB && value.iter().all(|&byte| byte == fill));
    }
    let data = within("the scatter", client.scatter(vec![5_u8; 2 * MIB]))
        .await
        .unwrap();
    let counted = client.submit(count::task(&data, 5));
    assert_eq!(within("the count", counted).await.unwrap(), 2 * MIB);
    let numbers = client.submit(range::task(100_000));
    assert_eq!(
        within("the part", numbers.element(99_999)).await.unwrap(),
        99_999
    );
}

fn worker(
    cluster: &taskloom_cluster::LocalCluster,
    name: &str,
    port: u16,
    contact: String,
) -> WorkerHandle {
    let config = WorkerConfig {
        name: Some(name.into()),
        nthreads: 1,
        listen: Listen {
            host: Some("127.0.0.1".into()),
            port,
            interface: None,
        },
        contact_address: Some(contact),
        ..WorkerConfig::new(cluster.address().parse().unwrap())
    };
    Worker::spawn(config, Registry::linked().unwrap()).unwrap()
}

/// A port that was free a moment ago; no other test listens on chosen ports.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
