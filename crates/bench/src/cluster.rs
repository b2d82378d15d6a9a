//! A cluster for measuring: a scheduler and two workers with one thread each, each a process of its
//! own, so that what one of them uses can be told from what the others use.

use crate::processes::{Process, cpu};
use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use std::time::Duration;
use taskloom_client::{Client, Identity, TaskCounts};

/// The names of the workers.
pub const WORKERS: [&str; 2] = ["w0", "w1"];
/// How often a state that no message announces is asked for.
const ASK_EVERY: Duration = Duration::from_millis(1);

/// A running cluster and a client of it. Dropping it ends the processes.
pub struct Cluster {
    /// The client, on the runtime of whoever started the cluster.
    pub client: Client,
    /// The workers.
    pub workers: Vec<Process>,
    /// The scheduler.
    pub scheduler: Process,
}

impl Cluster {
    /// Starts all of it and waits until the workers are registered.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// The same, with more flags for the workers.
    pub async fn start_with(flags: &[&str]) -> Result<Self> {
        let (scheduler, address) = start_scheduler(0)?;
        let workers = WORKERS.map(|name| start_worker_with(address, name, flags));
        let workers = workers.into_iter().collect::<Result<Vec<_>>>()?;
        let client = Client::connect(address.to_string()).await?;
        let cluster = Self {
            client,
            workers,
            scheduler,
        };
        cluster
            .until(|identity| identity.workers.len() == WORKERS.len())
            .await?;
        Ok(cluster)
    }

    /// Waits until the scheduler says that something is so.
    pub async fn until(&self, is_so: impl Fn(&Identity) -> bool) -> Result<()> {
        until(&self.client, is_so).await
    }

    /// Waits until the scheduler has forgotten all tasks, so that they do not burden what follows.
    pub async fn drained(&self) -> Result<()> {
        self.until(|identity| known(&identity.tasks) == 0).await
    }

    /// The processor time that each part has used until now.
    pub fn used(&self) -> Result<Used> {
        let mut workers = Duration::ZERO;
        for worker in &self.workers {
            workers += worker.cpu()?;
        }
        Ok(Used {
            scheduler: self.scheduler.cpu()?,
            workers,
            client: cpu(std::process::id())?,
        })
    }
}

/// Processor time by part of the cluster.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// The scheduler's.
    pub scheduler: Duration,
    /// All workers' together.
    pub workers: Duration,
    /// This process's.
    pub client: Duration,
}

impl Used {
    /// That of all parts together.
    pub fn total(&self) -> Duration {
        self.scheduler + self.workers + self.client
    }
}

/// Starts a scheduler on this port, any free one if it is 0, and waits until it listens.
pub fn start_scheduler(port: u16) -> Result<(Process, SocketAddr)> {
    let mut scheduler = launch_scheduler(port)?;
    let address = scheduler.wait_for(|line| {
        line.split_whitespace()
            .filter_map(|word| word.trim_end_matches(',').parse().ok())
            .next()
    })?;
    Ok((scheduler, address))
}

/// Starts a scheduler on this port and does not wait for it.
pub fn launch_scheduler(port: u16) -> Result<Process> {
    let port = port.to_string();
    Process::this_program(&[
        "scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        &port,
        "--log-level",
        "error",
        // The case `scheduler-memory` has tasks that wait for a worker that never comes.
        "--no-worker-timeout",
        "1h",
    ])
}

/// Starts a worker with one thread; it registers after this returns.
pub fn start_worker(scheduler: SocketAddr, name: &str) -> Result<Process> {
    start_worker_with(scheduler, name, &[])
}

fn start_worker_with(scheduler: SocketAddr, name: &str, flags: &[&str]) -> Result<Process> {
    let scheduler = scheduler.to_string();
    let mut arguments = vec![
        "worker",
        &scheduler,
        "--name",
        name,
        "--nthreads",
        "1",
        "--host",
        "127.0.0.1",
        "--log-level",
        "error",
        "--lifeline",
    ];
    arguments.extend(flags);
    Process::this_program(&arguments)
}

/// Waits until the scheduler of this client says that something is so.
pub async fn until(client: &Client, is_so: impl Fn(&Identity) -> bool) -> Result<()> {
    loop {
        let identity = client
            .identity()
            .await
            .context("the scheduler does not answer")?;
        if is_so(&identity) {
            return Ok(());
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// How many tasks the scheduler knows.
pub fn known(tasks: &TaskCounts) -> u64 {
    let TaskCounts {
        released,
        waiting,
        queued,
        no_worker,
        assigned,
        processing,
        memory,
        erred,
        supplying,
        pausing,
    } = *tasks;
    released
        + waiting
        + queued
        + no_worker
        + assigned
        + processing
        + memory
        + erred
        + supplying
        + pausing
}
