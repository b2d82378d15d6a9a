//! The results of many futures.

use crate::session::Session;
use crate::{Client, Error, Result, TaskFuture};
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use taskloom_core::Ticket;
use taskloom_task::TaskValue;

/// Fetching the results of many futures: from [`Client::gather`]. Awaiting gives all of them, in
/// order, or the first error.
#[must_use = "nothing is fetched before `.await`"]
pub struct Gather<'a, T> {
    session: &'a Arc<Session>,
    futures: &'a [TaskFuture<T>],
}

/// Fetching the results of those of many futures that end well: from [`Gather::skip_errors`].
#[must_use = "nothing is fetched before `.await`"]
pub struct GatherGood<'a, T>(Gather<'a, T>);

impl Client {
    /// The results of many futures, in order. Those that did not come with their notices are fetched
    /// together, from the workers that hold them.
    ///
    /// ```no_run
    /// # use taskloom_client::{Client, TaskFuture};
    /// # async fn example(client: Client, futures: Vec<TaskFuture<i64>>) -> taskloom_client::Result<()> {
    /// let all: Vec<i64> = client.gather(&futures).await?;
    /// let good: Vec<i64> = client.gather(&futures).skip_errors().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The error of the first future, in order, that has one.
    pub fn gather<'a, T: TaskValue>(&'a self, futures: &'a [TaskFuture<T>]) -> Gather<'a, T> {
        Gather {
            session: self.session(),
            futures,
        }
    }
}

impl<'a, T: TaskValue> Gather<'a, T> {
    /// Leaves out the results of tasks that ended badly, instead of failing with them. The end of
    /// the session is still an error.
    pub fn skip_errors(self) -> GatherGood<'a, T> {
        GatherGood(self)
    }

    /// All are asked for before the first is waited for, so results that do not come with their
    /// notices are located and fetched together.
    fn demand(&self) {
        let number = self.session.number();
        let own = self
            .futures
            .iter()
            .filter(|future| future.handle().session() == number);
        let tickets: Vec<Ticket> = own.map(|future| future.handle().ticket()).collect();
        self.session.demand_all(tickets.into_iter());
    }

    async fn all(self) -> Result<Vec<T>> {
        self.demand();
        let mut results = Vec::with_capacity(self.futures.len());
        for future in self.futures {
            results.push(future.await?);
        }
        Ok(results)
    }

    async fn good(self) -> Result<Vec<T>> {
        self.demand();
        let mut results = Vec::with_capacity(self.futures.len());
        for future in self.futures {
            match future.await {
                Ok(result) => results.push(result),
                Err(closed @ Error::Closed(_)) => return Err(closed),
                Err(_) => {}
            }
        }
        Ok(results)
    }
}

impl<'a, T: TaskValue> IntoFuture for Gather<'a, T> {
    type Output = Result<Vec<T>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.all())
    }
}

impl<'a, T: TaskValue> IntoFuture for GatherGood<'a, T> {
    type Output = Result<Vec<T>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.good())
    }
}
