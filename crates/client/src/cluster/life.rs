//! Workers are waited for, let go and started anew; the cluster is ended.

use super::{awaited, done, names, within};
use crate::ask::unexpected;
use crate::session::Session;
use crate::{Client, Error, Result};
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::message::{Answer, Question, WorkerSummary};

/// Waiting for workers: from [`Client::wait_for_workers`].
#[must_use = "nobody waits before `.await`"]
pub struct WaitForWorkers {
    session: Arc<Session>,
    workers: u32,
    timeout: Option<Duration>,
}

/// Letting workers go: from [`Client::retire_workers`].
#[must_use = "nothing happens before `.await`"]
pub struct RetireWorkers {
    session: Arc<Session>,
    workers: Vec<String>,
    timeout: Option<Duration>,
}

/// Starting workers anew: from [`Client::restart_workers`].
#[must_use = "nothing happens before `.await`"]
pub struct RestartWorkers {
    session: Arc<Session>,
    workers: Vec<String>,
    timeout: Option<Duration>,
}

impl Client {
    /// Waits until there are at least so many workers, and gives them.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
    /// client.wait_for_workers(10).timeout(Duration::from_secs(60)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the session ends, or with [`Error::Timeout`] after the time that was given.
    pub fn wait_for_workers(&self, workers: u32) -> WaitForWorkers {
        WaitForWorkers {
            session: self.session().clone(),
            workers,
            timeout: None,
        }
    }

    /// Lets workers of these names or addresses go in order: they get nothing new, what runs there
    /// ends, what only they hold moves to others, and then they end. Waits until they have. If no
    /// worker stays, results that only they held are computed again once there is one.
    ///
    /// ```no_run
    /// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
    /// client.retire_workers(["worker-3", "worker-4"]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If none is named or a named one is not connected, in which case none is let go; with
    /// [`Error::Timeout`] after the time that was given, while they go on leaving.
    pub fn retire_workers<W: Into<String>>(
        &self,
        workers: impl IntoIterator<Item = W>,
    ) -> RetireWorkers {
        RetireWorkers {
            session: self.session().clone(),
            workers: names(workers),
            timeout: None,
        }
    }

    /// Has all workers, or those of [`RestartWorkers::workers`], end at once and start anew with
    /// empty hands. What they ran runs again, what only they held is computed again if somebody
    /// wants it, and scattered data are supplied again. Waits until they are back, and gives how
    /// many they are.
    ///
    /// ```no_run
    /// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
    /// client.restart_workers().workers(["worker-3"]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If a named worker is not connected, in which case none is started anew; with
    /// [`Error::Timeout`] if they are not back after the time that was given.
    pub fn restart_workers(&self) -> RestartWorkers {
        RestartWorkers {
            session: self.session().clone(),
            workers: Vec::new(),
            timeout: None,
        }
    }

    /// Ends the whole cluster, for everybody: the scheduler tells its workers and clients and ends,
    /// and the workers end with it. Nothing that runs or is queued is waited for. Returns when this
    /// session has ended.
    ///
    /// # Errors
    /// If the session has ended before.
    pub async fn shutdown(&self) -> Result<()> {
        let reason = format!("{} shut the cluster down", self.id());
        done(self.session(), Question::Shutdown(reason)).await?;
        self.session().disconnected().await;
        Ok(())
    }
}

impl WaitForWorkers {
    /// The longest to wait.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    async fn ask(self) -> Result<Vec<WorkerSummary>> {
        let what = || format!("waiting for {} workers", self.workers);
        let question = Question::WaitForWorkers(self.workers);
        match within(self.timeout, what, self.session.ask(question)).await? {
            Answer::Workers(workers) => Ok(workers),
            other => Err(unexpected(&other)),
        }
    }
}

impl RetireWorkers {
    /// The longest to wait until they have ended.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    async fn ask(self) -> Result<u64> {
        // Nobody at all would stand for everybody.
        if self.workers.is_empty() {
            return Err(Error::Refused(
                "no worker is named to be retired; to end the whole cluster, shut it down".into(),
            ));
        }
        let what = || format!("retiring {}", self.workers.join(", "));
        let question = Question::Retire(self.workers.clone());
        within(self.timeout, what, done(&self.session, question)).await
    }
}

impl RestartWorkers {
    /// Only workers of these names or addresses.
    pub fn workers<W: Into<String>>(mut self, workers: impl IntoIterator<Item = W>) -> Self {
        self.workers = names(workers);
        self
    }

    /// The longest to wait until they are back.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    async fn ask(self) -> Result<u64> {
        let what = || "restarting workers".to_owned();
        let question = Question::Restart(self.workers);
        within(self.timeout, what, done(&self.session, question)).await
    }
}

awaited!(WaitForWorkers => Vec<WorkerSummary>, ask);
awaited!(RetireWorkers => u64, ask);
awaited!(RestartWorkers => u64, ask);
