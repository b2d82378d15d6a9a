//! A channel with one writer and one reader, of values and of futures: one element at a time, and
//! many in a row.

use super::{Beside, rate};
use crate::cluster::Cluster;
use crate::options::Options;
use crate::raw::Trips;
use crate::report::Report;
use crate::tasks::noop;
use anyhow::{Context as _, Result, ensure};
use std::time::{Duration, Instant};
use taskloom_client::{Channel, Client, TaskFuture};
use taskloom_task::Item;

const ELEMENTS: usize = 200_000;
/// One at a time there are fewer, and so there are of futures.
const FEWER: usize = 100;
const FEWER_FUTURES: usize = 4;
/// An element goes from the writer to the scheduler and on to the reader; the target allows for twice
/// the way there and back.
pub(super) const ROUND_TRIPS_EACH: f64 = 2.0;
/// Futures that are appended again and again.
pub(super) const FUTURES: usize = 1_000;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let elements = options.tasks(ELEMENTS);
    let cluster = Cluster::start().await?;
    let reader = Client::connect(cluster.client.address()).await?;
    let mut beside = Beside::start().await?;
    let futures = done(&cluster).await?;
    measure(
        "channel",
        options,
        report,
        &mut beside,
        elements,
        &[&cluster.client, &reader],
        |n| n as u64,
    )
    .await?;
    let fewer = (elements / FEWER_FUTURES).max(1);
    let clients = [&cluster.client, &reader];
    measure(
        "channel.futures",
        options,
        report,
        &mut beside,
        fewer,
        &clients,
        |n| futures[n % futures.len()].clone(),
    )
    .await?;
    beside.report(report);
    Ok(())
}

/// Futures of tasks that are done.
pub(super) async fn done(cluster: &Cluster) -> Result<Vec<TaskFuture<u64>>> {
    let futures = cluster.client.map(0..FUTURES as u64, noop::task).await?;
    cluster.client.wait(&futures).await?;
    Ok(futures)
}

async fn measure<T: Item>(
    case: &str,
    options: &Options,
    report: &mut Report,
    beside: &mut Beside,
    elements: usize,
    [writer, reader]: &[&Client; 2],
    make: impl Fn(usize) -> T,
) -> Result<()> {
    let few = (elements / FEWER).max(1);
    let writes = writer.channel(case).open().await?;
    let reads = reader.channel(case).open().await?;
    one_by_one(&writes, &reads, few, &make).await?;
    let (mut trips, mut ratios, mut rates) = (Trips::default(), Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let bare = beside.trips().await?;
        let median = trips.push(one_by_one(&writes, &reads, few, &make).await?);
        ratios.push(median / (ROUND_TRIPS_EACH * bare));
        // A new one each time, for the old one keeps its elements.
        let name = format!("{case}-{}", rates.len());
        let writes = writer.channel(&name).open().await?;
        let reads = reader.channel(&name).open().await?;
        rates.push(rate(
            elements,
            in_a_row(writes, reads, elements, &make).await?,
        ));
    }
    writes.delete().await?;
    trips.report(report, case);
    report.figure(case, "ratio", few as u64, "x two raw.stream p50", &ratios);
    report.figure(case, "throughput", elements as u64, "elements/s", &rates);
    Ok(())
}

/// Microseconds from the append of an element until its reader has it.
async fn one_by_one<T: Item>(
    writes: &Channel<T>,
    reads: &Channel<T>,
    elements: usize,
    make: &impl Fn(usize) -> T,
) -> Result<Vec<f64>> {
    let mut stream = reads.stream();
    for _ in 0..reads.len().await? {
        stream.next().await.context("the channel goes on")??;
    }
    let mut took = Vec::with_capacity(elements);
    for n in 0..elements {
        let element = make(n);
        let started = Instant::now();
        writes.append(element).await?;
        stream.next().await.context("the channel goes on")??;
        took.push(started.elapsed().as_secs_f64() * 1e6);
    }
    writes.flush().await?;
    Ok(took)
}

/// How long many elements take from the first append until the reader has the last one.
async fn in_a_row<T: Item>(
    writes: Channel<T>,
    reads: Channel<T>,
    elements: usize,
    make: &impl Fn(usize) -> T,
) -> Result<Duration> {
    let mut stream = reads.stream();
    let started = Instant::now();
    let writing = async {
        writes.append_all((0..elements).map(make)).await?;
        writes.flush().await
    };
    let reading = async {
        let mut read = 0;
        while read < elements
            && let Some(element) = stream.next().await
        {
            element?;
            read += 1;
        }
        Ok(read)
    };
    let ((), read) = futures::try_join!(writing, reading)?;
    let took = started.elapsed();
    ensure!(
        read == elements,
        "the reader got {read} of {elements} elements"
    );
    drop(stream);
    writes.delete().await?;
    Ok(took)
}
