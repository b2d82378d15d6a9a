//! Independent tasks that do nothing, as one submission, until the client knows that all are done.

use super::{Beside, Spent, rate};
use crate::cluster::Cluster;
use crate::options::Options;
use crate::report::Report;
use crate::tasks::noop;
use anyhow::Result;
use std::time::{Duration, Instant};

const TASKS: usize = 100_000;
const WARM_UP: usize = 10_000;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let tasks = options.tasks(TASKS);
    let cluster = Cluster::start().await?;
    let mut beside = Beside::start().await?;
    let mut first = 0;
    flood(&cluster, &mut first, tasks.min(WARM_UP)).await?;
    let (mut rates, mut ratios, mut spent) = (Vec::new(), Vec::new(), Spent::default());
    for _ in options.repetitions() {
        let before = cluster.used()?;
        let reached = rate(tasks, flood(&cluster, &mut first, tasks).await?);
        spent.add(before, &cluster, tasks)?;
        rates.push(reached);
        ratios.push(reached / beside.rate(tasks).await?);
    }
    report.figure("noop", "throughput", tasks as u64, "tasks/s", &rates);
    spent.report(report, "noop", tasks);
    beside.report(report);
    report.figure(
        "noop",
        "ratio",
        tasks as u64,
        "x raw.stream-256 items/s",
        &ratios,
    );
    Ok(())
}

/// Arguments are never the same twice: the same call would be the same task.
async fn flood(cluster: &Cluster, first: &mut u64, tasks: usize) -> Result<Duration> {
    let range = *first..*first + tasks as u64;
    *first = range.end;
    let started = Instant::now();
    let futures = cluster.client.map(range, noop::task).await?;
    cluster.client.wait(&futures).await?;
    let took = started.elapsed();
    drop(futures);
    cluster.drained().await?;
    Ok(took)
}
