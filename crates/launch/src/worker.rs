//! The main function of a worker.

use crate::announce;
use crate::exit::{self, Exit, Failure};
use crate::flags::{self, CommandLine};
use crate::layers::{LayerError, Layers};
use crate::listen::Listening;
use crate::memory::{self, MemoryLimit};
use crate::news::News;
use crate::settings::{SCHEDULER_ADDRESS, Section};
use crate::signals::{Signals, end_at_once, parent_gone};
use crate::supervisor::notify;
use crate::values::{
    parse_count, parse_name, parse_resources, parse_time, parse_time_above_zero,
    parse_time_or_never, show_time,
};
use crate::{descriptors, fleet, isolated, pages, process};
use std::convert::Infallible;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use taskloom_core::ResourceAmount;
use taskloom_dashboard::HttpAddress;
use taskloom_rpc::SchedulerAddress;
use taskloom_rpc::data::Packing;
use taskloom_task::Registry;
use taskloom_worker::{Transfers, Worker, WorkerConfig, WorkerExit};

/// More threads than this are a typing error.
const THREADS_MAX: usize = 4096;

/// With fewer connections than this a worker is no good peer.
const PEERS: u64 = 128;
/// More connections to other workers than this are a typing error.
const CONNECTIONS_MAX: usize = 65_536;

/// More streams for one value than this bring nothing.
const STREAMS_MAX: usize = 16;

/// More workers of one command than this are a typing error.
const WORKERS_MAX: usize = 1024;

/// Runs a worker with the tasks that are linked into this program, by the flags of its command line,
/// and returns when it has ended.
pub fn worker_main() -> ExitCode {
    isolated::run_if_asked();
    run(&CommandLine::of_this_process()).into()
}

/// Runs a worker by this command line.
pub(crate) fn run(line: &CommandLine) -> Exit {
    start(line).unwrap_or_else(|failure| announce::failure(&failure))
}

fn start(line: &CommandLine) -> Result<Exit, Failure> {
    let flags = flags::parse(Section::Worker, line)?;
    let layers = Layers::new(Section::Worker, &flags, process::environment())?;
    let settings = WorkerSettings::read(&layers, line)?;
    process::start_logging(&layers)?;
    if flags.quiet {
        announce::leave_out_lines();
    }
    if settings.nworkers > 1 {
        return fleet::run(line, &flags, &settings);
    }
    if let Some(MemoryLimit::Bytes(asked)) = settings.memory_limit
        && asked > taskloom_worker::available_memory()
    {
        announce::warning(&format!(
            "{}: {} is more than there is; using {}",
            layers.place("memory-limit"),
            memory::show(asked),
            memory::show(taskloom_worker::available_memory())
        ));
    }
    descriptors::raise(PEERS, "connections of peers and clients");
    let registry = Registry::linked().map_err(|error| Failure::new(Exit::Failure, error))?;
    process::runtime()?.block_on(work(settings, registry, flags.lifeline))
}

/// What can be set about a worker, before it is known how much of the machine it gets.
#[derive(Clone, Debug)]
pub(crate) struct WorkerSettings {
    /// Where the scheduler is.
    pub scheduler: SchedulerAddress,
    /// Its name, if it was given.
    pub name: Option<String>,
    /// How many tasks it runs at a time, if it was given.
    pub nthreads: Option<usize>,
    /// How many processes to start.
    pub nworkers: usize,
    /// Its memory, if it was given.
    pub memory_limit: Option<MemoryLimit>,
    /// Its resources.
    pub resources: Vec<(String, ResourceAmount)>,
    /// Where it serves data.
    pub listening: Listening,
    /// Where to serve pages.
    pub http: Option<HttpAddress>,
    /// Where tasks may keep files.
    pub local_directory: Option<PathBuf>,
    /// How long running tasks may go on at the end.
    pub drain_timeout: Duration,
    /// How long to look for a scheduler.
    pub death_timeout: Option<Duration>,
    /// How long a task may go on that was told to end.
    pub stuck_after: Duration,
    /// How it exchanges values with other workers.
    pub transfers: Transfers,
}

impl WorkerSettings {
    pub(crate) fn read(layers: &Layers, line: &CommandLine) -> Result<Self, LayerError> {
        let scheduler = layers.read(SCHEDULER_ADDRESS, str::parse::<SchedulerAddress>)?;
        let directory = |text: &str| Ok::<_, Infallible>(PathBuf::from(text));
        Ok(Self {
            scheduler: scheduler.ok_or_else(|| {
                LayerError::Missing(format!(
                    "no scheduler is named\n  hint: start it as `{} scheduler:8786`, or set \
                     TASKLOOM_SCHEDULER",
                    line.program
                ))
            })?,
            name: layers.read("name", parse_name)?,
            nthreads: layers.read("nthreads", |text| parse_count(text, THREADS_MAX))?,
            nworkers: layers.require("nworkers", |text| parse_count(text, WORKERS_MAX))?,
            memory_limit: layers.read("memory-limit", MemoryLimit::parse)?,
            resources: layers
                .read("resources", parse_resources)?
                .unwrap_or_default(),
            listening: Listening::read(layers)?,
            http: pages::read(layers)?,
            local_directory: layers.read("local-directory", directory)?,
            drain_timeout: layers.require("drain-timeout", parse_time)?,
            death_timeout: layers.require("death-timeout", parse_time_or_never)?,
            stuck_after: layers.require("stuck-after", parse_time)?,
            transfers: transfers(layers)?,
        })
    }

    fn into_config(self) -> WorkerConfig {
        let limit = self.memory_limit.unwrap_or(MemoryLimit::Share(1.0));
        let mut config = WorkerConfig::new(self.scheduler);
        config.name = self.name;
        config.listen = self.listening.listen;
        config.contact_address = self.listening.contact.map(|contact| contact.to_string());
        config.nthreads = self.nthreads.unwrap_or_else(processors);
        config.memory_limit = limit.of(taskloom_worker::available_memory());
        config.resources = self.resources;
        config.local_directory = self.local_directory.unwrap_or_else(std::env::temp_dir);
        config.drain_timeout = self.drain_timeout;
        config.death_timeout = self.death_timeout;
        config.stuck_after = self.stuck_after;
        config.transfers = self.transfers;
        config.isolation = isolated::isolation();
        config
    }
}

fn transfers(layers: &Layers) -> Result<Transfers, LayerError> {
    let mut transfers = Transfers::default();
    transfers.connections = layers.require("peer-connections", |text| {
        parse_count(text, CONNECTIONS_MAX)
    })?;
    transfers.streams = layers.require("peer-streams", |text| parse_count(text, STREAMS_MAX))?;
    transfers.connect_timeout = layers.require("connect-timeout", parse_time_above_zero)?;
    transfers.idle = layers.require("peer-idle", parse_time_above_zero)?;
    transfers.shared_memory = layers.read("shared-memory", memory::parse_size)?;
    transfers.packing = layers.require("packing", parse_packing)?;
    Ok(transfers)
}

fn parse_packing(text: &str) -> Result<Packing, String> {
    match text {
        "none" => Ok(Packing::None),
        "lz4" => Ok(Packing::Lz4),
        _ => Err(format!("`{text}` is neither none nor lz4")),
    }
}

/// The processors that this process may use.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

async fn work(
    settings: WorkerSettings,
    registry: Registry,
    lifeline: bool,
) -> Result<Exit, Failure> {
    // Before the worker, so that a signal in its first moment ends it in order too.
    let mut signals = Signals::install()?;
    let parent_gone = parent_gone(lifeline)?;
    let drain_timeout = settings.drain_timeout;
    let http = settings.http.clone();
    let mut config = settings.into_config();
    config.on_news = Some(News::printer());
    let worker = Worker::spawn(config, registry)?;
    let _pages = pages::start(http.as_ref(), worker.name(), worker.metrics())?;
    notify("READY=1");

    let exit = tokio::select! {
        exit = worker.wait() => exit,
        () = parent_gone => {
            worker.stop();
            worker.wait().await
        }
        signal = signals.next() => {
            announce::line(&format!(
                "{}: {} leaves; running tasks have {}, a second signal ends it at once",
                signal.name,
                worker.name(),
                show_time(drain_timeout),
            ));
            notify("STOPPING=1");
            worker.drain();
            tokio::select! {
                exit = worker.wait() => exit,
                signal = signals.next() => end_at_once(signal),
            }
        }
    };
    finish(exit)
}

fn finish(exit: WorkerExit) -> Result<Exit, Failure> {
    if let WorkerExit::Restart(_) = &exit {
        let error = process::start_anew();
        let text = format!("{exit}, and could not: {error}");
        return Err(Failure::new(Exit::Restart, text));
    }
    match exit::of_worker(&exit) {
        Exit::Success => Ok(Exit::Success),
        code => Err(Failure::new(code, exit)),
    }
}
