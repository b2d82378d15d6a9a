//! Fetches of small values: 1,000 at once from 50 peers, to all of which connections have to be
//! opened first, and one after the other on a connection that is open.

use super::Beside;
use crate::options::Options;
use crate::raw::{self, Trips};
use crate::report::Report;
use anyhow::{Result, anyhow, ensure};
use std::time::Instant;
use taskloom_core::TaskId;
use taskloom_core::arguments::Part;
use taskloom_rpc::data::{BufferPool, FetchItem, PeerPool, PoolOptions};
use taskloom_telemetry::Metrics;

const FETCHES: usize = 1_000;
const ONE_BY_ONE: usize = 2_000;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let fetches = options.tasks(FETCHES);
    let (_peer, addresses) = raw::data::start()?;
    let mut beside = Beside::start().await?;
    let (mut p50, mut p99, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    let (mut trips, mut ratios) = (Trips::default(), Vec::new());
    at_once(&addresses, fetches).await?;
    for _ in options.repetitions() {
        let burst = at_once(&addresses, fetches).await?;
        p50.push(burst.connect_p50);
        p99.push(burst.connect_p99);
        rates.push(burst.rate);
        let bare = beside.trips().await?;
        let pool = PeerPool::new(PoolOptions::default(), BufferPool::new(0));
        let median = trips.push(one_by_one(&pool, &addresses[0]).await?);
        ratios.push(median / bare);
    }
    let n = fetches as u64;
    report.figure("connect", "connect_p50", n, "ms", &p50);
    report.figure("connect", "connect_p99", n, "ms", &p99);
    report.figure("connect", "throughput", n, "fetches/s", &rates);
    trips.report(report, "connect.pooled");
    beside.report(report);
    let n = ONE_BY_ONE as u64;
    report.figure("connect.pooled", "ratio", n, "x raw.stream p50", &ratios);
    Ok(())
}

struct Burst {
    connect_p50: f64,
    connect_p99: f64,
    rate: f64,
}

async fn at_once(addresses: &[String], fetches: usize) -> Result<Burst> {
    let metrics = Metrics::new("worker");
    let pool = PeerPool::with_metrics(PoolOptions::default(), BufferPool::new(0), &metrics);
    let started = Instant::now();
    let calls: Vec<_> = (0..fetches)
        .map(|n| {
            let pool = pool.clone();
            let address = addresses[n % addresses.len()].clone();
            tokio::spawn(async move { fetch(&pool, &address, n).await })
        })
        .collect();
    for call in calls {
        call.await??;
    }
    let rate = super::rate(fetches, started.elapsed());
    let [connects, ..] = metrics.timer("gather-connect-duration").digest().windows();
    Ok(Burst {
        connect_p50: connects.quantile(0.50)? * 1e3,
        connect_p99: connects.quantile(0.99)? * 1e3,
        rate,
    })
}

async fn one_by_one(pool: &PeerPool, address: &str) -> Result<Vec<f64>> {
    fetch(pool, address, 0).await?;
    let mut took = Vec::with_capacity(ONE_BY_ONE);
    for n in 0..ONE_BY_ONE {
        let started = Instant::now();
        fetch(pool, address, n).await?;
        took.push(started.elapsed().as_secs_f64() * 1e6);
    }
    Ok(took)
}

async fn fetch(pool: &PeerPool, address: &str, n: usize) -> Result<()> {
    let task = TaskId::new(u32::try_from(n)?, 1);
    let answers = pool
        .fetch(address, vec![FetchItem::new(task, Part::WHOLE)])
        .await?;
    let value = answers.into_iter().next();
    let value = value.ok_or_else(|| anyhow!("a fetch has no answer"))??;
    ensure!(value.nbytes() > 0, "an empty value came");
    Ok(())
}
