//! Calls about many futures, for threads that may block.

use super::{Client, Runtime};
use crate::future_set::FutureSet;
use crate::{AsCompleted, Explanation, JobSummary, LogLine, Logs, Result, TaskFuture};
use std::borrow::Borrow;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;
use taskloom_task::{TaskCall, TaskValue};

/// Futures with their results in the order in which the tasks end: from [`Client::as_completed`].
/// The iterator blocks until the next task has ended.
#[must_use = "an iterator does nothing unless it is read"]
pub struct Completed<T> {
    completed: AsCompleted<T>,
    runtime: Arc<Runtime>,
}

/// What tasks print and log: from [`Client::logs`]. The iterator blocks until the next line is
/// there, and ends with the session.
#[must_use = "an iterator does nothing unless it is read"]
pub struct LogLines {
    logs: Logs,
    runtime: Arc<Runtime>,
}

/// A job by its name, as [`crate::Job`], for threads that may block.
pub struct Job {
    job: crate::Job,
    runtime: Arc<Runtime>,
}

impl Client {
    /// As [`crate::Client::map2`]; waits for room.
    ///
    /// # Errors
    /// If the session ends, or on a thread that runs async tasks.
    pub fn map2<I, J, F, T>(&self, first: I, second: J, call: F) -> Result<Vec<TaskFuture<T>>>
    where
        I: IntoIterator,
        J: IntoIterator,
        F: FnMut(I::Item, J::Item) -> TaskCall<T>,
        T: TaskValue,
    {
        let map = self.client.map2(first, second, call);
        self.runtime.block_on(map.into_future())?
    }

    /// As [`crate::Client::map3`]; waits for room.
    ///
    /// # Errors
    /// If the session ends, or on a thread that runs async tasks.
    pub fn map3<I, J, K, F, T>(
        &self,
        first: I,
        second: J,
        third: K,
        call: F,
    ) -> Result<Vec<TaskFuture<T>>>
    where
        I: IntoIterator,
        J: IntoIterator,
        K: IntoIterator,
        F: FnMut(I::Item, J::Item, K::Item) -> TaskCall<T>,
        T: TaskValue,
    {
        let map = self.client.map3(first, second, third, call);
        self.runtime.block_on(map.into_future())?
    }

    /// The results of many futures, in order, as [`crate::Client::gather`].
    ///
    /// # Errors
    /// The error of the first future that has one, or on a thread that runs async tasks.
    pub fn gather<T: TaskValue>(&self, futures: &[TaskFuture<T>]) -> Result<Vec<T>> {
        let gather = self.client.gather(futures);
        self.runtime.block_on(gather.into_future())?
    }

    /// The results of those futures that end well, in order, as [`crate::Gather::skip_errors`].
    ///
    /// # Errors
    /// If the session ends, or on a thread that runs async tasks.
    pub fn gather_good<T: TaskValue>(&self, futures: &[TaskFuture<T>]) -> Result<Vec<T>> {
        let gather = self.client.gather(futures).skip_errors();
        self.runtime.block_on(gather.into_future())?
    }

    /// Waits until all have ended, as [`crate::Client::wait`].
    ///
    /// # Errors
    /// If the session ends before, or on a thread that runs async tasks.
    pub fn wait(&self, futures: impl FutureSet) -> Result<()> {
        let wait = self.client.wait(futures);
        self.runtime.block_on(wait.into_future())?
    }

    /// As [`Client::wait`], for at most this long.
    ///
    /// # Errors
    /// As there, and [`Error::Timeout`](crate::Error::Timeout).
    pub fn wait_timeout(&self, futures: impl FutureSet, timeout: Duration) -> Result<()> {
        let wait = self.client.wait(futures).timeout(timeout);
        self.runtime.block_on(wait.into_future())?
    }

    /// Waits until at least one has ended, as [`crate::Client::wait_any`].
    ///
    /// # Errors
    /// As [`Client::wait`].
    pub fn wait_any(&self, futures: impl FutureSet) -> Result<Vec<usize>> {
        let wait = self.client.wait_any(futures);
        self.runtime.block_on(wait.into_future())?
    }

    /// As [`Client::wait_any`], for at most this long.
    ///
    /// # Errors
    /// As [`Client::wait_timeout`].
    pub fn wait_any_timeout(
        &self,
        futures: impl FutureSet,
        timeout: Duration,
    ) -> Result<Vec<usize>> {
        let wait = self.client.wait_any(futures).timeout(timeout);
        self.runtime.block_on(wait.into_future())?
    }

    /// As [`crate::Client::as_completed`]: an iterator.
    pub fn as_completed<T, I>(&self, futures: I) -> Completed<T>
    where
        I: IntoIterator,
        I::Item: Borrow<TaskFuture<T>>,
    {
        Completed {
            completed: self.client.as_completed(futures),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::cancel`].
    pub fn cancel(&self, futures: impl FutureSet) {
        self.client.cancel(futures);
    }

    /// As [`crate::Client::retry`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn retry(&self, futures: impl FutureSet) -> Result<()> {
        self.runtime.block_on(self.client.retry(futures))?
    }

    /// As [`crate::Client::fire_and_forget`].
    ///
    /// # Errors
    /// As there.
    pub fn fire_and_forget(&self, futures: impl FutureSet) -> Result<()> {
        self.client.fire_and_forget(futures)
    }

    /// As [`crate::Client::future_of`].
    pub fn future_of<T: TaskValue>(&self, key: impl Into<String>) -> TaskFuture<T> {
        self.client.future_of(key)
    }

    /// As [`crate::Client::adopt`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn adopt<T>(&self, future: &TaskFuture<T>) -> Result<TaskFuture<T>> {
        self.runtime.block_on(self.client.adopt(future))?
    }

    /// As [`crate::Client::explain`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn explain<T>(&self, future: &TaskFuture<T>) -> Result<Explanation> {
        self.runtime.block_on(self.client.explain(future))?
    }

    /// As [`crate::Client::logs`]: an iterator.
    pub fn logs(&self) -> LogLines {
        LogLines {
            logs: self.client.logs(),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::forward_logs`].
    pub fn forward_logs(&self) {
        self.client.forward_logs();
    }

    /// As [`crate::Client::job`].
    pub fn job(&self, name: impl Into<String>) -> Job {
        Job {
            job: self.client.job(name),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::jobs`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn jobs(&self) -> Result<Vec<JobSummary>> {
        self.runtime.block_on(self.client.jobs())?
    }
}

impl<T> Completed<T> {
    /// Adds a future.
    pub fn push(&mut self, future: TaskFuture<T>) {
        self.completed.push(future);
    }

    /// Adds futures.
    pub fn extend<I>(&mut self, futures: I)
    where
        I: IntoIterator,
        I::Item: Borrow<TaskFuture<T>>,
    {
        self.completed.extend(futures);
    }

    /// How many futures it has not given yet.
    pub fn left(&self) -> usize {
        self.completed.len()
    }
}

impl<T: TaskValue> Iterator for Completed<T> {
    type Item = Result<(TaskFuture<T>, Result<T>)>;

    /// The next future and its result; an error on a thread that runs async tasks.
    fn next(&mut self) -> Option<Self::Item> {
        self.runtime.block_on(self.completed.next()).transpose()
    }
}

impl Iterator for LogLines {
    type Item = LogLine;

    fn next(&mut self) -> Option<LogLine> {
        self.runtime.block_on(self.logs.next()).ok().flatten()
    }
}

impl LogLines {
    /// As [`Logs::missed`].
    pub fn missed(&self) -> u64 {
        self.logs.missed()
    }
}

impl Job {
    /// As [`crate::Job::name`].
    pub fn name(&self) -> &str {
        self.job.name()
    }

    /// As [`crate::Job::summary`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks; so it is with all of these.
    pub fn summary(&self) -> Result<Option<JobSummary>> {
        self.runtime.block_on(self.job.summary())?
    }

    /// As [`crate::Job::weight`].
    ///
    /// # Errors
    /// As [`Job::summary`].
    pub fn weight(&self, weight: f64) -> Result<()> {
        self.runtime.block_on(self.job.weight(weight))?
    }

    /// As [`crate::Job::pause`].
    ///
    /// # Errors
    /// As [`Job::summary`].
    pub fn pause(&self) -> Result<()> {
        self.runtime.block_on(self.job.pause())?
    }

    /// As [`crate::Job::resume`].
    ///
    /// # Errors
    /// As [`Job::summary`].
    pub fn resume(&self) -> Result<()> {
        self.runtime.block_on(self.job.resume())?
    }

    /// As [`crate::Job::cap`].
    ///
    /// # Errors
    /// As [`Job::summary`].
    pub fn cap(&self, tasks: u32) -> Result<()> {
        self.runtime.block_on(self.job.cap(tasks))?
    }

    /// As [`crate::Job::uncap`].
    ///
    /// # Errors
    /// As [`Job::summary`].
    pub fn uncap(&self) -> Result<()> {
        self.runtime.block_on(self.job.uncap())?
    }

    /// As [`crate::Job::cancel`].
    ///
    /// # Errors
    /// As [`Job::summary`].
    pub fn cancel(&self) -> Result<u64> {
        self.runtime.block_on(self.job.cancel())?
    }
}
