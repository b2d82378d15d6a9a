//! The client for programs without async: it has a runtime thread of its own.

use crate::{Graph, GraphOutputs, Identity, Result, TaskFuture};
use taskloom_task::{TaskCall, TaskValue};

/// A session with a scheduler.
#[derive(Clone)]
pub struct Client(());

impl Client {
    /// As [`crate::Client::connect`].
    ///
    /// # Errors
    /// If no scheduler takes this client in within 30 s.
    pub fn connect(_address: impl Into<String>) -> Result<Self> {
        todo!()
    }

    /// As [`crate::Client::submit`].
    pub fn submit<T: TaskValue>(&self, _call: TaskCall<T>) -> TaskFuture<T> {
        todo!()
    }

    /// As [`crate::Client::map`]; waits for room.
    ///
    /// # Errors
    /// If the session ends.
    pub fn map<I, F, T>(&self, _items: I, _call: F) -> Result<Vec<TaskFuture<T>>>
    where
        I: IntoIterator,
        F: FnMut(I::Item) -> TaskCall<T>,
        T: TaskValue,
    {
        todo!()
    }

    /// As [`crate::Client::submit_graph`]; waits for room.
    ///
    /// # Errors
    /// If the graph is not valid or the session ends.
    pub fn submit_graph<O: GraphOutputs>(&self, _graph: Graph, _outputs: O) -> Result<O::Futures> {
        todo!()
    }

    /// As [`crate::Client::gather`].
    ///
    /// # Errors
    /// The first error among the futures.
    pub fn gather<T: TaskValue>(&self, _futures: &[TaskFuture<T>]) -> Result<Vec<T>> {
        todo!()
    }

    /// As [`crate::Client::identity`].
    ///
    /// # Errors
    /// If the scheduler does not answer.
    pub fn identity(&self) -> Result<Identity> {
        todo!()
    }

    /// The async client inside.
    pub fn as_async(&self) -> &crate::Client {
        todo!()
    }
}
