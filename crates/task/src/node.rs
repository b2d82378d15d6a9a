//! Handles of tasks inside a graph that is being built.

use crate::future::part_of;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use taskloom_core::Key;
use taskloom_core::arguments::Part;

/// Which task of which graph.
#[derive(Debug)]
pub(crate) struct NodeId {
    pub(crate) graph: u64,
    pub(crate) index: u32,
    pub(crate) key: Key,
}

/// A task that was added to a graph: give it (or a reference to it) where its result is wanted as
/// an argument of a further task of the same graph.
pub struct Node<T> {
    pub(crate) id: Arc<NodeId>,
    pub(crate) part: Part,
    marker: PhantomData<fn() -> T>,
}

impl<T> Node<T> {
    /// The node of a task; called by the builder of graphs. `graph` is a number that no other graph
    /// of this process has, `index` is the place of the task in it.
    pub fn new(graph: u64, index: u32, key: Key) -> Self {
        Self {
            id: Arc::new(NodeId { graph, index, key }),
            part: Part::WHOLE,
            marker: PhantomData,
        }
    }

    /// The number of the graph.
    pub fn graph(&self) -> u64 {
        self.id.graph
    }

    /// The place of the task in its graph.
    pub fn index(&self) -> u32 {
        self.id.index
    }

    /// The key of the task.
    pub fn key(&self) -> &Key {
        &self.id.key
    }

    /// Which part of the result this stands for, [`Part::WHOLE`] unless it came from
    /// [`Node::element`] or [`Node::split`].
    pub fn part(&self) -> Part {
        self.part
    }

    pub(crate) fn narrowed<U>(&self, index: usize) -> Node<U> {
        Node {
            id: self.id.clone(),
            part: part_of(index),
            marker: PhantomData,
        }
    }
}

impl<U> Node<Vec<U>> {
    /// One element of the result, without the others.
    pub fn element(&self, index: usize) -> Node<U> {
        self.narrowed(index)
    }
}

impl<T> Clone for Node<T> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            part: self.part,
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Node<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.id.key)
    }
}
