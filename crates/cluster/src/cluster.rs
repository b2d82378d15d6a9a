//! A running local cluster.

use crate::{ClusterError, LocalClusterBuilder};
use taskloom_client::Client;

/// A scheduler and workers on this machine. Dropping it ends them.
#[derive(Debug)]
pub struct LocalCluster {}

/// A worker of a [`LocalCluster`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalWorker {
    /// Its name.
    pub name: String,
    /// The process it runs in: this one, unless workers are processes.
    pub pid: u32,
}

/// Which worker of a cluster is meant: its name, or its place in [`LocalCluster::workers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerChoice {
    /// The worker of this name.
    Name(String),
    /// The worker at this place.
    Place(usize),
}

impl From<&str> for WorkerChoice {
    fn from(name: &str) -> Self {
        Self::Name(name.into())
    }
}

impl From<&String> for WorkerChoice {
    fn from(name: &String) -> Self {
        Self::Name(name.clone())
    }
}

impl From<usize> for WorkerChoice {
    fn from(place: usize) -> Self {
        Self::Place(place)
    }
}

impl LocalCluster {
    /// Settings for a new cluster; `start` starts it.
    pub fn builder() -> LocalClusterBuilder {
        todo!()
    }

    /// A new client of this cluster.
    ///
    /// # Errors
    /// If it cannot connect.
    pub async fn client(&self) -> Result<Client, taskloom_task::Error> {
        todo!()
    }

    /// A new client of this cluster for programs without an async runtime.
    ///
    /// # Errors
    /// If it cannot connect.
    pub fn blocking_client(&self) -> Result<taskloom_client::blocking::Client, taskloom_task::Error> {
        todo!()
    }

    /// The scheduler's address, as `host:port`.
    pub fn address(&self) -> &str {
        todo!()
    }

    /// The process that the scheduler runs in: this one.
    pub fn scheduler_pid(&self) -> u32 {
        std::process::id()
    }

    /// The workers that were started and not ended, in the order in which they were started.
    pub fn workers(&self) -> Vec<LocalWorker> {
        todo!()
    }

    /// Starts one more worker like the others and waits until it is registered.
    ///
    /// # Errors
    /// See [`ClusterError`].
    pub async fn add_worker(&self) -> Result<LocalWorker, ClusterError> {
        todo!()
    }

    /// Ends a worker at once, as a crash would: SIGKILL if it is a process.
    ///
    /// # Errors
    /// If there is no such worker.
    pub fn kill_worker(&self, worker: impl Into<WorkerChoice>) -> Result<LocalWorker, ClusterError> {
        let _ = worker.into();
        todo!()
    }

    /// Ends a worker in order: it ends what it runs and hands on what only it holds.
    ///
    /// # Errors
    /// If there is no such worker.
    pub async fn retire_worker(
        &self,
        worker: impl Into<WorkerChoice>,
    ) -> Result<LocalWorker, ClusterError> {
        let _ = worker.into();
        todo!()
    }

    /// Ends the cluster in order: the scheduler tells its peers, then the workers end.
    ///
    /// # Errors
    /// If a part of it ended through a defect.
    pub async fn close(self) -> Result<(), ClusterError> {
        todo!()
    }
}
