//! A binary tree of additions, as one graph, until its sum is here.

use super::{Beside, Spent, rate};
use crate::cluster::Cluster;
use crate::options::Options;
use crate::report::Report;
use crate::tasks::{add, noop};
use anyhow::{Context as _, Result, ensure};
use std::time::{Duration, Instant};
use taskloom_client::Graph;

const LEAVES: usize = 8_192;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let leaves = options.tasks(LEAVES);
    let tasks = 2 * leaves - 1;
    let cluster = Cluster::start().await?;
    let mut beside = Beside::start().await?;
    let mut first = 0;
    grow(&cluster, &mut first, leaves.min(LEAVES / 8)).await?;
    let (mut rates, mut ratios, mut spent) = (Vec::new(), Vec::new(), Spent::default());
    for _ in options.repetitions() {
        let before = cluster.used()?;
        let reached = rate(tasks, grow(&cluster, &mut first, leaves).await?);
        spent.add(before, &cluster, tasks)?;
        rates.push(reached);
        ratios.push(reached / beside.rate(tasks).await?);
    }
    report.figure("tree", "throughput", tasks as u64, "tasks/s", &rates);
    spent.report(report, "tree", tasks);
    beside.report(report);
    report.figure(
        "tree",
        "ratio",
        tasks as u64,
        "x raw.stream-256 items/s",
        &ratios,
    );
    Ok(())
}

async fn grow(cluster: &Cluster, first: &mut u64, leaves: usize) -> Result<Duration> {
    let range = *first..*first + leaves as u64;
    *first = range.end;
    let expected: u64 = range.clone().sum();
    let started = Instant::now();
    let mut graph = Graph::new();
    let mut level: Vec<_> = range.map(|leaf| graph.add(noop::task(leaf))).collect();
    while level.len() > 1 {
        let mut above = Vec::with_capacity(level.len().div_ceil(2));
        let mut nodes = level.into_iter();
        while let Some(left) = nodes.next() {
            above.push(match nodes.next() {
                Some(right) => graph.add(add::task(left, right)),
                None => left,
            });
        }
        level = above;
    }
    let root = level.pop().context("a tree needs leaves")?;
    let sum = cluster.client.submit_graph(graph, root).await?.await?;
    let took = started.elapsed();
    ensure!(sum == expected, "the tree gave {sum}");
    cluster.drained().await?;
    Ok(took)
}
