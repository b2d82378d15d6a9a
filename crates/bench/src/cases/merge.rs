//! Many tasks that do nothing and one that takes all their results: the least that a graph with
//! dependencies costs.

use super::graph::noops;
use super::{Beside, Spent, rate};
use crate::cluster::Cluster;
use crate::options::Options;
use crate::report::Report;
use anyhow::Result;
use taskloom_testkit::generate::merge;

const SOURCES: usize = 25_000;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let shape = merge(options.tasks(SOURCES));
    let tasks = shape.len();
    let cluster = Cluster::start().await?;
    let mut beside = Beside::start().await?;
    let mut first = 0;
    noops(&cluster, &shape, &mut first).await?;
    let (mut rates, mut ratios, mut spent) = (Vec::new(), Vec::new(), Spent::default());
    for _ in options.repetitions() {
        let before = cluster.used()?;
        let reached = rate(tasks, noops(&cluster, &shape, &mut first).await?);
        spent.add(before, &cluster, tasks)?;
        rates.push(reached);
        ratios.push(reached / beside.rate(tasks).await?);
    }
    let n = tasks as u64;
    report.figure("merge", "throughput", n, "tasks/s", &rates);
    spent.report(report, "merge", tasks);
    beside.report(report);
    report.figure("merge", "ratio", n, "x raw.stream-256 items/s", &ratios);
    Ok(())
}
