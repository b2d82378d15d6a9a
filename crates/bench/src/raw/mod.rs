//! What the machine itself allows: the limits that the other cases are compared with.
//!
//! Every measurement is between two processes on loopback: this one, and this program started again
//! in the role `peer`, which serves until its standard input ends.

pub mod data;
pub mod memory;
pub mod peer;
pub mod stream;
pub mod tcp;

use crate::options::Options;
use crate::processes::Process;
use crate::report::Report;
use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use std::time::Instant;

/// The size of large copies.
pub const LARGE: usize = 512 << 20;
/// Round trips per repetition.
pub const ROUND_TRIPS: usize = 2_000;
/// Items per repetition of a rate.
pub const ITEMS: usize = 500_000;
/// Items per frame where a case is compared with a rate.
pub const BATCH: usize = 256;

/// Starts a peer and returns it with its address.
pub fn start_peer(kind: &str) -> Result<(Process, SocketAddr)> {
    let mut peer = Process::this_program(&["peer", kind])?;
    let address = peer.wait_for(|line| line.strip_prefix("listening on ")?.parse().ok())?;
    Ok((peer, address))
}

/// The case `raw`: every limit once more per repetition.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    tcp_figures(options, report)?;
    stream_figures(options, report).await?;
    memory_figures(options, report)?;
    spawn_figures(options, report)?;
    Ok(())
}

fn tcp_figures(options: &Options, report: &mut Report) -> Result<()> {
    let (_peer, address) = start_peer("tcp")?;
    let mut trips = Trips::default();
    for _ in options.repetitions() {
        trips.push(tcp::round_trips(address, ROUND_TRIPS)?);
    }
    trips.report(report, "raw.tcp");

    let mut used = memory::Pages::huge(LARGE)?;
    let (mut reused, mut fresh, mut fresh_huge) = (Vec::new(), Vec::new(), Vec::new());
    tcp::copy(address, &mut used)?;
    for _ in options.repetitions() {
        reused.push(tcp::copy(address, &mut used)?);
        fresh.push(tcp::copy(address, &mut memory::Pages::small(LARGE)?)?);
        fresh_huge.push(tcp::copy(address, &mut memory::Pages::huge(LARGE)?)?);
    }
    report.figure("raw.tcp-copy", "bandwidth", LARGE as u64, "GB/s", &reused);
    report.figure(
        "raw.tcp-copy.fresh",
        "bandwidth",
        LARGE as u64,
        "GB/s",
        &fresh,
    );
    report.figure(
        "raw.tcp-copy.fresh-huge",
        "bandwidth",
        LARGE as u64,
        "GB/s",
        &fresh_huge,
    );
    Ok(())
}

async fn stream_figures(options: &Options, report: &mut Report) -> Result<()> {
    let (_peer, address) = start_peer("stream")?;
    let mut stream = stream::Echo::connect(address).await?;
    let mut trips = Trips::default();
    stream.round_trips(ROUND_TRIPS / 4).await?;
    for _ in options.repetitions() {
        trips.push(stream.round_trips(ROUND_TRIPS).await?);
    }
    trips.report(report, "raw.stream");
    for (batch, case) in [
        (1, "raw.stream-1"),
        (16, "raw.stream-16"),
        (BATCH, "raw.stream-256"),
    ] {
        let mut rates = Vec::new();
        for _ in options.repetitions() {
            rates.push(stream.rate(ITEMS, batch).await?);
        }
        report.figure(case, "throughput", ITEMS as u64, "items/s", &rates);
    }
    let mut copies = Vec::new();
    let mut copy = stream::Copy::connect(address).await?;
    copy.run().await?;
    for _ in options.repetitions() {
        copies.push(copy.run().await?);
    }
    report.figure(
        "raw.stream-copy",
        "bandwidth",
        LARGE as u64,
        "GB/s",
        &copies,
    );
    Ok(())
}

fn memory_figures(options: &Options, report: &mut Report) -> Result<()> {
    let mut from = memory::Pages::huge(LARGE)?;
    from.fill(7); // Pages that were never written are all one page of zeros, in the cache.
    let mut to = memory::Pages::huge(LARGE)?;
    memory::copy(&from, &mut to);
    let rates: Vec<f64> = options
        .repetitions()
        .map(|_| memory::copy(&from, &mut to))
        .collect();
    report.figure("raw.memcpy", "bandwidth", LARGE as u64, "GB/s", &rates);
    Ok(())
}

fn spawn_figures(options: &Options, report: &mut Report) -> Result<()> {
    let mut times = Vec::new();
    for _ in options.repetitions() {
        times.push(spawn()?);
    }
    report.figure("raw.spawn", "listening", 1, "ms", &times);
    Ok(())
}

/// Milliseconds from the start of a process that does nothing but listen until its port answers.
pub fn spawn() -> Result<f64> {
    let (peer, address) = start_peer("tcp")?;
    let answered = std::net::TcpStream::connect(address).context("the peer does not answer")?;
    let took = peer.started().elapsed();
    drop(answered);
    Ok(took.as_secs_f64() * 1e3)
}

/// Percentiles of the round trips of several repetitions.
#[derive(Default)]
pub struct Trips {
    /// The median of each repetition, in microseconds.
    p50: Vec<f64>,
    /// The 99th percentile of each repetition, in microseconds.
    p99: Vec<f64>,
    n: usize,
}

impl Trips {
    /// Adds a repetition and returns its median.
    pub fn push(&mut self, mut trips: Vec<f64>) -> f64 {
        self.n = trips.len();
        let median = crate::report::percentile(&mut trips, 0.50);
        self.p50.push(median);
        self.p99.push(crate::report::percentile(&mut trips, 0.99));
        median
    }

    /// Prints both figures.
    pub fn report(&self, report: &mut Report, case: &str) {
        report.figure(case, "p50", self.n as u64, "us", &self.p50);
        report.figure(case, "p99", self.n as u64, "us", &self.p99);
    }
}

/// Gigabytes per second.
fn gigabytes(bytes: usize, since: Instant) -> f64 {
    bytes as f64 / since.elapsed().as_secs_f64() / 1e9
}
