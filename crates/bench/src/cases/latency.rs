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
/// Tasks and bare round trips take turns in blocks of this many: what the system makes of either
/// changes from one tenth of a second to the next, by which processors are awake.
const BLOCK: usize = 50;
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
        let (mut ours, mut bare) = (Vec::with_capacity(tasks), Vec::with_capacity(tasks));
        while ours.len() < tasks {
            let block = BLOCK.min(tasks - ours.len());
            bare.extend(beside.some_trips(block).await?);
            ours.extend(one_by_one(&cluster, &mut first, block).await?);
        }
        let median = trips.push(ours);
        ratios.push(median / (ROUND_TRIPS_EACH * beside.trips.push(bare)));
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
