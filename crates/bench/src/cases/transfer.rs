//! Values from one worker to the other: a large one, and many small ones to one task.
//!
//! The time of the large one includes the round trip of the task that needs it.

use super::rate;
use crate::cluster::{Cluster, WORKERS};
use crate::options::Options;
use crate::raw;
use crate::report::Report;
use crate::tasks::{make, size, total};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

const SMALL: u64 = 10 << 10;
const VALUES: usize = 2_000;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let cluster = Cluster::start().await?;
    let (peer, address) = raw::start_peer("stream")?;
    let mut bare = raw::stream::Copy::connect(address).await?;
    let mut seed = 0;
    large(&cluster, &mut seed).await?;
    bare.run().await?;
    let (mut bandwidths, mut copies, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let reached = large(&cluster, &mut seed).await?;
        let copied = bare.run().await?;
        bandwidths.push(reached);
        copies.push(copied);
        ratios.push(reached / copied);
    }
    drop((bare, peer));
    let bytes = raw::LARGE as u64;
    report.figure("transfer", "bandwidth", bytes, "GB/s", &bandwidths);
    report.figure("raw.stream-copy", "bandwidth", bytes, "GB/s", &copies);
    report.figure("transfer", "ratio", bytes, "x raw.stream-copy", &ratios);

    let values = options.tasks(VALUES);
    small(&cluster, &mut seed, values).await?;
    let mut rates = Vec::new();
    for _ in options.repetitions() {
        rates.push(rate(values, small(&cluster, &mut seed, values).await?));
    }
    report.figure("transfer", "throughput", values as u64, "values/s", &rates);
    Ok(())
}

async fn large(cluster: &Cluster, seed: &mut u64) -> Result<f64> {
    *seed += 1;
    let client = &cluster.client;
    let value = client.submit(make::task(raw::LARGE as u64, *seed).workers([WORKERS[0]]));
    client.wait(std::slice::from_ref(&value)).await?;
    let started = Instant::now();
    let length = client
        .submit(size::task(&value).workers([WORKERS[1]]))
        .await?;
    let took = started.elapsed();
    ensure!(
        length == raw::LARGE as u64,
        "the worker received {length} bytes"
    );
    drop(value);
    cluster.drained().await?;
    Ok(length as f64 / took.as_secs_f64() / 1e9)
}

async fn small(cluster: &Cluster, seed: &mut u64, values: usize) -> Result<Duration> {
    let range = *seed..*seed + values as u64;
    *seed = range.end;
    let client = &cluster.client;
    let parts = client
        .map(range, |seed| make::task(SMALL, seed).workers([WORKERS[0]]))
        .await?;
    client.wait(&parts).await?;
    let started = Instant::now();
    let length = client
        .submit(total::task(&parts).workers([WORKERS[1]]))
        .await?;
    let took = started.elapsed();
    ensure!(
        length == SMALL * values as u64,
        "the worker received {length} bytes"
    );
    drop(parts);
    cluster.drained().await?;
    Ok(took)
}
