//! A real scheduler with few and with many workers, which are simulated but have real sessions, and a
//! real client. As many threads in both fleets, so that as many tasks are under way, and end at the
//! same rate.

use super::rate;
use crate::cluster::{known, start_scheduler};
use crate::fleet::{Fleet, PROBE, monotonic};
use crate::options::Options;
use crate::processes::{Process, cpu};
use crate::report::{Report, percentile};
use crate::simulated::{Durations, Load, Sizes};
use crate::tasks::noop;
use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use taskloom_client::Client;

const TASKS: usize = 1_000_000;
/// The fleets that are compared.
const FEW: u32 = 10;
const MANY: u32 = 1_000;
/// Threads of all workers together, unless said otherwise per worker.
const THREADS: u32 = 1_000;
const WARM_UP: usize = 10_000;
/// Tasks per second where the client does not submit as fast as it can: few enough that each travels
/// alone, whatever the number of workers.
const PACE: u32 = 5_000;
/// How often a client with a pace submits.
const SUBMISSIONS_PER_SECOND: u64 = 1_000;
/// How often somebody else asks for one task meanwhile.
const PROBE_EVERY: Duration = Duration::from_millis(5);
/// How often it is asked whether all tasks are forgotten.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// For how long the idle scheduler is looked at.
const IDLE: Duration = Duration::from_secs(3);

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let tasks = options.tasks(TASKS);
    let fleets = options.workers.map_or(vec![FEW, MANY], |one| vec![one]);
    let of = |durations| Load {
        durations,
        sizes: Sizes::Fixed(8),
    };
    let loads = if options.durations.is_some() || options.rate.is_some() {
        vec![(of(Durations::None), options.rate)]
    } else {
        let fixed = |millis| of(Durations::Fixed(Duration::from_millis(millis)));
        vec![
            (of(Durations::None), None),
            (fixed(10), None),
            (fixed(1), Some(PACE)),
        ]
    };
    for (load, pace) in loads {
        let load = options.load(load);
        // At a given pace the time is given, too: a tenth of the tasks says as much.
        let tasks = if pace.is_some() && options.tasks.is_none() {
            tasks / 10
        } else {
            tasks
        };
        let name = match pace {
            Some(pace) => format!("{}-paced:{pace}", load.durations),
            None => load.durations.to_string(),
        };
        let mut costs = Vec::new();
        for &workers in &fleets {
            let threads = options.threads.unwrap_or((THREADS / workers).max(1));
            let case = format!("scale.{name}-{workers}");
            let figures = fleet(options, workers, threads, load, (tasks, pace)).await?;
            figures.report(report, &case, tasks as u64);
            costs.push(figures.scheduler);
        }
        if let [few, many] = &costs[..] {
            let ratios: Vec<f64> = few.iter().zip(many).map(|(few, many)| many / few).collect();
            let unit = format!("x scheduler's cost per task at {FEW} workers");
            let case = format!("scale.{name}");
            report.figure(case, "ratio", tasks as u64, unit, &ratios);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Figures {
    rate: Vec<f64>,
    scheduler: Vec<f64>,
    fleet: Vec<f64>,
    client: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    memory: Vec<f64>,
    descriptors: Vec<f64>,
    idle: Vec<f64>,
}

impl Figures {
    fn report(&self, report: &mut Report, case: &str, tasks: u64) {
        report.figure(case, "throughput", tasks, "tasks/s", &self.rate);
        report.figure(case, "scheduler_cpu", tasks, "us/task", &self.scheduler);
        report.figure(case, "workers_cpu", tasks, "us/task", &self.fleet);
        report.figure(case, "client_cpu", tasks, "us/task", &self.client);
        report.figure(case, "dispatch_p50", tasks, "us", &self.p50);
        report.figure(case, "dispatch_p99", tasks, "us", &self.p99);
        report.figure(case, "memory", tasks, "MiB", &self.memory);
        report.figure(case, "descriptors", tasks, "open", &self.descriptors);
        report.figure(case, "idle_cpu", 1, "% of a core", &self.idle);
    }
}

async fn fleet(
    options: &Options,
    workers: u32,
    threads: u32,
    load: Load,
    (tasks, pace): (usize, Option<u32>),
) -> Result<Figures> {
    let (scheduler, address) = start_scheduler(0)?;
    let mut fleet = Fleet::start(address, workers, threads, load)?;
    let client = Client::connect(address.to_string()).await?;
    let mut figures = Figures::default();
    let mut first = 0;
    flood(&client, &mut first, tasks.min(WARM_UP), None).await?;
    for _ in options.repetitions() {
        fleet.probes()?;
        let before = (scheduler.cpu()?, fleet.cpu()?, cpu(std::process::id())?);
        let probing = Probing::start(address)?;
        let reached = rate(tasks, flood(&client, &mut first, tasks, pace).await?);
        probing.end()?;
        let after = (scheduler.cpu()?, fleet.cpu()?, cpu(std::process::id())?);
        let each = |after: Duration, before: Duration| {
            after.saturating_sub(before).as_secs_f64() * 1e6 / tasks as f64
        };
        figures.rate.push(reached);
        figures.scheduler.push(each(after.0, before.0));
        figures.fleet.push(each(after.1, before.1));
        figures.client.push(each(after.2, before.2));
        let mut probes = fleet.probes()?;
        figures.p50.push(percentile(&mut probes, 0.5));
        figures.p99.push(percentile(&mut probes, 0.99));
        let resident = scheduler.resident()? as f64 / f64::from(1 << 20);
        figures.memory.push(resident);
        figures.descriptors.push(scheduler.descriptors()? as f64);
    }
    drop(client);
    figures.idle.push(idle(&scheduler)?);
    Ok(figures)
}

/// How much of a processor a scheduler uses that has workers and nothing to do, in hundredths.
pub fn idle(scheduler: &Process) -> Result<f64> {
    // What it still had to do.
    std::thread::sleep(IDLE / 6);
    let before = scheduler.cpu()?;
    std::thread::sleep(IDLE);
    let used = scheduler.cpu()?.saturating_sub(before);
    Ok(used.as_secs_f64() / IDLE.as_secs_f64() * 100.0)
}

/// Arguments are never the same twice: the same call would be the same task.
async fn flood(
    client: &Client,
    first: &mut u64,
    tasks: usize,
    pace: Option<u32>,
) -> Result<Duration> {
    let range = *first..*first + tasks as u64;
    *first = range.end;
    let started = Instant::now();
    let mut futures = Vec::new();
    if let Some(pace) = pace {
        let each = (u64::from(pace) / SUBMISSIONS_PER_SECOND).max(1);
        let mut ticks =
            tokio::time::interval(Duration::from_secs(1).mul_f64(each as f64 / f64::from(pace)));
        for first in range.clone().step_by(each as usize) {
            ticks.tick().await;
            let last = (first + each).min(range.end);
            futures.extend(client.map(first..last, noop::task).await?);
        }
    } else {
        futures = client.map(range, noop::task).await?;
    }
    client.wait(&futures).await?;
    let took = started.elapsed();
    drop(futures);
    // A scheduler with many workers has much to say about itself: asking often would be a load.
    while known(&client.identity().await?.tasks) > 0 {
        tokio::time::sleep(ASK_EVERY).await;
    }
    Ok(took)
}

/// Another client that asks for one task every now and then.
struct Probing {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Probing {
    fn start(scheduler: SocketAddr) -> Result<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let until = ended.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::spawn(move || runtime.block_on(probe(scheduler, &until)));
        Ok(Self { ended, thread })
    }

    fn end(self) -> Result<()> {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().ok().context("the prober panicked")?
    }
}

async fn probe(scheduler: SocketAddr, ended: &AtomicBool) -> Result<()> {
    let client = Client::connect(scheduler.to_string()).await?;
    loop {
        let now = monotonic();
        // What counts is when it reaches a worker, which is told from its key there.
        let done = client.submit(noop::task(now).key(format!("{PROBE}{now}")));
        client.wait(&[done]).await?;
        if ended.load(Ordering::Relaxed) {
            return Ok(());
        }
        tokio::time::sleep(PROBE_EVERY).await;
    }
}
