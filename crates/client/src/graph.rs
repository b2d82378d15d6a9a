//! Graphs.

use crate::{Result, TaskFuture};
use std::future::{IntoFuture, Ready};
use std::marker::PhantomData;
use taskloom_task::{Node, TaskCall, TaskValue};

/// A graph of tasks to be submitted as one.
#[derive(Default)]
pub struct Graph(());

impl Graph {
    /// A graph without tasks.
    pub fn new() -> Self {
        todo!()
    }

    /// Adds a task.
    pub fn add<T: TaskValue>(&mut self, _call: TaskCall<T>) -> Node<T> {
        todo!()
    }

    /// A task that is added later, under this key.
    pub fn reference<T: TaskValue>(&mut self, _key: impl Into<String>) -> Node<T> {
        todo!()
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        todo!()
    }
}

/// Nodes whose results are wanted: one, a tuple, an array or a vector.
pub trait GraphOutputs {
    /// Their futures, in the same shape.
    type Futures;
}

impl<T: TaskValue> GraphOutputs for Node<T> {
    type Futures = TaskFuture<T>;
}

impl<O: GraphOutputs> GraphOutputs for Vec<O> {
    type Futures = Vec<O::Futures>;
}

/// A graph on its way: await it (it waits for room), or call `now`.
pub struct SubmitGraph<O>(PhantomData<O>);

impl<O: GraphOutputs> SubmitGraph<O> {
    /// Submits without waiting.
    ///
    /// # Errors
    /// If the graph is not valid.
    pub fn now(self) -> Result<O::Futures> {
        todo!()
    }
}

impl<O: GraphOutputs> IntoFuture for SubmitGraph<O> {
    type Output = Result<O::Futures>;
    type IntoFuture = Ready<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        todo!()
    }
}
