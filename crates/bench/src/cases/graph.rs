//! The graph of a real job: with tasks that do nothing, and with the durations and sizes of the
//! literature.

use super::{Beside, Spent, rate};
use crate::cluster::Cluster;
use crate::options::Options;
use crate::report::Report;
use crate::tasks::{replay, step};
use anyhow::{Context as _, Result};
use std::time::{Duration, Instant};
use taskloom_client::Graph;
use taskloom_task::{Node, TaskCall, TaskValue};
use taskloom_testkit::generate::{by_name, merge};
use taskloom_testkit::literature::{Weight, lower_bound, weights};
use taskloom_testkit::{GraphShape, fixture};

/// Of the durations: the same in every run, and on every system.
const SEED: u64 = 1;
const WORKERS: usize = crate::cluster::WORKERS.len();

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let name = options.name.as_deref().context("which graph?")?;
    let shape = shape_of(name)?;
    let tasks = shape.len();
    let merged = merge(tasks.max(2) - 1);
    let cluster = Cluster::start().await?;
    let mut beside = Beside::start().await?;
    let mut first = 0;
    noops(&cluster, &shape, &mut first).await?;
    let (mut rates, mut ratios, mut spent) = (Vec::new(), Vec::new(), Spent::default());
    let (mut to_merge, mut cost_to_merge) = (Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let before = cluster.used()?;
        let reached = rate(tasks, noops(&cluster, &shape, &mut first).await?);
        spent.add(before, &cluster, tasks)?;
        rates.push(reached);
        ratios.push(reached / beside.rate(tasks).await?);
        let used = cluster.used()?.total().saturating_sub(before.total());
        let before = cluster.used()?;
        let plain = noops(&cluster, &merged, &mut first).await?;
        let plain_used = cluster.used()?.total().saturating_sub(before.total());
        to_merge.push(rate(tasks, plain) / reached);
        cost_to_merge.push(used.as_secs_f64() / plain_used.as_secs_f64().max(1e-9));
    }
    let case = format!("graph.{name}");
    report.figure(&case, "throughput", tasks as u64, "tasks/s", &rates);
    spent.report(report, &case, tasks);
    beside.report(report);
    report.figure(
        &case,
        "ratio",
        tasks as u64,
        "x raw.stream-256 items/s",
        &ratios,
    );
    let n = tasks as u64;
    report.figure(&case, "time_to_merge", n, "x merge's per task", &to_merge);
    report.figure(
        &case,
        "cpu_to_merge",
        n,
        "x merge's per task",
        &cost_to_merge,
    );

    let Some(weights) = weights(name, &shape, SEED) else {
        return Ok(());
    };
    let bound = lower_bound(&shape, &weights, WORKERS).as_secs_f64();
    let (mut times, mut ratios) = (Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let took = replays(&cluster, &shape, &weights, &mut first)
            .await?
            .as_secs_f64();
        times.push(took);
        ratios.push(took / bound);
    }
    let case = format!("{case}.literature");
    report.figure(&case, "makespan", tasks as u64, "s", &times);
    report.figure(&case, "ratio", tasks as u64, "x shortest possible", &ratios);
    Ok(())
}

/// The weights of a graph as text: a line `seconds bytes` per task.
pub fn graph_weights(name: &str) -> Result<String> {
    let weights = weights(name, &shape_of(name)?, SEED).context("nothing was published")?;
    let lines = weights
        .iter()
        .map(|weight| format!("{} {}\n", weight.duration.as_secs_f64(), weight.bytes));
    Ok(lines.collect())
}

/// The graph of a name: a file, or else the rule that builds it.
pub fn shape_of(name: &str) -> Result<GraphShape> {
    match fixture(name) {
        Ok(shape) => Ok(shape),
        Err(unknown) => by_name(name).ok_or_else(|| unknown.into()),
    }
}

/// Runs a graph of tasks that do nothing.
pub async fn noops(cluster: &Cluster, shape: &GraphShape, first: &mut u64) -> Result<Duration> {
    let base = *first;
    *first += shape.len() as u64;
    once(cluster, shape, |inputs, task| {
        step::task(inputs, base + task as u64)
    })
    .await
}

async fn replays(
    cluster: &Cluster,
    shape: &GraphShape,
    weights: &[Weight],
    first: &mut u64,
) -> Result<Duration> {
    let base = *first;
    *first += shape.len() as u64;
    once(cluster, shape, |inputs, task| {
        let Weight { duration, bytes } = weights[task];
        // The published durations are far below the 584 years that nanoseconds can count.
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        replay::task(inputs, base + task as u64, nanos, bytes)
    })
    .await
}

/// Builds the graph, submits it and waits until the results on which nothing depends are there.
async fn once<T: TaskValue>(
    cluster: &Cluster,
    shape: &GraphShape,
    call: impl Fn(Vec<&Node<T>>, usize) -> TaskCall<T>,
) -> Result<Duration> {
    let started = Instant::now();
    let mut graph = Graph::new();
    let mut nodes: Vec<Node<T>> = Vec::with_capacity(shape.len());
    for task in 0..shape.len() {
        let inputs = shape
            .dependencies(task)
            .iter()
            .map(|&on| &nodes[on as usize])
            .collect();
        let node = graph.add(call(inputs, task));
        nodes.push(node);
    }
    let wanted: Vec<_> = shape
        .sinks()
        .into_iter()
        .map(|sink| nodes[sink].clone())
        .collect();
    let futures = cluster.client.submit_graph(graph, wanted).await?;
    cluster.client.wait(&futures).await?;
    let took = started.elapsed();
    drop(futures);
    cluster.drained().await?;
    Ok(took)
}
