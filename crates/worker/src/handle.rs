//! A running worker, as its owner sees it.

use crate::config::WorkerConfig;
use crate::control::Command;
use crate::error::{WorkerError, WorkerExit};
use crate::progress::Progress;
use crate::start;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use taskloom_task::Registry;
use taskloom_telemetry::Metrics;
use tokio::sync::mpsc;

/// Starts workers.
#[derive(Debug)]
pub struct Worker;

/// A running worker. Dropping it stops the worker and waits for nobody.
#[derive(Debug)]
pub struct WorkerHandle {
    pub(crate) name: String,
    pub(crate) bound: SocketAddr,
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) metrics: Metrics,
}

impl Worker {
    /// Starts a worker on threads of its own. It is listening when this returns, and looks for its
    /// scheduler in the background.
    ///
    /// # Errors
    /// If the port, the scratch directory or the threads cannot be had, or a setting makes no sense.
    pub fn spawn(config: WorkerConfig, registry: Registry) -> Result<WorkerHandle, WorkerError> {
        start::spawn(config, registry)
    }
}

impl WorkerHandle {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The `host:port` under which others reach its data service; the one it is bound to until the
    /// worker was registered.
    pub fn address(&self) -> String {
        self.progress
            .state()
            .address
            .unwrap_or_else(|| self.bound.to_string())
    }

    /// What it counts and times. Reading it never holds the worker up.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Whether it has a session with a scheduler at this moment.
    pub fn is_registered(&self) -> bool {
        self.progress.state().is_registered
    }

    /// Blocks until the worker is registered.
    ///
    /// # Errors
    /// If it takes longer than this, or the worker ends.
    pub fn registered(&self, timeout: Duration) -> Result<(), WorkerError> {
        let state = self
            .progress
            .wait(Some(timeout), |state| {
                state.is_registered || state.exit.is_some()
            })
            .ok_or(WorkerError::NotRegistered(timeout))?;
        state
            .exit
            .map_or(Ok(()), |exit| Err(WorkerError::Ended(exit)))
    }

    /// Waits until the worker is registered.
    ///
    /// # Errors
    /// If the worker ends.
    pub async fn wait_registered(&self) -> Result<(), WorkerError> {
        let state = self
            .progress
            .until(|state| state.is_registered || state.exit.is_some())
            .await;
        state
            .exit
            .map_or(Ok(()), |exit| Err(WorkerError::Ended(exit)))
    }

    /// Asks it to leave in order: nothing new, running tasks end, results that only it holds go
    /// elsewhere.
    pub fn drain(&self) {
        // One that has ended needs no asking.
        let _ = self.commands.send(Command::Drain);
    }

    /// Asks it to end at once, as a killed one would.
    pub fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<WorkerExit> {
        self.progress.state().exit
    }

    /// Blocks until it has ended; does not ask it to.
    pub fn join(self) -> WorkerExit {
        self.progress
            .wait(None, |state| state.exit.is_some())
            .and_then(|state| state.exit)
            .unwrap_or(WorkerExit::Crashed)
    }

    /// Waits until it has ended; does not ask it to.
    pub async fn wait(&self) -> WorkerExit {
        self.progress
            .until(|state| state.exit.is_some())
            .await
            .exit
            .unwrap_or(WorkerExit::Crashed)
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.stop();
    }
}
