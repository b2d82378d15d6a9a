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

/// Processor time of this thread, which other programs do not lengthen, and time on the wall.
struct Watch {
    wall: Instant,
    thread: u64,
}

impl Watch {
    fn start() -> Self {
        Self {
            wall: Instant::now(),
            thread: Self::thread(),
        }
    }

    fn thread() -> u64 {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the pointer is to a local of the right type.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    }

    fn print(&self, what: &str, tasks: usize) {
        let thread = (Self::thread() - self.thread) as f64 / tasks as f64;
        let wall = self.wall.elapsed().as_nanos() as f64 / tasks as f64;
        println!("{what}: per task {thread:.0} ns of this thread, {wall:.0} ns on the wall");
    }
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
        let start = Watch::start();
        let futures = client.map(items, noop::task).now();
        start.print("map", futures.len());
        let results = client.gather(&futures).await.unwrap();
        start.print("map, all done", results.len());
        let start = Watch::start();
        drop(futures);
        start.print("release", TASKS as usize);

        let start = Watch::start();
        let futures: Vec<TaskFuture<i64>> = (0..TASKS)
            .map(|x| client.submit(noop::task(-1 - x - round * TASKS)))
            .collect();
        start.print("submit", futures.len());
        client.wait(&futures).await.unwrap();
        start.print("submit, all done", futures.len());

        let start = Watch::start();
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
        start.print("tree, built", tasks);
        let start = Watch::start();
        let sum = client.submit_graph(graph, level.remove(0)).now().unwrap();
        start.print("tree, ordered and submitted", tasks);
        sum.await.unwrap();
        start.print("tree, all done", tasks);
    }
    client.close().await;
    cluster.close().await.unwrap();
}

#[tokio::test]
#[ignore = "a measurement"]
async fn one_at_a_time() {
    let cluster = LocalCluster::builder()
        .workers(1)
        .threads(1)
        .start()
        .await
        .unwrap();
    let client = cluster.client().await.unwrap();
    let mut times = Vec::new();
    for x in 0..5_000 {
        let start = Instant::now();
        client.submit(noop::task(x)).await.unwrap();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!(
        "p50 {:?}, p99 {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
    client.close().await;
    cluster.close().await.unwrap();
}
