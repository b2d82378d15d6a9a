//! The results of many futures.

use crate::session::Session;
use crate::{Result, TaskFuture};
use std::sync::Arc;
use taskloom_core::Ticket;
use taskloom_task::TaskValue;

impl Session {
    /// The results in the order of the futures. All are asked for before the first is waited for,
    /// so results that do not come with their notices are located and fetched together.
    pub(crate) async fn gather<T: TaskValue>(
        self: &Arc<Self>,
        futures: &[TaskFuture<T>],
    ) -> Result<Vec<T>> {
        self.demand_all(self.tickets(futures));
        let mut results = Vec::with_capacity(futures.len());
        for future in futures {
            results.push(future.await?);
        }
        Ok(results)
    }

    /// Waits until all have ended, well or badly.
    pub(crate) async fn wait<T>(self: &Arc<Self>, futures: &[TaskFuture<T>]) -> Result<()> {
        for future in futures {
            future.done().await;
        }
        // A session that ends while tasks are under way ends the waiting too.
        let unfinished = futures.iter().find(|future| {
            future.handle().session() == self.number()
                && matches!(future.exception(), Some(crate::Error::Closed(_)))
        });
        match unfinished.and_then(TaskFuture::exception) {
            Some(closed) => Err(closed),
            None => Ok(()),
        }
    }

    /// The tickets of those futures that belong to this session.
    fn tickets<T>(&self, futures: &[TaskFuture<T>]) -> impl Iterator<Item = Ticket> {
        let number = self.number();
        let own = futures
            .iter()
            .filter(move |future| future.handle().session() == number);
        own.map(|future| future.handle().ticket())
    }
}
