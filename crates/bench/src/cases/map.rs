//! Many calls as one submission: what they cost the client until all have futures, and the bytes that
//! they take between client and scheduler until all are done.

use super::Spent;
use crate::cluster::Cluster;
use crate::counting;
use crate::options::Options;
use crate::report::Report;
use crate::tasks::noop;
use anyhow::{Context as _, Result};
use std::time::Instant;
use taskloom_client::Client;

const CALLS: usize = 100_000;
const WARM_UP: usize = 10_000;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let calls = options.tasks(CALLS);
    let cluster = Cluster::start().await?;
    let mut next = 0;
    submit(&cluster, &cluster.client, calls.min(WARM_UP), &mut next).await?;
    let (mut took, mut spent) = (Vec::new(), Spent::default());
    for _ in options.repetitions() {
        let before = cluster.used()?;
        took.push(submit(&cluster, &cluster.client, calls, &mut next).await?);
        spent.add(before, &cluster, calls)?;
    }
    let n = calls as u64;
    report.figure("map", "submit", n, "us/call", &took);
    spent.report(report, "map", calls);
    bytes(options, report, &cluster, &mut next).await
}

/// Microseconds per call until each has its future.
async fn submit(cluster: &Cluster, client: &Client, calls: usize, next: &mut u64) -> Result<f64> {
    let range = *next..*next + calls as u64;
    *next = range.end;
    let started = Instant::now();
    let futures = client.map(range, noop::task).await?;
    let took = started.elapsed();
    client.wait(&futures).await?;
    drop(futures);
    cluster.drained().await?;
    Ok(took.as_secs_f64() * 1e6 / calls as f64)
}

/// The bytes, by a client of its own whose connection is counted.
async fn bytes(
    options: &Options,
    report: &mut Report,
    cluster: &Cluster,
    next: &mut u64,
) -> Result<()> {
    let calls = options.tasks(CALLS);
    let scheduler = cluster.client.address();
    let target = scheduler
        .parse()
        .context("the scheduler has no plain address")?;
    let (address, counted) = counting::before(target)?;
    let client = Client::connect(address.to_string()).await?;
    // The first call of a task says what the task is.
    submit(cluster, &client, 1, next).await?;
    let (mut there, mut back, mut both) = (Vec::new(), Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let range = *next..*next + calls as u64;
        *next = range.end;
        let before = counted.get();
        let futures = client.map(range, noop::task).await?;
        client.wait(&futures).await?;
        let after = counted.get();
        drop(futures);
        cluster.drained().await?;
        let each = |after: u64, before: u64| (after - before) as f64 / calls as f64;
        there.push(each(after.0, before.0));
        back.push(each(after.1, before.1));
        both.push(each(after.0 + after.1, before.0 + before.1));
    }
    let n = calls as u64;
    report.figure("map", "bytes_sent", n, "bytes/call", &there);
    report.figure("map", "bytes_received", n, "bytes/call", &back);
    report.figure("map", "bytes", n, "bytes/call", &both);
    Ok(())
}
