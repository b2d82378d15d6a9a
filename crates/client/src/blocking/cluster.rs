//! The cluster as its clients see and steer it, for threads that may block.

use super::{Client, Runtime};
use crate::cluster::{
    Contents, Rebalance, Replicate, RestartWorkers, RetireWorkers, Run, WaitForWorkers,
};
use crate::{FutureSet, HolderList, Result, WorkerSummary};
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;
use taskloom_task::{TaskCall, TaskValue};

/// Something with settings that is done, or answered, when it is waited for.
#[must_use = "nothing happens before `wait`"]
pub struct Request<R> {
    request: R,
    runtime: Arc<Runtime>,
}

impl<R, T> Request<R>
where
    R: IntoFuture<Output = Result<T>>,
{
    /// Does it and waits for the end.
    ///
    /// # Errors
    /// As the request, or on a thread that runs async tasks.
    pub fn wait(self) -> Result<T> {
        self.runtime.block_on(self.request.into_future())?
    }
}

impl<R> Request<R> {
    fn with(self, set: impl FnOnce(R) -> R) -> Self {
        Self {
            request: set(self.request),
            runtime: self.runtime,
        }
    }
}

macro_rules! of_workers {
    ($($request:ident $(<$generic:ident: $bound:path>)?),+) => {
        $(impl$(<$generic: $bound>)? Request<$request$(<$generic>)?> {
            /// Only workers of these names or addresses.
            pub fn workers<W: Into<String>>(self, workers: impl IntoIterator<Item = W>) -> Self {
                self.with(|request| request.workers(workers))
            }
        })+
    };
}

macro_rules! with_timeout {
    ($($request:ident $(<$generic:ident: $bound:path>)?),+) => {
        $(impl$(<$generic: $bound>)? Request<$request$(<$generic>)?> {
            /// The longest to wait.
            pub fn timeout(self, timeout: Duration) -> Self {
                self.with(|request| request.timeout(timeout))
            }
        })+
    };
}

of_workers!(Contents, Replicate, Rebalance, Run<T: TaskValue>, RestartWorkers);
with_timeout!(WaitForWorkers, RetireWorkers, RestartWorkers, Run<T: TaskValue>);

impl Request<Replicate> {
    /// On how many workers each value shall lie, counting those that have it already.
    pub fn copies(self, copies: u32) -> Self {
        self.with(|request| request.copies(copies))
    }
}

impl Request<Rebalance> {
    /// Only these values.
    pub fn futures(self, futures: impl FutureSet) -> Self {
        self.with(|request| request.futures(futures))
    }
}

impl Client {
    fn request<R>(&self, request: R) -> Request<R> {
        Request {
            request,
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::who_has`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn who_has(&self, futures: impl FutureSet) -> Result<Vec<HolderList>> {
        self.request(self.client.who_has(futures)).wait()
    }

    /// As [`crate::Client::nbytes`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn nbytes(&self, futures: impl FutureSet) -> Result<Vec<u64>> {
        let lists = self.who_has(futures)?;
        Ok(lists.into_iter().map(|list| list.nbytes).collect())
    }

    /// As [`crate::Client::has_what`].
    pub fn has_what(&self) -> Request<Contents> {
        self.request(self.client.has_what())
    }

    /// As [`crate::Client::processing`].
    pub fn processing(&self) -> Request<Contents> {
        self.request(self.client.processing())
    }

    /// As [`crate::Client::workers`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn workers(&self) -> Result<Vec<WorkerSummary>> {
        self.request(self.client.workers()).wait()
    }

    /// As [`crate::Client::replicate`]: `client.replicate(&table).copies(3).wait()?`.
    pub fn replicate(&self, futures: impl FutureSet) -> Request<Replicate> {
        self.request(self.client.replicate(futures))
    }

    /// As [`crate::Client::rebalance`].
    pub fn rebalance(&self) -> Request<Rebalance> {
        self.request(self.client.rebalance())
    }

    /// As [`crate::Client::run`].
    pub fn run<T: TaskValue>(&self, call: TaskCall<T>) -> Request<Run<T>> {
        self.request(self.client.run(call))
    }

    /// As [`crate::Client::wait_for_workers`].
    pub fn wait_for_workers(&self, workers: u32) -> Request<WaitForWorkers> {
        self.request(self.client.wait_for_workers(workers))
    }

    /// As [`crate::Client::retire_workers`].
    pub fn retire_workers<W: Into<String>>(
        &self,
        workers: impl IntoIterator<Item = W>,
    ) -> Request<RetireWorkers> {
        self.request(self.client.retire_workers(workers))
    }

    /// As [`crate::Client::restart_workers`].
    pub fn restart_workers(&self) -> Request<RestartWorkers> {
        self.request(self.client.restart_workers())
    }

    /// As [`crate::Client::shutdown`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn shutdown(&self) -> Result<()> {
        self.runtime.block_on(self.client.shutdown())?
    }
}
