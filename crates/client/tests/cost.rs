//! What submitting costs: measurements, to be run with `--release -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Instant;
use taskloom_client::{Graph, TaskFuture};
use taskloom_cluster::LocalCluster;
use taskloom_task::{Node, task};

#[task(crate = taskloom_task)]
fn noop(x: i64) -> i64 {
    x
}

#[task(crate = taskloom_task)]
fn merge(a: i64, b: i64) -> i64 {
    a + b
}

const TASKS: i64 = 100_000;

fn print(what: &str, start: Instant, tasks: usize) {
    let each = start.elapsed().as_nanos() as f64 / tasks as f64;
    println!("{what}: {each:.0} ns per task");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a measurement"]
async fn submitting() {
    let cluster = LocalCluster::builder()
        .workers(1)
        .threads(1)
        .start()
        .await
        .unwrap();
    let client = cluster.client().await.unwrap();
    for round in 0..3 {
        let items = round * TASKS..(round + 1) * TASKS;
        let start = Instant::now();
        let futures = client.map(items, noop::task).now();
        print("map", start, futures.len());
        let results = client.gather(&futures).await.unwrap();
        print("map, all done", start, results.len());
        let start = Instant::now();
        drop(futures);
        print("release", start, TASKS as usize);

        let start = Instant::now();
        let futures: Vec<TaskFuture<i64>> = (0..TASKS)
            .map(|x| client.submit(noop::task(-1 - x - round * TASKS)))
            .collect();
        print("submit", start, futures.len());
        client.wait(&futures).await.unwrap();
        print("submit, all done", start, futures.len());

        let start = Instant::now();
        let mut graph = Graph::new();
        let mut level: Vec<Node<i64>> = (0..TASKS / 2)
            .map(|x| graph.add(noop::task(x + (10 + round) * TASKS)))
            .collect();
        while level.len() > 1 {
            level = level
                .chunks(2)
                .map(|pair| match pair {
                    [a, b] => graph.add(merge::task(a, b)),
                    rest => rest[0].clone(),
                })
                .collect();
        }
        let tasks = graph.len();
        print("tree, built", start, tasks);
        let start = Instant::now();
        let sum = client.submit_graph(graph, level.remove(0)).now().unwrap();
        print("tree, ordered and submitted", start, tasks);
        sum.await.unwrap();
        print("tree, all done", start, tasks);
    }
    client.close().await;
    cluster.close().await.unwrap();
}
