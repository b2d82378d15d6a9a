//! Arrays: expressions over one of 10,000 x 10,000 numbers in a hundred blocks, and graphs of a hundred
//! thousand blocks.
//!
//! Each expression is computed by two worker processes of one thread each, and then by a cluster
//! inside of one process with two threads. The array lies in the workers' memory before the clock
//! starts, except in the cases that say that it is generated.

mod expressions;
mod submission;

use crate::cluster::{Cluster, known, until};
use crate::options::Options;
use crate::report::Report;
use anyhow::{Context as _, Result, bail};
use expressions::Expression;
use std::time::{Duration, Instant};
use taskloom_array::Array;
use taskloom_client::Client;
use taskloom_cluster::LocalCluster;

/// Of the square array, if nothing else is said.
const SIDE: usize = 10_000;
/// The case that computes nothing.
const GRAPH: &str = "graph";

/// The names of all cases, or the one that was asked for.
pub fn names(options: &Options) -> Result<Vec<&'static str>> {
    let all = Expression::ALL.iter().map(|expression| expression.name);
    let all: Vec<&str> = all.chain([GRAPH]).collect();
    let Some(name) = options.name.as_deref() else {
        return Ok(all);
    };
    match all.iter().find(|known| **known == name) {
        Some(name) => Ok(vec![name]),
        None => bail!("there is no case {name}; there are {}", all.join(", ")),
    }
}

/// The side of the square array.
pub fn side(options: &Options) -> usize {
    options.side.map_or(SIDE, |side| side as usize)
}

/// Runs one case.
pub async fn run(name: &str, options: &Options, report: &mut Report) -> Result<()> {
    if name == GRAPH {
        return submission::run(options, report).await;
    }
    let expression = Expression::ALL.iter().find(|one| one.name == name);
    let expression = expression.context("no such case")?;
    let n = (side(options) as u64).pow(2);
    let times = {
        let cluster = Cluster::start().await?;
        let times = measure(&cluster.client, expression, options).await?;
        let peak = cluster.workers.iter().map(|worker| worker.peak_resident());
        let peak = peak.collect::<Result<Vec<u64>>>()?.iter().sum::<u64>();
        (times, peak)
    };
    let case = format!("array.{name}");
    report.figure(&case, "time", n, "s", &times.0);
    report.figure(&case, "workers_peak", n, "MB", &[times.1 as f64 / 1e6]);
    let inside = embedded(expression, options)?;
    report.figure(format!("array-embedded.{name}"), "time", n, "s", &inside);
    Ok(())
}

/// The same in one process, on a runtime with threads of its own.
fn embedded(expression: &Expression, options: &Options) -> Result<Vec<f64>> {
    std::thread::scope(|scope| {
        let measuring = scope.spawn(|| {
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(async {
                let cluster = LocalCluster::builder()
                    .workers(2)
                    .threads(1)
                    .start()
                    .await?;
                let client = cluster.client().await?;
                let times = measure(&client, expression, options).await?;
                client.close().await;
                cluster.close().await?;
                anyhow::Ok(times)
            })
        });
        match measuring.join() {
            Ok(times) => times,
            Err(_) => bail!("the embedded cluster panicked"),
        }
    })
}

/// Seconds from the submission until the result is known, for each repetition.
async fn measure(client: &Client, expression: &Expression, options: &Options) -> Result<Vec<f64>> {
    let data = match expression.data(client, side(options)) {
        Some(data) => {
            let kept = data.persist().await?;
            kept.wait().await?;
            Some(kept)
        }
        None => None,
    };
    // The same expression is the same tasks: a repetition that began before the scheduler has
    // forgotten those of the one before would be given their results.
    let before = known(&client.identity().await?.tasks);
    once(client, expression, data.as_ref(), options, 0).await?;
    let mut times = Vec::new();
    for repetition in options.repetitions() {
        until(client, |identity| known(&identity.tasks) <= before).await?;
        let took = once(client, expression, data.as_ref(), options, repetition + 1).await?;
        times.push(took.as_secs_f64());
    }
    Ok(times)
}

async fn once(
    client: &Client,
    expression: &Expression,
    data: Option<&Array>,
    options: &Options,
    repetition: u64,
) -> Result<Duration> {
    let started = Instant::now();
    let result = expression.make(client, data, side(options), repetition)?;
    if result.ndim() == 0 {
        result.compute().await?;
        return Ok(started.elapsed());
    }
    let kept = result.persist().await?;
    kept.wait().await?;
    Ok(started.elapsed())
}
