//! A queue with one who puts and one who takes, of values and of futures: one item at a time to a
//! taker that waits, and many in a row in batches.

use super::channel::{ROUND_TRIPS_EACH, done};
use super::{Beside, rate};
use crate::cluster::Cluster;
use crate::options::Options;
use crate::raw::Trips;
use crate::report::Report;
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use taskloom_client::{Client, Queue};
use taskloom_task::Item;

const ITEMS: usize = 200_000;
/// One at a time there are fewer, and so there are of futures.
const FEWER: usize = 100;
const FEWER_FUTURES: usize = 4;
/// How many a taker takes at once, at most, when there are many.
const BATCH: usize = 1_000;

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let items = options.tasks(ITEMS);
    let cluster = Cluster::start().await?;
    let taker = Client::connect(cluster.client.address()).await?;
    let mut beside = Beside::start().await?;
    let futures = done(&cluster).await?;
    let clients = [&cluster.client, &taker];
    measure(
        "queue",
        options,
        report,
        &mut beside,
        items,
        &clients,
        |n| n as u64,
    )
    .await?;
    let fewer = (items / FEWER_FUTURES).max(1);
    measure(
        "queue.futures",
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

async fn measure<T: Item>(
    case: &str,
    options: &Options,
    report: &mut Report,
    beside: &mut Beside,
    items: usize,
    [putter, taker]: &[&Client; 2],
    make: impl Fn(usize) -> T,
) -> Result<()> {
    let few = (items / FEWER).max(1);
    let puts = putter.queue(case).open().await?;
    let takes = taker.queue(case).open().await?;
    one_by_one(&puts, &takes, few, &make).await?;
    let (mut trips, mut ratios, mut rates) = (Trips::default(), Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let bare = beside.trips().await?;
        let median = trips.push(one_by_one(&puts, &takes, few, &make).await?);
        ratios.push(median / (ROUND_TRIPS_EACH * bare));
        rates.push(rate(items, in_a_row(&puts, &takes, items, &make).await?));
    }
    trips.report(report, case);
    report.figure(case, "ratio", few as u64, "x two raw.stream p50", &ratios);
    report.figure(case, "throughput", items as u64, "items/s", &rates);
    Ok(())
}

/// Microseconds from the put of an item until the taker, who waits, has it.
async fn one_by_one<T: Item>(
    puts: &Queue<T>,
    takes: &Queue<T>,
    items: usize,
    make: &impl Fn(usize) -> T,
) -> Result<Vec<f64>> {
    let mut took = Vec::with_capacity(items);
    for n in 0..items {
        let item = make(n);
        let mut take = Box::pin(takes.get());
        ensure!(
            futures::poll!(&mut take).is_pending(),
            "the queue is not empty"
        );
        let started = Instant::now();
        let taken = async {
            take.await?;
            Ok(started.elapsed())
        };
        let ((), after) = futures::try_join!(puts.put(item), taken)?;
        took.push(after.as_secs_f64() * 1e6);
    }
    Ok(took)
}

/// How long many items take from the first put until the taker has the last one.
async fn in_a_row<T: Item>(
    puts: &Queue<T>,
    takes: &Queue<T>,
    items: usize,
    make: &impl Fn(usize) -> T,
) -> Result<Duration> {
    let started = Instant::now();
    let taking = async {
        let mut taken = 0;
        while taken < items {
            taken += takes.get_batch(BATCH).await?.len();
        }
        Ok(taken)
    };
    let ((), taken) = futures::try_join!(puts.put_all((0..items).map(make)), taking)?;
    let took = started.elapsed();
    ensure!(taken == items, "the taker got {taken} of {items} items");
    Ok(took)
}
