//! Putting a worker together and starting its threads.

use crate::actors::{Actors, Door};
use crate::config::{News, WorkerConfig};
use crate::control::{Command, Connector, Control, Parts, Turn};
use crate::data::{Data, DataMemory};
use crate::error::{WorkerError, WorkerExit};
use crate::executor::{Completions, Executor};
use crate::handle::WorkerHandle;
use crate::home::Home;
use crate::host::Host;
use crate::isolated::Isolated;
use crate::meters::Meters;
use crate::progress::Progress;
use crate::reaper::Reaper;
use crate::scratch;
use crate::store::Store;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use taskloom_core::limits::{NAME_BYTES_MAX, PROTOCOL_VERSION};
use taskloom_core::message::WorkerHello;
use taskloom_rpc::listen::Listener;
use taskloom_task::{Registry, WorkerScope};
use taskloom_telemetry::{Metrics, measure_ticks, watch_process};
use taskloom_worker_core::{Config, Kind, WorkerCore};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// Unused receive buffers that the worker keeps: this part of its memory (1 / n), ...
const BUFFER_SHARE: u64 = 8;

/// ... but no more than this.
const BUFFER_BYTES_MAX: u64 = 1 << 30;

/// Most compute threads.
const THREADS_MAX: usize = 4_096;

/// How long a worker that starts anew waits for its own port ...
const PORT_PATIENCE: Duration = Duration::from_secs(5);

/// ... and how often it looks.
const PORT_PAUSE: Duration = Duration::from_millis(20);

pub(crate) fn spawn(
    mut config: WorkerConfig,
    registry: Registry,
) -> Result<WorkerHandle, WorkerError> {
    let name = config.name.clone().unwrap_or_else(made_up_name);
    check(&config, &name)?;
    config.resources.sort();
    let (commands_in, mut commands) = mpsc::unbounded_channel();
    let progress = Arc::new(Progress::default());
    let metrics = Metrics::new("worker");
    watch_process(&metrics);
    let plan = Plan {
        metrics: metrics.clone(),
        name: name.clone(),
        config,
        registry,
        progress: progress.clone(),
    };
    let first = plan.life()?;
    // Behind what may fail: who starts a worker may do so in async code, where no runtime can be
    // dropped.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(WorkerError::Threads)?;
    runtime.spawn(measure_ticks(metrics.clone()));
    let bound = first.bound;
    let lives = move || {
        let mut life = first;
        loop {
            let exit = life.run(&runtime, &mut commands);
            life = match exit {
                WorkerExit::Restart(reason) if plan.config.restart_in_place => {
                    match plan.next_life(reason) {
                        Ok(life) => life,
                        Err(exit) => return exit,
                    }
                }
                exit => return exit,
            };
        }
    };
    let ending = progress.clone();
    std::thread::Builder::new()
        .name("taskloom-control".into())
        .spawn(move || {
            // A defect must not leave an owner waiting for ever.
            let exit = catch_unwind(AssertUnwindSafe(lives)).unwrap_or(WorkerExit::Crashed);
            ending.ended(exit);
        })
        .map_err(WorkerError::Threads)?;
    Ok(WorkerHandle {
        name,
        bound,
        commands: commands_in,
        progress,
        metrics,
    })
}

/// What a worker is made from, also again.
struct Plan {
    name: String,
    config: WorkerConfig,
    registry: Registry,
    progress: Arc<Progress>,
    /// Over all lives.
    metrics: Metrics,
}

/// A worker from its start to its end or its restart.
struct Life {
    control: Control,
    bound: SocketAddr,
    scratch: TempDir,
    scope: Arc<WorkerScope>,
    actors: Arc<Actors>,
}

impl Plan {
    fn life(&self) -> Result<Life, WorkerError> {
        let (config, name) = (&self.config, &self.name);
        let listener = Listener::bind(&config.listen)?;
        let bound = listener.address;
        let scratch = scratch::make(&config.local_directory, name)?;
        let store = Arc::new(Store::default());
        let (transfers_in, transfers) = mpsc::unbounded_channel();
        let completions = Arc::new(Completions::default());
        let buffer_bytes = (config.memory_limit / BUFFER_SHARE).min(BUFFER_BYTES_MAX);
        let memory = DataMemory {
            pool: config.transfers.pool(),
            buffer_bytes,
            segment_bytes: config.transfers.shared_memory.unwrap_or(buffer_bytes),
        };
        let kinds = kinds(&self.registry);
        let any_async = kinds.contains(&Kind::Async);
        let hello = hello(config, name, &self.registry);
        let host = Arc::new(Host::new(
            config.scheduler.clone(),
            store.clone(),
            transfers_in.clone(),
        ));
        let scope = WorkerScope::with_host(name.clone(), scratch.path(), host.clone());
        let actors = Actors::new(name.clone(), self.progress.clone(), host.clone());
        scope.set_actors(Arc::new(Door(actors.clone())));
        let home = Arc::new(Home {
            name: name.clone(),
            scope: scope.clone(),
        });
        let isolated = Isolated::new(
            config.isolation.clone(),
            home.clone(),
            scratch.path().to_owned(),
            config.nthreads,
        );
        let executor = Executor::spawn(
            config.nthreads,
            any_async,
            isolated,
            home.clone(),
            completions.clone(),
        )
        .map_err(WorkerError::Threads)?;
        let turn = Turn::new(Parts {
            core: WorkerCore::new(Config {
                name: name.clone(),
                nthreads: hello.nthreads,
                operations: kinds,
                memory_limit: config.memory_limit,
                drain_timeout: config.drain_timeout,
                stuck_after: config.stuck_after,
            }),
            registry: self.registry.clone(),
            executor,
            completions,
            data: Data::spawn(
                listener,
                store.clone(),
                actors.clone(),
                &memory,
                &self.metrics,
                transfers_in,
            )
            .map_err(WorkerError::Threads)?,
            store,
            reaper: Reaper::spawn().map_err(WorkerError::Threads)?,
            home,
            meters: Meters::new(&self.metrics),
        });
        let control = Control {
            config: config.clone(),
            connector: Connector::new(hello, bound),
            turn,
            transfers,
            progress: self.progress.clone(),
            host,
        };
        Ok(Life {
            control,
            bound,
            scratch,
            scope,
            actors,
        })
    }

    /// Starts anew with empty hands. The threads of the life before may still be about to end, and
    /// one of them has the port.
    fn next_life(&self, reason: String) -> Result<Life, WorkerExit> {
        tracing::warn!(worker = %self.name, reason, "the worker starts anew");
        self.progress.lost();
        let began = Instant::now();
        self.config.tell(&News::Restarting { reason });
        loop {
            match self.life() {
                Ok(life) => return Ok(life),
                Err(WorkerError::Listen(_)) if began.elapsed() < PORT_PATIENCE => {
                    std::thread::sleep(PORT_PAUSE);
                }
                Err(error) => return Err(WorkerExit::Restart(error.to_string())),
            }
        }
    }
}

impl Life {
    fn run(self, runtime: &Runtime, commands: &mut mpsc::UnboundedReceiver<Command>) -> WorkerExit {
        let Self {
            control,
            scratch,
            scope,
            actors,
            ..
        } = self;
        let exit = runtime.block_on(control.run(commands));
        actors.close();
        // What tasks kept here, such as their session, ends with the worker, not with the last of
        // them.
        let kept = scope.shelf().take();
        drop(kept);
        if let Err(error) = scratch.close() {
            // A task that runs on may hold on to its files; the system's own sweep gets them.
            tracing::debug!(%error, "the scratch directory could not be removed");
        }
        exit
    }
}

fn check(config: &WorkerConfig, name: &str) -> Result<(), WorkerError> {
    let problem = if config.nthreads == 0 || config.nthreads > THREADS_MAX {
        format!(
            "a worker has 1 to {THREADS_MAX} threads, not {}",
            config.nthreads
        )
    } else if name.is_empty() || name.len() > NAME_BYTES_MAX {
        format!(
            "the name of a worker has 1 to {NAME_BYTES_MAX} bytes, not {}",
            name.len()
        )
    } else if config.memory_limit == 0 {
        "the memory limit of a worker must be more than 0 bytes".to_owned()
    } else {
        return Ok(());
    };
    Err(WorkerError::Config(problem))
}

fn kinds(registry: &Registry) -> Vec<Kind> {
    let kind = |on_thread| if on_thread { Kind::Thread } else { Kind::Async };
    registry
        .iter()
        .map(|definition| kind(definition.runs_on_thread()))
        .collect()
}

fn hello(config: &WorkerConfig, name: &str, registry: &Registry) -> WorkerHello {
    WorkerHello {
        protocol: PROTOCOL_VERSION,
        name: name.to_owned(),
        address: String::new(),
        nthreads: u32::try_from(config.nthreads).unwrap_or(u32::MAX),
        memory_limit: config.memory_limit,
        resources: config.resources.clone(),
        operations: registry.operations(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        process: std::process::id(),
    }
}

/// A name that no other worker has, also of other machines, as far as process, time and a counter
/// can tell.
fn made_up_name() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = u64::from(COUNTER.fetch_add(1, Ordering::Relaxed));
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |t| t.as_nanos() as u64);
    let mut mixed = nanos ^ (u64::from(std::process::id()) << 32) ^ (number << 20);
    // The finalizer of splitmix64 spreads the differences over all digits.
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("worker-{:08x}", (mixed ^ (mixed >> 31)) as u32)
}
