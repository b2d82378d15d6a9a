//! One worker of a local cluster, wherever it runs.

use crate::ClusterError;
use crate::process::Process;
use std::time::Duration;
use taskloom_worker::WorkerHandle;

/// How long a worker process has to end by itself when the cluster closes.
const LEAVE_PATIENCE: Duration = Duration::from_secs(3);

/// A worker and its name.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) body: Body,
}

/// Where a worker runs.
#[derive(Debug)]
pub(crate) enum Body {
    /// On threads of this process.
    Threads(WorkerHandle),
    /// In a process of its own.
    Process(Process),
}

impl Member {
    /// The process that the worker runs in.
    pub(crate) fn pid(&self) -> u32 {
        match &self.body {
            Body::Threads(_) => std::process::id(),
            Body::Process(process) => process.pid(),
        }
    }

    /// Whether it is known to have ended.
    pub(crate) fn has_ended(&self) -> bool {
        match &self.body {
            Body::Threads(worker) => worker.exit().is_some(),
            Body::Process(process) => process.has_ended(),
        }
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&self) -> String {
        match &self.body {
            Body::Threads(worker) => worker.wait().await.to_string(),
            Body::Process(process) => process.ended().await,
        }
    }

    /// The error that its end is while it is waited for.
    pub(crate) fn ended_early(&self, how: String) -> ClusterError {
        ClusterError::Ended {
            name: self.name.clone(),
            how,
        }
    }

    /// Ends it at once.
    pub(crate) fn kill(&self) {
        match &self.body {
            Body::Threads(worker) => worker.stop(),
            Body::Process(process) => process.kill(),
        }
    }

    /// Asks it to leave in order, and waits until it has.
    pub(crate) async fn retire(&self) {
        match &self.body {
            Body::Threads(worker) => worker.drain(),
            Body::Process(process) => process.terminate(),
        }
        self.ended().await;
    }

    /// Lets it end now that there is no scheduler any more, and waits until it has.
    pub(crate) async fn dismiss(mut self) {
        match &mut self.body {
            Body::Threads(worker) => worker.stop(),
            Body::Process(process) => process.let_go(),
        }
        if tokio::time::timeout(LEAVE_PATIENCE, self.ended())
            .await
            .is_err()
        {
            tracing::warn!(
                worker = self.name,
                "local worker does not end; it is killed"
            );
            self.kill();
        }
    }
}
