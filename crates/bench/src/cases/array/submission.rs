//! Building and submitting the graph of an array with very many blocks, until the scheduler has all of
//! it. There are no workers, so nothing runs meanwhile.

use crate::cluster::{known, start_scheduler, until};
use crate::counting;
use crate::options::Options;
use crate::processes::{forget_peak, peak_resident};
use crate::report::Report;
use anyhow::Result;
use std::time::Instant;
use taskloom_array::{Array, ArrayClientExt as _, Block, Chunks};
use taskloom_client::Client;
use taskloom_task::task;

const BLOCKS: usize = 100_000;
const OPERATIONS: usize = 5;

/// An operation that is a task of its own, as users' are.
#[task(crate = taskloom_task)]
fn apart(block: Block) -> Block {
    block
}

/// What is submitted.
#[derive(Clone, Copy)]
enum Graph {
    /// Operations element by element, which go into one task per block.
    Fused,
    /// Operations that are a task per block each.
    Apart,
}

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let blocks = options.tasks(BLOCKS);
    for (name, graph) in [
        ("array.graph-fused", Graph::Fused),
        ("array.graph", Graph::Apart),
    ] {
        let tasks = match graph {
            Graph::Fused => blocks,
            Graph::Apart => blocks * OPERATIONS,
        };
        let (mut times, mut built, mut submitted) = (vec![], vec![], vec![]);
        let (mut sent, mut peaks) = (vec![], vec![]);
        for repetition in options.repetitions() {
            let (_scheduler, address) = start_scheduler(0)?;
            let (address, counted) = counting::before(address)?;
            let client = Client::connect(address.to_string()).await?;
            let before = counted.get().0;
            forget_peak()?;
            let resident = peak_resident(std::process::id())?;
            let started = Instant::now();
            let array = build(&client, graph, blocks, repetition)?;
            built.push(started.elapsed().as_secs_f64());
            let kept = array.persist().await?;
            submitted.push(started.elapsed().as_secs_f64());
            until(&client, |identity| known(&identity.tasks) >= tasks as u64).await?;
            times.push(started.elapsed().as_secs_f64());
            sent.push((counted.get().0 - before) as f64 / 1e6);
            let peak = peak_resident(std::process::id())?;
            peaks.push(peak.saturating_sub(resident) as f64 / 1e6);
            drop(kept);
            client.close().await;
        }
        let n = tasks as u64;
        report.figure(name, "time", n, "s", &times);
        report.figure(name, "expression", n, "s", &built);
        report.figure(name, "submitted", n, "s", &submitted);
        report.figure(name, "sent", n, "MB", &sent);
        report.figure(name, "client_peak", n, "MB", &peaks);
    }
    Ok(())
}

fn build(client: &Client, graph: Graph, blocks: usize, seed: u64) -> Result<Array> {
    // Other numbers in every block and repetition: equal tasks would be the same task.
    let start = seed as f64 * blocks as f64;
    let mut array = client.arange(start, start + blocks as f64, 1.0, Chunks::of([1]));
    for _ in 0..OPERATIONS {
        array = match graph {
            Graph::Fused => &array + 1.0,
            Graph::Apart => array.map_blocks(apart::task).same_lengths().array()?,
        };
    }
    Ok(array)
}
