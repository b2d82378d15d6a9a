//! The main function of a scheduler.

use crate::exit::{Exit, Failure};
use crate::flags::{self, CommandLine};
use crate::layers::{LayerError, Layers};
use crate::listen::Listening;
use crate::memory::{MemoryLimit, parse_size};
use crate::process;
use crate::settings::Section;
use crate::signals::{Signals, end_at_once};
use crate::supervisor::notify;
use crate::values::{parse_count, parse_small_count, parse_time, parse_time_above_zero};
use crate::{announce, descriptors, pages};
use std::process::ExitCode;
use taskloom_core::limits::{CLIENTS_MAX, WORKERS_MAX};
use taskloom_dashboard::HttpAddress;
use taskloom_extensions::Extension;
use taskloom_scheduler::{Scheduler, SchedulerConfig, SchedulerHandle};

/// Runs a scheduler by the flags of the command line, and returns when it has ended.
pub fn scheduler_main() -> ExitCode {
    scheduler_main_with([])
}

/// [`scheduler_main`] with extensions beside the standard ones: the `main` of a scheduler of your
/// own. If two of them have one name or offer one operation it says so and ends with exit code 1.
pub fn scheduler_main_with(extensions: impl IntoIterator<Item = Box<dyn Extension>>) -> ExitCode {
    let extensions = extensions.into_iter().collect();
    run(&CommandLine::of_this_process(), extensions).into()
}

/// Runs a scheduler by this command line.
pub(crate) fn run(line: &CommandLine, extensions: Vec<Box<dyn Extension>>) -> Exit {
    start(line, extensions).unwrap_or_else(|failure| announce::failure(&failure))
}

fn start(line: &CommandLine, extensions: Vec<Box<dyn Extension>>) -> Result<Exit, Failure> {
    let flags = flags::parse(Section::Scheduler, line)?;
    let layers = Layers::new(Section::Scheduler, &flags, process::environment())?;
    let config = read(&layers)?;
    let expected = layers.require("expected-workers", |text| parse_count(text, WORKERS_MAX))?;
    process::start_logging(&layers)?;
    descriptors::raise(expected as u64, "workers");
    let http = pages::read(&layers)?;
    process::runtime()?.block_on(serve(config, http, extensions))
}

fn read(layers: &Layers) -> Result<SchedulerConfig, LayerError> {
    let Listening { listen, contact } = Listening::read(layers)?;
    Ok(SchedulerConfig {
        listen,
        contact_address: contact.map(|contact| contact.to_string()),
        worker_timeout: layers.require("worker-timeout", parse_time_above_zero)?,
        no_worker_timeout: layers.require("no-worker-timeout", parse_time)?,
        heartbeat: layers.require("heartbeat", parse_time_above_zero)?,
        allowed_suspicion: layers.require("allowed-worker-deaths", parse_small_count)?,
        relay_bytes: layers.require("relay-memory", parse_size)?,
        memory_limit: layers
            .require("memory-limit", MemoryLimit::parse)?
            .of(taskloom_worker::available_memory()),
        max_workers: layers.require("max-workers", |text| parse_count(text, WORKERS_MAX))?,
        max_clients: layers.require("max-clients", |text| parse_count(text, CLIENTS_MAX))?,
        outbox_pause_bytes: layers.require("outbox-pause", parse_size)?,
        outbox_bytes_max: layers.require("outbox-limit", parse_size)?,
    })
}

async fn serve(
    config: SchedulerConfig,
    http: Option<HttpAddress>,
    extensions: Vec<Box<dyn Extension>>,
) -> Result<Exit, Failure> {
    // Before the scheduler, so that a signal in its first moment ends it in order too.
    let mut signals = Signals::install()?;
    let scheduler = Scheduler::spawn_with(config, extensions)?;
    announce::line(&start_line(&scheduler));
    announce::warning(
        "no TLS and no token: anyone who reaches this port can run tasks; keep it in a trusted \
         network",
    );
    let _pages = pages::start(http.as_ref(), "the scheduler", scheduler.metrics())?;
    notify("READY=1");

    let mut roster = scheduler.roster();
    // The roster ends with the scheduler: by a defect, or because a client asked for it.
    let ended = async { while roster.changed().await.is_ok() {} };
    let signal = tokio::select! {
        signal = signals.next() => signal,
        () = ended => {
            scheduler.joined().await?;
            announce::line("the scheduler has ended: a client shut the cluster down");
            return Ok(Exit::Success);
        }
    };
    announce::line(&format!(
        "{}: the scheduler ends; a second signal ends it at once",
        signal.name
    ));
    notify("STOPPING=1");
    scheduler.close("the scheduler was told to end");
    tokio::select! {
        ended = scheduler.joined() => ended?,
        signal = signals.next() => end_at_once(signal),
    }
    Ok(Exit::Success)
}

fn start_line(scheduler: &SchedulerHandle) -> String {
    let (listening, contact) = (scheduler.address().to_string(), scheduler.contact_address());
    let reach = if contact == listening {
        String::new()
    } else {
        format!(" (reach it at {contact})")
    };
    format!(
        "scheduler {} listening on {listening}{reach}",
        env!("CARGO_PKG_VERSION")
    )
}
