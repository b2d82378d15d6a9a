//! The client.

use crate::{
    ClientBuilder, Graph, GraphOutputs, Identity, Map, Notices, Result, Scatter, ScatterAll,
    SubmitGraph, TaskFuture,
};
use std::any::Any;
use std::sync::Arc;
use taskloom_task::{TaskCall, TaskValue};

/// A session with a scheduler. Cheap to clone; the session ends when the last clone is dropped.
#[derive(Clone)]
pub struct Client(());

impl Client {
    /// Connects to the scheduler at `address` (`host:port`, with or without `tcp://`). An empty
    /// address stands for the one in `TASKLOOM_SCHEDULER`.
    ///
    /// # Errors
    /// If no scheduler takes this client in within 30 s.
    pub async fn connect(_address: impl Into<String>) -> Result<Self> {
        todo!()
    }

    /// Connects to the scheduler that `TASKLOOM_SCHEDULER` names.
    ///
    /// # Errors
    /// If the variable is not set, or no scheduler takes this client in within 30 s.
    pub async fn connect_default() -> Result<Self> {
        todo!()
    }

    /// A connection with settings: `Client::builder(address).timeout(..).connect().await`.
    pub fn builder(_address: impl Into<String>) -> ClientBuilder {
        todo!()
    }

    /// Submits a task.
    pub fn submit<T: TaskValue>(&self, _call: TaskCall<T>) -> TaskFuture<T> {
        todo!()
    }

    /// Submits a task for each item.
    pub fn map<I, F, T>(&self, _items: I, _call: F) -> Map<I::IntoIter, F>
    where
        I: IntoIterator,
        F: FnMut(I::Item) -> TaskCall<T>,
        T: TaskValue,
    {
        todo!()
    }

    /// Submits a graph.
    pub fn submit_graph<O: GraphOutputs>(&self, _graph: Graph, _outputs: O) -> SubmitGraph<O> {
        todo!()
    }

    /// The results of many futures.
    ///
    /// # Errors
    /// The first error among them.
    pub async fn gather<T: TaskValue>(&self, _futures: &[TaskFuture<T>]) -> Result<Vec<T>> {
        todo!()
    }

    /// Waits until all have ended.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn wait<T>(&self, _futures: &[TaskFuture<T>]) -> Result<()> {
        todo!()
    }

    /// Places a value on workers.
    pub fn scatter<T: TaskValue>(&self, _value: T) -> Scatter<T> {
        todo!()
    }

    /// Places each value on workers.
    pub fn scatter_all<T: TaskValue>(&self, _values: Vec<T>) -> ScatterAll<T> {
        todo!()
    }

    /// Waits for room in the outbox.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn ready(&self) -> Result<()> {
        todo!()
    }

    /// Who is there.
    ///
    /// # Errors
    /// If the scheduler does not answer.
    pub async fn identity(&self) -> Result<Identity> {
        todo!()
    }

    /// What the scheduler has to say.
    pub fn notices(&self) -> Notices {
        todo!()
    }

    /// The scheduler's address, as `host:port`.
    pub fn address(&self) -> String {
        todo!()
    }

    /// Keeps `guard` alive as long as this session (an embedded cluster).
    pub fn keep(&self, _guard: Arc<dyn Any + Send + Sync>) {
        todo!()
    }

    /// Ends the session.
    pub async fn close(&self) {
        todo!()
    }
}
