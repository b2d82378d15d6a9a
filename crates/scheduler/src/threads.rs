//! The two threads of a scheduler: what runs on them, and how they end.

use crate::SchedulerError;
use crate::core_loop::CoreLoop;
use crate::input::Input;
use std::any::Any;
use std::future::Future;
use std::io;
use std::time::Duration;
use taskloom_rpc::listen::Listener;
use taskloom_rpc::serve::{Incoming, Lobby, accept, serve};
use taskloom_rpc::settings::ConnectionKind;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tonic::service::Routes;

/// How long calls have to end after the core has ended.
const CALLS_GRACE: Duration = Duration::from_millis(500);

/// Whether a scheduler is to end, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It runs.
    Running,
    /// The core has told all peers; calls may end.
    Ending,
    /// Its owner let go of it: there is nobody to wait for.
    Dropped,
}

/// What the core's thread serves beside running the core.
pub(crate) struct Front {
    pub(crate) listener: Listener,
    pub(crate) control: (Lobby, Incoming),
    pub(crate) bulk: Lobby,
    pub(crate) routes: Routes,
}

/// A thread that has a part of the scheduler, and what its end looks like.
#[derive(Debug)]
pub(crate) struct Part {
    what: &'static str,
    thread: std::thread::JoinHandle<Result<(), String>>,
}

impl Part {
    fn spawn(
        what: &'static str,
        runtime: Runtime,
        work: impl Future<Output = Result<(), String>> + Send + 'static,
    ) -> Result<Self, SchedulerError> {
        let run = move || {
            let outcome = runtime.block_on(work);
            // Connections that did not end by themselves end with their tasks.
            runtime.shutdown_background();
            outcome
        };
        let thread = std::thread::Builder::new().name(what.into()).spawn(run);
        thread
            .map(|thread| Self { what, thread })
            .map_err(|source| cannot_start(what, source))
    }

    /// Waits until the thread has ended.
    pub(crate) fn join(self) -> Result<(), SchedulerError> {
        let outcome = self
            .thread
            .join()
            .unwrap_or_else(|panic| Err(words_of(&*panic)));
        outcome.map_err(|reason| SchedulerError::Defect {
            what: self.what,
            reason,
        })
    }
}

/// A runtime that drives everything on the thread that blocks on it.
pub(crate) fn runtime(what: &'static str) -> Result<Runtime, SchedulerError> {
    let built = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    built.map_err(|source| cannot_start(what, source))
}

/// The thread of the core: the loop, all sessions, the listener.
pub(crate) fn spawn_core(
    runtime: Runtime,
    core: CoreLoop,
    inputs: mpsc::Receiver<Input>,
    front: Front,
    phase: watch::Sender<Phase>,
) -> Result<Part, SchedulerError> {
    let work = async move {
        let Front {
            listener,
            control: (lobby, incoming),
            bulk,
            routes,
        } = front;
        let accepting = accept(listener, lobby, Some(bulk), ended(phase.subscribe()));
        let accepting = tokio::spawn(accepting);
        let serving = serve(
            routes,
            incoming,
            ConnectionKind::Control,
            ended(phase.subscribe()),
        );
        let serving = tokio::spawn(serving);
        let outcome = tokio::select! {
            biased;
            () = core.run(inputs) => Ok(()),
            () = ended(phase.subscribe()) => Ok(()),
            // Without a listener the scheduler is of no use to anyone.
            accepted = accepting => Err(match accepted {
                Ok(Ok(())) => "the listener ended".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            }),
        };
        phase.send_if_modified(|phase| {
            let running = *phase == Phase::Running;
            *phase = if running { Phase::Ending } else { *phase };
            running
        });
        tokio::select! {
            _ = serving => {}
            () = overdue(phase.subscribe()) => {}
        }
        outcome
    };
    Part::spawn("scheduler", runtime, work)
}

/// The thread of bulk connections and the relay.
pub(crate) fn spawn_bulk(
    runtime: Runtime,
    incoming: Incoming,
    routes: Routes,
    phase: watch::Receiver<Phase>,
) -> Result<Part, SchedulerError> {
    let work = async move {
        let serving = serve(routes, incoming, ConnectionKind::Data, ended(phase.clone()));
        tokio::select! {
            served = serving => served.map_err(|error| error.to_string()),
            () = overdue(phase) => Ok(()),
        }
    };
    Part::spawn("relay", runtime, work)
}

/// Waits until the scheduler ends.
async fn ended(mut phase: watch::Receiver<Phase>) {
    // An error means that the sender is gone: that is the end, too.
    let _ = phase.wait_for(|&phase| phase != Phase::Running).await;
}

/// Waits until calls have had their time to end.
async fn overdue(mut phase: watch::Receiver<Phase>) {
    ended(phase.clone()).await;
    let dropped = async {
        let _ = phase.wait_for(|&phase| phase == Phase::Dropped).await;
    };
    let _ = tokio::time::timeout(CALLS_GRACE, dropped).await;
}

fn cannot_start(what: &'static str, source: io::Error) -> SchedulerError {
    SchedulerError::Start { what, source }
}

/// What a panic said.
pub(crate) fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without words".into())
}
