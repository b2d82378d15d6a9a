//! One task at a time: submit it, await its result.

use super::Beside;
use crate::cluster::Cluster;
use crate::options::Options;
use crate::raw::Trips;
use crate::report::Report;
use crate::tasks::noop;
use anyhow::Result;
use std::time::Instant;

const TASKS: usize = 2_000;
/// A result goes from the client to the scheduler, to the worker, and all the way back.
const ROUND_TRIPS_EACH: f64 = 2.0;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let tasks = options.tasks(TASKS);
    let cluster = Cluster::start().await?;
    let mut beside = Beside::start().await?;
    let mut first = 0;
    one_by_one(&cluster, &mut first, tasks.min(TASKS / 4)).await?;
    let (mut trips, mut ratios) = (Trips::default(), Vec::new());
    for _ in options.repetitions() {
        let bare = beside.trips().await?;
        let median = trips.push(one_by_one(&cluster, &mut first, tasks).await?);
        ratios.push(median / (ROUND_TRIPS_EACH * bare));
    }
    trips.report(report, "latency");
    beside.report(report);
    report.figure(
        "latency",
        "ratio",
        tasks as u64,
        "x two raw.stream p50",
        &ratios,
    );
    Ok(())
}

async fn one_by_one(cluster: &Cluster, first: &mut u64, tasks: usize) -> Result<Vec<f64>> {
    let mut took = Vec::with_capacity(tasks);
    for _ in 0..tasks {
        *first += 1;
        let started = Instant::now();
        cluster.client.submit(noop::task(*first)).await?;
        took.push(started.elapsed().as_secs_f64() * 1e6);
    }
    Ok(took)
}
