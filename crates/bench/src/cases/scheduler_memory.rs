//! How much the scheduler's process grows per task that cannot run yet: each needs a resource that
//! no worker has.

use crate::cluster::Cluster;
use crate::options::Options;
use crate::report::Report;
use crate::tasks::noop;
use anyhow::Result;
use std::time::Duration;

const TASKS: usize = 100_000;
const WARM_UP: u64 = 1_000;
const SETTLE_ASKS: usize = 60;
const SETTLE_EVERY: Duration = Duration::from_millis(20);

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let tasks = options.tasks(TASKS);
    let mut grown = Vec::new();
    for _ in options.repetitions() {
        grown.push(growth(tasks).await?);
    }
    report.figure(
        "scheduler-memory",
        "bytes_per_task",
        tasks as u64,
        "bytes/task",
        &grown,
    );
    Ok(())
}

/// Every repetition has a scheduler of its own: memory that was freed is not given back.
async fn growth(tasks: usize) -> Result<f64> {
    let cluster = Cluster::start().await?;
    let client = &cluster.client;
    let futures = client.map(0..WARM_UP, noop::task).await?;
    client.wait(&futures).await?;
    drop(futures);
    cluster.drained().await?;
    let before = settled(&cluster).await?;
    let range = WARM_UP..WARM_UP + tasks as u64;
    let futures = client
        .map(range, |i| noop::task(i).resource("NOBODY", 1.0))
        .await?;
    cluster
        .until(|identity| identity.tasks.no_worker == tasks as u64)
        .await?;
    let after = settled(&cluster).await?;
    drop(futures);
    Ok(after.saturating_sub(before) as f64 / tasks as f64)
}

/// The size of the scheduler once what it took the graph in with is given back: the allocator does
/// that a second after the last use, and not in a process that does nothing.
async fn settled(cluster: &Cluster) -> Result<u64> {
    for _ in 0..SETTLE_ASKS {
        tokio::time::sleep(SETTLE_EVERY).await;
        cluster.client.identity().await?;
    }
    cluster.scheduler.resident()
}
