//! Waiting for tasks: for all, or for the first.

use crate::future_set::{FutureSet, handles};
use crate::session::Session;
use crate::{Client, Error, Result};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use taskloom_task::{FutureHandle, Status};

type Handles = Vec<Arc<dyn FutureHandle>>;

/// Waiting for all of some tasks: from [`Client::wait`].
#[must_use = "nobody waits before `.await`"]
pub struct Wait {
    session: Arc<Session>,
    handles: Handles,
    timeout: Option<Duration>,
}

/// Waiting for the first of some tasks: from [`Client::wait_any`].
#[must_use = "nobody waits before `.await`"]
pub struct WaitAny(Wait);

impl Client {
    /// Waits until all these tasks have ended, well or badly, without fetching their results:
    /// `client.wait(&futures).timeout(minute).await?`.
    ///
    /// # Errors
    /// If the session ends before, or with [`Error::Timeout`] after the time that was given.
    pub fn wait(&self, futures: impl FutureSet) -> Wait {
        Wait {
            session: self.session().clone(),
            handles: handles(futures),
            timeout: None,
        }
    }

    /// Waits until at least one of these tasks has ended, well or badly, and gives the places, in
    /// the order given, of all that have; none if there are no futures.
    ///
    /// ```no_run
    /// # use taskloom_client::{Client, TaskFuture};
    /// # async fn example(client: Client, futures: Vec<TaskFuture<i64>>) -> taskloom_client::Result<()> {
    /// for place in client.wait_any(&futures).await? {
    ///     println!("{}", (&futures[place]).await?);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Client::wait`].
    pub fn wait_any(&self, futures: impl FutureSet) -> WaitAny {
        WaitAny(self.wait(futures))
    }
}

impl Wait {
    /// The longest to wait.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    async fn all(self) -> Result<()> {
        let waiting = async {
            for handle in &self.handles {
                poll_fn(|cx| handle.poll_done(cx)).await;
            }
        };
        if !self.within(waiting).await {
            let ended = self.ended().len();
            return Err(self.too_late(format!(
                "waiting for {} tasks, of which {ended} ended,",
                self.handles.len()
            )));
        }
        match self.session.closed() {
            Some(closed) if self.ended().len() < self.handles.len() => Err(closed),
            _ => Ok(()),
        }
    }

    async fn any(self) -> Result<Vec<usize>> {
        let dones = self
            .handles
            .iter()
            .map(|handle| poll_fn(|cx| handle.poll_done(cx)));
        let mut dones: FuturesUnordered<_> = dones.collect();
        let first = async {
            dones.next().await;
        };
        if !self.within(first).await {
            let n = self.handles.len();
            return Err(self.too_late(format!("waiting for the first of {n} tasks")));
        }
        let ended = self.ended();
        match self.session.closed() {
            Some(closed) if ended.is_empty() && !self.handles.is_empty() => Err(closed),
            _ => Ok(ended),
        }
    }

    /// The places of tasks that have ended by themselves, and not with their session.
    fn ended(&self) -> Vec<usize> {
        let ended = |handle: &Arc<dyn FutureHandle>| {
            handle.status() != Status::Pending && !matches!(handle.error(), Some(Error::Closed(_)))
        };
        let places = self.handles.iter().enumerate();
        let places = places.filter(|(_, handle)| ended(handle));
        places.map(|(place, _)| place).collect()
    }

    /// Whether it came to its end in time.
    async fn within(&self, waiting: impl Future<Output = ()>) -> bool {
        match self.timeout {
            None => {
                waiting.await;
                true
            }
            Some(timeout) => {
                // The clock is that of the runtime that drives the session, wherever this runs.
                let timed = {
                    let _inside = self.session.runtime.enter();
                    tokio::time::timeout(timeout, waiting)
                };
                timed.await.is_ok()
            }
        }
    }

    fn too_late(&self, what: String) -> Error {
        Error::Timeout {
            what,
            after: self.timeout.unwrap_or_default(),
        }
    }
}

impl WaitAny {
    /// The longest to wait.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = Some(timeout);
        self
    }
}

impl IntoFuture for Wait {
    type Output = Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.all())
    }
}

impl IntoFuture for WaitAny {
    type Output = Result<Vec<usize>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.any())
    }
}
