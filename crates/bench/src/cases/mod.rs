//! The cases, each beside what the machine allows for the like of it.

pub mod array;
mod chain;
mod channel;
mod connect;
mod core_alone;
mod crowd;
mod graph;
mod latency;
mod map;
mod merge;
mod messages;
mod nested;
mod noop;
mod quality;
mod queue;
mod scale;
mod scheduler_memory;
mod startup;
mod telemetry;
mod transfer;
mod tree;

pub use graph::graph_weights;

use crate::cluster::{Cluster, Used};
use crate::options::{Case, Options};
use crate::raw;
use crate::report::Report;
use anyhow::Result;
use std::time::Duration;

/// Runs a case.
pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    // The client is one more process on this machine; one thread is all it needs, and all that is
    // left to it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match options.case {
            Case::Noop => noop::run(options, report).await,
            Case::Latency => latency::run(options, report).await,
            Case::Nested => nested::run(options, report).await,
            Case::Channel => channel::run(options, report).await,
            Case::Queue => queue::run(options, report).await,
            Case::Map => map::run(options, report).await,
            Case::Chain => chain::run(options, report).await,
            Case::Tree => tree::run(options, report).await,
            Case::Connect => connect::run(options, report).await,
            Case::Transfer => transfer::run(options, report).await,
            Case::Merge => merge::run(options, report).await,
            Case::Graph => graph::run(options, report).await,
            Case::SchedulerMemory => scheduler_memory::run(options, report).await,
            Case::Startup => startup::run(options, report).await,
            Case::Core => core_alone::run(options, report),
            Case::Scale => scale::run(options, report).await,
            Case::Crowd => crowd::run(options, report),
            Case::Messages => messages::run(options, report),
            Case::Array => array_cases(options, report).await,
            Case::Quality => quality::run(options, report),
            Case::Telemetry => {
                telemetry::run(options, report);
                Ok(())
            }
            Case::Raw => raw::run(options, report).await,
        }
    })
}

/// The cases of arrays, each beside the same on its peers if they are asked for.
async fn array_cases(options: &Options, report: &mut Report) -> Result<()> {
    let mut peers = match options.vs {
        Some(_) => crate::array_peers::Peers::find(report),
        None => None,
    };
    for name in array::names(options)? {
        array::run(name, options, report).await?;
        if let Some(peers) = &mut peers {
            peers.run(name, options, report)?;
        }
    }
    Ok(())
}

/// Bare items are this much faster than tasks, so both take about as long.
const ITEMS_PER_TASK: usize = 10;
/// Fewer items than this say little about a rate.
const LEAST_ITEMS: usize = 20_000;

/// A bare stream beside a case: what the same machine does at the same time without Taskloom.
struct Beside {
    // Held for as long as the stream is used: the peer ends with it.
    _peer: crate::processes::Process,
    echo: raw::stream::Echo,
    trips: raw::Trips,
    rates: Vec<f64>,
    items: usize,
}

impl Beside {
    async fn start() -> Result<Self> {
        let (peer, address) = raw::start_peer("stream")?;
        let mut echo = raw::stream::Echo::connect(address).await?;
        echo.round_trips(raw::ROUND_TRIPS / 4).await?;
        Ok(Self {
            _peer: peer,
            echo,
            trips: raw::Trips::default(),
            rates: Vec::new(),
            items: 0,
        })
    }

    /// One repetition of round trips; the median in microseconds.
    async fn trips(&mut self) -> Result<f64> {
        let trips = self.echo.round_trips(raw::ROUND_TRIPS).await?;
        Ok(self.trips.push(trips))
    }

    /// One repetition of items in frames of [`raw::BATCH`], beside that many tasks; items per second.
    async fn rate(&mut self, tasks: usize) -> Result<f64> {
        self.items = (ITEMS_PER_TASK * tasks).clamp(LEAST_ITEMS, raw::ITEMS);
        let rate = self.echo.rate(self.items, raw::BATCH).await?;
        self.rates.push(rate);
        Ok(rate)
    }

    fn report(&self, report: &mut Report) {
        self.trips.report(report, "raw.stream");
        report.figure(
            "raw.stream-256",
            "throughput",
            raw::ITEMS as u64,
            "items/s",
            &self.rates,
        );
    }
}

/// Processor time per task by part of the cluster.
#[derive(Default)]
struct Spent {
    scheduler: Vec<f64>,
    workers: Vec<f64>,
    client: Vec<f64>,
}

impl Spent {
    fn add(&mut self, before: Used, cluster: &Cluster, tasks: usize) -> Result<()> {
        let after = cluster.used()?;
        let each = |after: Duration, before: Duration| {
            after.saturating_sub(before).as_secs_f64() * 1e6 / tasks as f64
        };
        self.scheduler.push(each(after.scheduler, before.scheduler));
        self.workers.push(each(after.workers, before.workers));
        self.client.push(each(after.client, before.client));
        Ok(())
    }

    fn report(&self, report: &mut Report, case: &str, tasks: usize) {
        let n = tasks as u64;
        report.figure(case, "scheduler_cpu", n, "us/task", &self.scheduler);
        report.figure(case, "workers_cpu", n, "us/task", &self.workers);
        report.figure(case, "client_cpu", n, "us/task", &self.client);
    }
}

/// Things per second.
fn rate(things: usize, took: Duration) -> f64 {
    things as f64 / took.as_secs_f64()
}
