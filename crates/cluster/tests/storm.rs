//! Graphs while workers die, come and leave all the time: only the results count.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::tasks::*;
use fixture::{builder, started, within};
use taskloom_client::{Client, Graph};
use taskloom_cluster::LocalCluster;

/// How many workers die or leave in each test.
const BLOWS: usize = 12;

/// Enough for a task to be started on every worker that dies.
const FORGIVING: u8 = u8::MAX;

/// Layers of tasks, in which each needs two of the layer before it, over values that are too large to
/// travel with messages.
async fn submit(client: &Client, seed: i64) -> (taskloom_client::TaskFuture<i64>, i64) {
    const WIDTH: i64 = 24;
    let mut graph = Graph::new();
    let numbers: Vec<_> = (0..WIDTH)
        .map(|i| graph.add(wide::task(seed + i)))
        .collect();
    let mut layer: Vec<_> = numbers
        .iter()
        .map(|wide| graph.add(narrow::task(wide)))
        .collect();
    let mut expected: Vec<i64> = (0..WIDTH).map(|i| seed + i).collect();
    for _ in 0..8 {
        let pairs = (0..layer.len()).map(|i| (i, (i + 1) % layer.len()));
        let next = pairs
            .clone()
            .map(|(i, j)| graph.add(add::task(&layer[i], &layer[j])));
        let next: Vec<_> = next.collect();
        expected = pairs.map(|(i, j)| expected[i] + expected[j]).collect();
        layer = next;
    }
    let sum = graph.add(total::task(&layer));
    let sum = within("the graph", client.submit_graph(graph, sum))
        .await
        .unwrap();
    (sum, expected.iter().sum())
}

async fn weathered(cluster: &LocalCluster, client: &Client, blow: impl AsyncFn(usize)) {
    let work = async {
        for round in 0..10 {
            let (sum, expected) = submit(client, round * 1_000).await;
            assert_eq!(
                within("the sum", sum).await.unwrap(),
                expected,
                "round {round}"
            );
        }
    };
    let storm = async {
        for number in 0..BLOWS {
            blow(number).await;
            within("the next worker", cluster.add_worker())
                .await
                .unwrap();
        }
    };
    tokio::join!(work, storm);
    // After the storm the cluster is as good as ever.
    let (sum, expected) = submit(client, -77).await;
    assert_eq!(within("the sum", sum).await.unwrap(), expected);
}

#[tokio::test]
async fn graphs_survive_deaths() {
    let (cluster, client) = started(builder().workers(3).scheduler(|scheduler| {
        scheduler.allowed_suspicion = FORGIVING;
    }))
    .await;
    weathered(&cluster, &client, async |number| {
        cluster.kill_worker(number % 3).unwrap();
    })
    .await;
}

#[tokio::test]
async fn graphs_survive_departures() {
    let (cluster, client) = started(builder().workers(3)).await;
    weathered(&cluster, &client, async |number| {
        within("the departure", cluster.retire_worker(number % 3))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn scattered_data_survive_deaths() {
    let (cluster, client) = started(builder().workers(3).scheduler(|scheduler| {
        scheduler.allowed_suspicion = FORGIVING;
    }))
    .await;
    let data = within("the scatter", client.scatter(vec![3_u8; 200_000]))
        .await
        .unwrap();
    for number in 0..BLOWS {
        let counts: Vec<_> = (0..20_u8)
            .map(|byte| client.submit(count::task(&data, byte)))
            .collect();
        cluster.kill_worker(number % 3).unwrap();
        within("the next worker", cluster.add_worker())
            .await
            .unwrap();
        let counts = within("the counts", client.gather(&counts)).await.unwrap();
        assert!(
            counts
                .iter()
                .enumerate()
                .all(|(byte, &n)| n == if byte == 3 { 200_000 } else { 0 })
        );
    }
}
