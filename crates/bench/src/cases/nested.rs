//! Tasks that a task starts, beside the same tasks started from outside: one at a time, and many as
//! one submission.

use super::rate;
use crate::cluster::Cluster;
use crate::options::Options;
use crate::raw::Trips;
use crate::report::Report;
use crate::tasks::{noop, one_by_one_inside, spread_inside};
use anyhow::Result;
use std::time::{Duration, Instant};
use taskloom_client::Client;

const TASKS: usize = 20_000;
/// Threads of a service's runtime.
const THREADS: usize = 2;
/// One at a time there are fewer.
const FEWER: usize = 10;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let tasks = options.tasks(TASKS);
    let few = (tasks / FEWER).max(1);
    let cluster = Cluster::start().await?;
    let mut first = 0;
    let mut next = |tasks: usize| {
        first += tasks as u64;
        first - tasks as u64
    };
    // The first client inside a worker connects; from then on it is there.
    trips_inside(&cluster, next(few), few).await?;
    trips_outside(&cluster.client, next(few), few).await?;
    let (mut inside, mut outside, mut service) =
        (Trips::default(), Trips::default(), Trips::default());
    let (mut ratios, mut service_ratios) = (Vec::new(), Vec::new());
    let (mut rates, mut rates_outside, mut rate_ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let there = outside.push(trips_outside(&cluster.client, next(few), few).await?);
        let here = inside.push(trips_inside(&cluster, next(few), few).await?);
        ratios.push(here / there);
        let there = service.push(trips_of_a_service(&cluster, next(few), few).await?);
        service_ratios.push(here / there);
        let there = rate(tasks, spread_outside(&cluster, next(tasks), tasks).await?);
        let took = cluster
            .client
            .submit(spread_inside::task(next(tasks), tasks as u64));
        let here = rate(tasks, Duration::from_secs_f64(took.await?));
        cluster.drained().await?;
        rates.push(here);
        rates_outside.push(there);
        rate_ratios.push(here / there);
    }
    inside.report(report, "nested");
    report.figure(
        "nested",
        "ratio",
        few as u64,
        "x nested.outside p50",
        &ratios,
    );
    report.figure(
        "nested",
        "service_ratio",
        few as u64,
        "x nested.service p50",
        &service_ratios,
    );
    let n = tasks as u64;
    report.figure("nested", "throughput", n, "tasks/s", &rates);
    let unit = "x nested.outside tasks/s";
    report.figure("nested", "rate_ratio", n, unit, &rate_ratios);
    outside.report(report, "nested.outside");
    service.report(report, "nested.service");
    report.figure("nested.outside", "throughput", n, "tasks/s", &rates_outside);
    Ok(())
}

async fn trips_inside(cluster: &Cluster, first: u64, tasks: usize) -> Result<Vec<f64>> {
    let call = one_by_one_inside::task(first, tasks as u64);
    Ok(cluster.client.submit(call).await?)
}

async fn trips_outside(client: &Client, first: u64, tasks: usize) -> Result<Vec<f64>> {
    let mut took = Vec::with_capacity(tasks);
    for x in first..first + tasks as u64 {
        let started = Instant::now();
        client.submit(noop::task(x)).await?;
        took.push(started.elapsed().as_secs_f64() * 1e6);
    }
    Ok(took)
}

/// The same from a program as services are: its runtime has several threads, so whoever waits is on
/// another one than the session, as a task is.
async fn trips_of_a_service(cluster: &Cluster, first: u64, tasks: usize) -> Result<Vec<f64>> {
    let address = cluster.client.address();
    let service = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let client = Client::connect(address).await?;
            trips_outside(&client, first, tasks).await
        })
    };
    tokio::task::spawn_blocking(service).await?
}

async fn spread_outside(cluster: &Cluster, first: u64, tasks: usize) -> Result<Duration> {
    let started = Instant::now();
    let futures = cluster
        .client
        .map(first..first + tasks as u64, noop::task)
        .await?;
    cluster.client.wait(&futures).await?;
    let took = started.elapsed();
    drop(futures);
    cluster.drained().await?;
    Ok(took)
}
