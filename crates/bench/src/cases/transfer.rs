//! Values from one worker to the other: a large one over the network and in shared memory, and many
//! small ones to one task and to as many.
//!
//! The time of a large one includes the round trip of the task that needs it; in shared memory also
//! that it reads every byte, because nothing is copied before it does.

use super::rate;
use crate::cluster::{Cluster, WORKERS};
use crate::options::Options;
use crate::raw;
use crate::report::Report;
use crate::tasks::{byte_of, fold, make, size, total};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

const SMALL: u64 = 10 << 10;
const VALUES: usize = 2_000;
const LARGE: u64 = raw::LARGE as u64;

/// How the large value goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Network,
    SharedMemory,
}

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let mut seed = 0;
    network(options, report, &mut seed).await?;
    let cluster = Cluster::start().await?;
    shared(&cluster, options, report, &mut seed).await?;
    many(&cluster, options, report, &mut seed).await
}

/// Over connections, beside a bare stream and a bare socket.
async fn network(options: &Options, report: &mut Report, seed: &mut u64) -> Result<()> {
    let cluster = Cluster::start_with(&["--shared-memory", "0"]).await?;
    let (peer, address) = raw::start_peer("stream")?;
    let mut bare = raw::stream::Copy::connect(address).await?;
    let (tcp, tcp_address) = raw::start_peer("tcp")?;
    let mut used = raw::memory::Pages::huge(raw::LARGE)?;
    large(&cluster, seed, Way::Network).await?;
    bare.run().await?;
    raw::tcp::copy(tcp_address, &mut used)?;
    let (mut bandwidths, mut copies, mut sockets) = (Vec::new(), Vec::new(), Vec::new());
    let (mut to_copies, mut to_sockets) = (Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let reached = large(&cluster, seed, Way::Network).await?;
        let copied = bare.run().await?;
        let socket = raw::tcp::copy(tcp_address, &mut used)?;
        bandwidths.push(reached);
        copies.push(copied);
        sockets.push(socket);
        to_copies.push(reached / copied);
        to_sockets.push(reached / socket);
    }
    drop((bare, peer, tcp));
    report.figure("transfer", "bandwidth", LARGE, "GB/s", &bandwidths);
    report.figure("raw.stream-copy", "bandwidth", LARGE, "GB/s", &copies);
    report.figure("raw.tcp-copy", "bandwidth", LARGE, "GB/s", &sockets);
    report.figure("transfer", "ratio", LARGE, "x raw.stream-copy", &to_copies);
    report.figure(
        "transfer",
        "ratio_tcp",
        LARGE,
        "x raw.tcp-copy",
        &to_sockets,
    );
    Ok(())
}

async fn shared(
    cluster: &Cluster,
    options: &Options,
    report: &mut Report,
    seed: &mut u64,
) -> Result<()> {
    let mut bandwidths = Vec::new();
    // The first fills fresh pages, the second maps them for filling.
    for _ in 0..3 {
        large(cluster, seed, Way::SharedMemory).await?;
    }
    for _ in options.repetitions() {
        bandwidths.push(large(cluster, seed, Way::SharedMemory).await?);
    }
    report.figure("transfer.shared", "bandwidth", LARGE, "GB/s", &bandwidths);
    Ok(())
}

async fn many(
    cluster: &Cluster,
    options: &Options,
    report: &mut Report,
    seed: &mut u64,
) -> Result<()> {
    let values = options.tasks(VALUES);
    for to_one in [true, false] {
        small(cluster, seed, values, to_one).await?;
        let mut rates = Vec::new();
        for _ in options.repetitions() {
            rates.push(rate(values, small(cluster, seed, values, to_one).await?));
        }
        let case = if to_one { "transfer" } else { "transfer.each" };
        report.figure(case, "throughput", values as u64, "values/s", &rates);
    }
    Ok(())
}

async fn large(cluster: &Cluster, seed: &mut u64, way: Way) -> Result<f64> {
    *seed += 1;
    let client = &cluster.client;
    let value = client.submit(make::task(LARGE, *seed).workers([WORKERS[0]]));
    client.wait(std::slice::from_ref(&value)).await?;
    let started = Instant::now();
    let (read, expected) = match way {
        Way::Network => (size::task(&value), LARGE),
        Way::SharedMemory => (fold::task(&value), LARGE * u64::from(byte_of(*seed))),
    };
    let read = client.submit(read.workers([WORKERS[1]])).await?;
    let took = started.elapsed();
    ensure!(read == expected, "the worker read {read}, not {expected}");
    drop(value);
    cluster.drained().await?;
    Ok(LARGE as f64 / took.as_secs_f64() / 1e9)
}

async fn small(cluster: &Cluster, seed: &mut u64, values: usize, to_one: bool) -> Result<Duration> {
    let range = *seed..*seed + values as u64;
    *seed = range.end;
    let client = &cluster.client;
    let parts = client
        .map(range, |seed| make::task(SMALL, seed).workers([WORKERS[0]]))
        .await?;
    client.wait(&parts).await?;
    let started = Instant::now();
    let length: u64 = if to_one {
        client
            .submit(total::task(&parts).workers([WORKERS[1]]))
            .await?
    } else {
        let sizes = client
            .map(&parts, |part| size::task(part).workers([WORKERS[1]]))
            .await?;
        client.gather(&sizes).await?.into_iter().sum()
    };
    let took = started.elapsed();
    ensure!(
        length == SMALL * values as u64,
        "the worker received {length} bytes"
    );
    drop(parts);
    cluster.drained().await?;
    Ok(took)
}
