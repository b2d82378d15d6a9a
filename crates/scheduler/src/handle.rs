//! Starting a scheduler and holding on to it.

use crate::admin::Administration;
use crate::core_loop::CoreLoop;
use crate::input::{CoreHandle, Input};
use crate::relay::{Relay, Workers};
use crate::roster::Roster;
use crate::sessions::Sessions;
use crate::threads::{Front, Part, Phase, runtime, spawn_bulk, spawn_core, words_of};
use crate::{SchedulerConfig, SchedulerError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use taskloom_core::invariants;
use taskloom_rpc::actor::ActorRelay;
use taskloom_rpc::data::{BufferPool, DataLimits, DataService, PeerPool, PoolOptions};
use taskloom_rpc::listen::{Listener, contact_ip};
use taskloom_rpc::serve::{lobby, scheduler_routes, with_actors};
use taskloom_scheduler_core::extension::Extension;
use taskloom_telemetry::{Metrics, measure_ticks, shift_windows, watch_process};
use tokio::sync::watch;

/// A scheduler. See [`Scheduler::spawn`].
#[derive(Debug)]
pub struct Scheduler;

impl Scheduler {
    /// Starts a scheduler on threads of its own. It listens when this returns.
    ///
    /// # Errors
    /// If the address cannot be listened on, a setting is not valid, or a thread cannot be started.
    pub fn spawn(config: SchedulerConfig) -> Result<SchedulerHandle, SchedulerError> {
        Self::spawn_with(config, Vec::new())
    }

    /// [`Scheduler::spawn`] with extensions beside the standard ones.
    ///
    /// # Errors
    /// As there, and if two extensions have one name or offer one operation.
    pub fn spawn_with(
        config: SchedulerConfig,
        extensions: Vec<Box<dyn Extension>>,
    ) -> Result<SchedulerHandle, SchedulerError> {
        let mut all = taskloom_extensions::standard();
        all.extend(extensions);
        // The caller may be inside a runtime, where another one can be neither driven nor dropped.
        let started = std::thread::scope(|scope| scope.spawn(|| start(&config, all)).join());
        started.unwrap_or_else(|panic| {
            let reason = words_of(&*panic);
            Err(SchedulerError::Defect {
                what: "start",
                reason,
            })
        })
    }
}

fn start(
    config: &SchedulerConfig,
    extensions: Vec<Box<dyn Extension>>,
) -> Result<SchedulerHandle, SchedulerError> {
    config.validate()?;
    invariants::install_hook(|id, details| {
        tracing::error!(invariant = ?id, statement = id.statement(), details, "broken invariant");
    });
    let listener = Listener::bind(&config.listen)?;
    let address = listener.address;
    let core_runtime = runtime("core")?;
    let bulk_runtime = runtime("relay")?;
    let contact_address = config.contact_address.clone().unwrap_or_else(|| {
        let ip = core_runtime.block_on(contact_ip(address, None));
        SocketAddr::new(ip, address.port()).to_string()
    });

    let metrics = Metrics::new("scheduler");
    let (core, inputs) = CoreHandle::new();
    let (registered, roster) = watch::channel(Vec::new());
    let core_loop = CoreLoop::new(config, epoch(), extensions, registered, &metrics)?;
    let buffers = BufferPool::new(config.relay_bytes);
    let relay = {
        // Connections live on the runtime that is entered when they are made: the relay's.
        let _entered = bulk_runtime.enter();
        let peers = PeerPool::with_metrics(PoolOptions::default(), buffers.clone(), &metrics);
        Relay::new(core.clone(), peers, config.relay_bytes)
    };
    let relay =
        DataService::with_metrics(Arc::new(relay), buffers, DataLimits::default(), &metrics);
    let routes = scheduler_routes(
        Sessions::new(core.clone(), config.backlogs()),
        Administration::new(core.clone(), contact_address.clone()),
        relay,
    );
    let routes = with_actors(routes, ActorRelay::new(Workers::new(core.clone())));

    let (phase, phases) = watch::channel(Phase::Running);
    let (control, bulk) = (lobby(), lobby());
    let (bulk_lobby, bulk_incoming) = bulk;
    let front = Front {
        listener,
        control,
        bulk: bulk_lobby,
        routes: routes.clone(),
    };
    let core_driver = core_runtime.handle().clone();
    watch_process(&metrics);
    core_runtime.spawn(measure_ticks(metrics.clone()));
    bulk_runtime.spawn(shift_windows(metrics.clone()));
    let core_part = spawn_core(core_runtime, core_loop, inputs, front, phase.clone())?;
    let bulk_part = spawn_bulk(bulk_runtime, bulk_incoming, routes, phases).inspect_err(|_| {
        phase.send_replace(Phase::Dropped);
    })?;
    let parts = vec![core_part, bulk_part];
    Ok(SchedulerHandle {
        address,
        contact_address,
        core,
        core_driver,
        roster,
        metrics,
        phase,
        parts,
    })
}

/// A running scheduler. Dropping the handle ends it at once.
#[derive(Debug)]
pub struct SchedulerHandle {
    address: SocketAddr,
    contact_address: String,
    core: CoreHandle,
    core_driver: tokio::runtime::Handle,
    roster: Roster,
    metrics: Metrics,
    phase: watch::Sender<Phase>,
    parts: Vec<Part>,
}

impl SchedulerHandle {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where others reach it, as `host:port`.
    pub fn contact_address(&self) -> &str {
        &self.contact_address
    }

    /// The workers that are registered, now and as they come and go.
    pub fn roster(&self) -> Roster {
        self.roster.clone()
    }

    /// What it counts and times. Reading it never holds the scheduler up.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Ends it in order: takes in nothing new, says what it still has to say, tells its peers and
    /// closes their sessions. Queued work is not waited for. Returns at once; see [`Self::join`].
    pub fn close(&self, reason: &str) {
        let core = self.core.clone();
        let reason = reason.to_owned();
        // A core that has ended needs to be told no more.
        self.core_driver.spawn(async move {
            let _ = core.tell(Input::Close { reason }).await;
        });
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// If it ended through a defect.
    pub fn join(mut self) -> Result<(), SchedulerError> {
        std::mem::take(&mut self.parts)
            .into_iter()
            .try_for_each(Part::join)
    }

    /// Waits until it has ended, without holding the thread.
    ///
    /// # Errors
    /// If it ended through a defect.
    pub async fn joined(self) -> Result<(), SchedulerError> {
        let joined = tokio::task::spawn_blocking(move || self.join()).await;
        joined.unwrap_or_else(|error| {
            Err(SchedulerError::Defect {
                what: "end",
                reason: error.to_string(),
            })
        })
    }
}

impl Drop for SchedulerHandle {
    fn drop(&mut self) {
        // After `join` there is nothing left to stop, and nothing to wait for.
        self.phase.send_replace(Phase::Dropped);
        for part in std::mem::take(&mut self.parts) {
            if let Err(error) = part.join() {
                tracing::error!(%error, "a scheduler ended badly");
            }
        }
    }
}

/// A number that two schedulers on one address most likely do not share, never 0.
fn epoch() -> u16 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let mixed = (since.as_nanos() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ u64::from(std::process::id()).wrapping_mul(0xff51_afd7_ed55_8ccd);
    ((mixed >> 48) as u16).max(1)
}
