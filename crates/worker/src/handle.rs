//! A running worker, as its owner sees it.

use crate::config::WorkerConfig;
use crate::error::{WorkerError, WorkerExit};
use std::time::Duration;
use taskloom_task::Registry;

/// Starts workers.
#[derive(Debug)]
pub struct Worker;

/// A running worker. Dropping it stops the worker.
#[derive(Debug)]
pub struct WorkerHandle {}

impl Worker {
    /// Starts a worker on threads of its own. It is listening when this returns, and looks for its
    /// scheduler in the background.
    ///
    /// # Errors
    /// If the port, the scratch directory or the threads cannot be had.
    pub fn spawn(config: WorkerConfig, registry: Registry) -> Result<WorkerHandle, WorkerError> {
        let _ = (config, registry);
        todo!()
    }
}

impl WorkerHandle {
    /// Its name.
    pub fn name(&self) -> &str {
        todo!()
    }

    /// The `host:port` under which others reach its data service; the one it is bound to until the
    /// worker was registered.
    pub fn address(&self) -> String {
        todo!()
    }

    /// Blocks until the worker is registered.
    ///
    /// # Errors
    /// If it takes longer than this, or the worker ends.
    pub fn registered(&self, timeout: Duration) -> Result<(), WorkerError> {
        let _ = timeout;
        todo!()
    }

    /// Waits until the worker is registered.
    ///
    /// # Errors
    /// If the worker ends.
    pub async fn wait_registered(&self) -> Result<(), WorkerError> {
        todo!()
    }

    /// Asks it to leave in order: nothing new, running tasks end, results that only it holds go
    /// elsewhere.
    pub fn drain(&self) {
        todo!()
    }

    /// Asks it to end at once, as a killed one would.
    pub fn stop(&self) {
        todo!()
    }

    /// Waits until it has ended; does not ask it to.
    pub fn join(self) -> WorkerExit {
        todo!()
    }

    /// Waits until it has ended; does not ask it to.
    pub async fn wait(&self) -> WorkerExit {
        todo!()
    }
}
