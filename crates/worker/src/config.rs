//! What can be set about a worker.

use crate::isolated::Isolation;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::ResourceAmount;
use taskloom_rpc::SchedulerAddress;
use taskloom_rpc::data::{Packing, PoolOptions};
use taskloom_rpc::listen::Listen;

/// Takes the news of a worker.
pub type OnNews = Arc<dyn Fn(&News) + Send + Sync>;

/// Settings of a worker.
#[derive(Clone)]
pub struct WorkerConfig {
    /// Where the scheduler is.
    pub scheduler: SchedulerAddress,
    /// Its name, unique among living workers; one is made up if `None`.
    pub name: Option<String>,
    /// Where its data service listens; any free port of all interfaces by default.
    pub listen: Listen,
    /// The `host:port` that others shall use to reach its data service, if it is not the one
    /// listened on.
    pub contact_address: Option<String>,
    /// How many tasks run at a time; as many as there are processors by default.
    pub nthreads: usize,
    /// How much memory it may use, in bytes.
    pub memory_limit: u64,
    /// The resources it has.
    pub resources: Vec<(String, ResourceAmount)>,
    /// Where its scratch directory is made; it is removed when the worker ends.
    pub local_directory: PathBuf,
    /// How long running tasks may take to end once the worker drains.
    pub drain_timeout: Duration,
    /// How long to look for a scheduler before giving up; for ever if `None`.
    pub death_timeout: Option<Duration>,
    /// How long a task that was cancelled, or ran out of time, may go on before its thread is
    /// replaced.
    pub stuck_after: Duration,
    /// Whether a worker that has to start anew does so in its process, and its handle stays good;
    /// otherwise it ends with [`WorkerExit::Restart`](crate::WorkerExit::Restart), for its owner to
    /// start it again.
    pub restart_in_place: bool,
    /// How it exchanges values with other workers.
    pub transfers: Transfers,
    /// How processes for isolated tasks are started; such tasks fail if `None`.
    pub isolation: Option<Isolation>,
    /// Is told what people want to see, on the control thread: it must return soon.
    pub on_news: Option<OnNews>,
}

/// How a worker exchanges values with others.
///
/// ```
/// let mut transfers = taskloom_worker::Transfers::default();
/// transfers.shared_memory = Some(0); // everything goes through connections
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Transfers {
    /// Most connections to other workers at a time. When all are in use a fetch waits.
    pub connections: usize,
    /// Most connections to one worker, over which a very large value comes in as many streams.
    pub streams: usize,
    /// How long reaching another worker may take.
    pub connect_timeout: Duration,
    /// A connection without a call for this long is closed.
    pub idle: Duration,
    /// Most bytes of shared memory, beyond what readers have, in which large values are handed to
    /// workers on the same host: none if it is 0, and a part of the memory limit if it is `None`.
    pub shared_memory: Option<u64>,
    /// How what comes from workers on other hosts is packed on its way.
    pub packing: Packing,
}

impl Default for Transfers {
    fn default() -> Self {
        let pool = PoolOptions::default();
        Self {
            connections: pool.connections,
            streams: pool.streams,
            connect_timeout: pool.connect_timeout,
            idle: pool.idle,
            shared_memory: None,
            packing: pool.packing,
        }
    }
}

impl Transfers {
    /// The settings of the pool of connections.
    pub(crate) fn pool(&self) -> PoolOptions {
        PoolOptions {
            connections: self.connections,
            per_peer: self.streams,
            streams: self.streams,
            connect_timeout: self.connect_timeout,
            idle: self.idle,
            share: self.shared_memory != Some(0),
            packing: self.packing,
            ..PoolOptions::default()
        }
    }
}

/// Something about a worker that people want to see.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum News {
    /// A session with a scheduler began.
    Registered {
        /// The worker's name.
        name: String,
        /// The scheduler.
        scheduler: SchedulerAddress,
        /// The worker's data service, as others reach it.
        address: String,
        /// How many tasks run at a time.
        nthreads: usize,
        /// In bytes.
        memory_limit: u64,
        /// How many operations it offers.
        operations: usize,
    },
    /// No scheduler could be reached, or it refused for now.
    Waiting {
        /// Where it was looked for.
        scheduler: SchedulerAddress,
        /// What happened.
        reason: String,
        /// When the next try is made.
        next_try: Duration,
    },
    /// The session ended.
    Lost {
        /// The scheduler.
        scheduler: SchedulerAddress,
        /// What happened.
        reason: String,
    },
    /// The worker takes nothing new and ends when its tasks have.
    Leaving,
    /// The worker ends what it does and starts anew with empty hands.
    Restarting {
        /// Why.
        reason: String,
    },
}

impl WorkerConfig {
    /// The default settings of a worker of this scheduler.
    pub fn new(scheduler: SchedulerAddress) -> Self {
        Self {
            scheduler,
            name: None,
            listen: Listen::default(),
            contact_address: None,
            nthreads: std::thread::available_parallelism().map_or(1, usize::from),
            memory_limit: crate::memory::available_memory(),
            resources: Vec::new(),
            local_directory: std::env::temp_dir(),
            drain_timeout: Duration::from_secs(30),
            death_timeout: None,
            stuck_after: taskloom_core::limits::STUCK_AFTER,
            restart_in_place: false,
            transfers: Transfers::default(),
            isolation: None,
            on_news: None,
        }
    }

    pub(crate) fn tell(&self, news: &News) {
        if let Some(on_news) = &self.on_news {
            on_news(news);
        }
    }
}

impl fmt::Debug for WorkerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerConfig")
            .field("scheduler", &self.scheduler)
            .field("name", &self.name)
            .field("listen", &self.listen)
            .field("contact_address", &self.contact_address)
            .field("nthreads", &self.nthreads)
            .field("memory_limit", &self.memory_limit)
            .field("resources", &self.resources)
            .field("local_directory", &self.local_directory)
            .field("drain_timeout", &self.drain_timeout)
            .field("death_timeout", &self.death_timeout)
            .field("stuck_after", &self.stuck_after)
            .field("transfers", &self.transfers)
            .field("restart_in_place", &self.restart_in_place)
            .field("isolation", &self.isolation)
            .finish_non_exhaustive()
    }
}
