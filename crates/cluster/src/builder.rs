//! How a local cluster is to be.

use crate::{ClusterError, LocalCluster};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use taskloom_extensions::{Extension, Service, hosted};
use taskloom_scheduler::SchedulerConfig;

/// How long workers have to register, unless set otherwise.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Settings of a [`LocalCluster`]; see [`LocalCluster::builder`].
#[derive(Clone, Debug)]
#[must_use = "a cluster starts with `start`"]
pub struct LocalClusterBuilder {
    pub(crate) workers: usize,
    pub(crate) threads: usize,
    pub(crate) memory_limit: Option<u64>,
    pub(crate) processes: bool,
    pub(crate) program: Option<PathBuf>,
    pub(crate) resources: Vec<(String, f64)>,
    pub(crate) start_timeout: Duration,
    pub(crate) stuck_after: Option<Duration>,
    pub(crate) scheduler: SchedulerConfig,
    pub(crate) extensions: Extensions,
    pub(crate) http_address: Option<String>,
}

/// What makes the extensions of a cluster's scheduler, beside the standard ones.
#[derive(Clone, Default)]
pub(crate) struct Extensions(Vec<Arc<dyn Fn() -> Box<dyn Extension> + Send + Sync>>);

impl Extensions {
    pub(crate) fn make(&self) -> Vec<Box<dyn Extension>> {
        self.0.iter().map(|make| make()).collect()
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} extensions", self.0.len())
    }
}

impl Default for LocalClusterBuilder {
    fn default() -> Self {
        Self {
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            threads: 1,
            memory_limit: None,
            processes: false,
            program: None,
            resources: Vec::new(),
            start_timeout: START_TIMEOUT,
            stuck_after: None,
            scheduler: SchedulerConfig::default(),
            extensions: Extensions::default(),
            http_address: None,
        }
    }
}

impl LocalClusterBuilder {
    /// How many workers to start: one per core unless set. More can be added later.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// How many tasks each worker runs at a time: 1 unless set.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// The memory of each worker in bytes: an equal share of this machine's unless set.
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// Whether workers are processes of their own, made by running this program again. Its main must
    /// begin with `taskloom::init()`.
    pub fn processes(mut self, processes: bool) -> Self {
        self.processes = processes;
        self
    }

    /// Workers are processes of this program, such as the standard `worker`. It is given the flags of
    /// the standard worker. Implies [`Self::processes`].
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self.processes = true;
        self
    }

    /// A resource that each worker has, such as `("GPU", 1.0)`.
    pub fn resource(mut self, name: impl Into<String>, units: f64) -> Self {
        self.resources.push((name.into(), units));
        self
    }

    /// How long workers have to register: 30 s unless set.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// How long a task that was cancelled, or ran out of time, may go on before its thread is
    /// replaced: 5 s unless set.
    pub fn stuck_after(mut self, time: Duration) -> Self {
        self.stuck_after = Some(time);
        self
    }

    /// Changes the scheduler's settings.
    pub fn scheduler(mut self, change: impl FnOnce(&mut SchedulerConfig)) -> Self {
        change(&mut self.scheduler);
        self
    }

    /// Gives the scheduler an extension beside the standard ones: `.extension(Tally::default)`. What
    /// makes it is called once for each cluster that is started.
    pub fn extension<S: Service>(mut self, make: impl Fn() -> S + Send + Sync + 'static) -> Self {
        self.extensions.0.push(Arc::new(move || hosted(make())));
        self
    }

    /// Serves the pages and metrics of the scheduler on this `host:port`, such as `127.0.0.1:8787`:
    /// there are none unless set. If the port is taken they are on any free one; see
    /// [`LocalCluster::http_url`].
    pub fn http_address(mut self, address: impl Into<String>) -> Self {
        self.http_address = Some(address.into());
        self
    }

    /// Starts the scheduler and the workers, and waits until all are registered.
    ///
    /// # Errors
    /// See [`ClusterError`]. What was started before the error is ended again.
    pub async fn start(self) -> Result<LocalCluster, ClusterError> {
        LocalCluster::start(self).await
    }

    /// [`Self::start`] for programs without an async runtime.
    ///
    /// # Errors
    /// See [`ClusterError`].
    pub fn start_blocking(self) -> Result<LocalCluster, ClusterError> {
        let start = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.map_err(|source| ClusterError::Io {
                what: "runtime",
                source,
            })?;
            runtime.block_on(self.start())
        };
        // A thread of its own, because the caller may be inside a runtime without knowing.
        let started = std::thread::scope(|scope| scope.spawn(start).join());
        started.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
