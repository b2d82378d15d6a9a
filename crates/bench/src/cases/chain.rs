//! Tasks that each need the one before, as one graph, until the last result is here.

use super::{Beside, Spent, rate};
use crate::cluster::Cluster;
use crate::options::Options;
use crate::report::Report;
use crate::tasks::inc;
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use taskloom_client::Graph;

const TASKS: usize = 5_000;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let tasks = options.tasks(TASKS);
    let cluster = Cluster::start().await?;
    let mut beside = Beside::start().await?;
    let mut first = 0;
    link(&cluster, &mut first, tasks.min(TASKS / 5)).await?;
    let (mut rates, mut ratios, mut spent) = (Vec::new(), Vec::new(), Spent::default());
    for _ in options.repetitions() {
        let bare = beside.trips().await?;
        let before = cluster.used()?;
        let reached = rate(tasks, link(&cluster, &mut first, tasks).await?);
        spent.add(before, &cluster, tasks)?;
        rates.push(reached);
        ratios.push(1e6 / reached / bare);
    }
    report.figure("chain", "throughput", tasks as u64, "tasks/s", &rates);
    spent.report(report, "chain", tasks);
    beside.report(report);
    report.figure(
        "chain",
        "ratio",
        tasks as u64,
        "raw.stream p50 per task",
        &ratios,
    );
    Ok(())
}

async fn link(cluster: &Cluster, first: &mut u64, tasks: usize) -> Result<Duration> {
    let start = *first;
    *first += 1 << 32;
    let started = Instant::now();
    let mut graph = Graph::new();
    let mut last = graph.add(inc::task(start));
    for _ in 1..tasks {
        last = graph.add(inc::task(last));
    }
    let end = cluster.client.submit_graph(graph, last).await?.await?;
    let took = started.elapsed();
    ensure!(end == start + tasks as u64, "the chain gave {end}");
    cluster.drained().await?;
    Ok(took)
}
