//! Handles of tasks inside a graph that is being built.

use crate::future::part_of;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use taskloom_core::Key;
use taskloom_core::arguments::Part;

/// Which task of which graph.
#[derive(Debug)]
struct NodeId {
    graph: u64,
    index: u32,
    key: Key,
}

/// A task of a graph that is being built, as a dependency names it.
#[derive(Clone)]
pub struct NodeRef(Arc<NodeId>);

impl NodeRef {
    /// The task of a key; called by the builder of graphs. `graph` is a number that no other graph
    /// of this process has, `index` is the place of the task in it.
    pub fn new(graph: u64, index: u32, key: Key) -> Self {
        Self(Arc::new(NodeId { graph, index, key }))
    }

    /// The number of the graph.
    pub fn graph(&self) -> u64 {
        self.0.graph
    }

    /// The place of the task in its graph.
    pub fn index(&self) -> u32 {
        self.0.index
    }

    /// The key of the task.
    pub fn key(&self) -> &Key {
        &self.0.key
    }
}

impl fmt::Debug for NodeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeRef({})", self.key())
    }
}

/// A task that was added to a graph: give it (or a reference to it) where its result is wanted as
/// an argument of a further task of the same graph.
pub struct Node<T> {
    pub(crate) task: NodeRef,
    pub(crate) part: Part,
    marker: PhantomData<fn() -> T>,
}

impl<T> Node<T> {
    /// The node of a task; called by the builder of graphs. `graph` is a number that no other graph
    /// of this process has, `index` is the place of the task in it.
    pub fn new(graph: u64, index: u32, key: Key) -> Self {
        Self::of(NodeRef::new(graph, index, key))
    }

    /// The node of a task that is referred to already. Whoever makes it answers for the type.
    pub fn of(task: NodeRef) -> Self {
        Self {
            task,
            part: Part::WHOLE,
            marker: PhantomData,
        }
    }

    /// The task, whatever the type and the part of its result.
    pub fn task(&self) -> &NodeRef {
        &self.task
    }

    /// The number of the graph.
    pub fn graph(&self) -> u64 {
        self.task.graph()
    }

    /// The place of the task in its graph.
    pub fn index(&self) -> u32 {
        self.task.index()
    }

    /// The key of the task.
    pub fn key(&self) -> &Key {
        self.task.key()
    }

    /// Which part of the result this stands for, [`Part::WHOLE`] unless it came from
    /// [`Node::element`] or [`Node::split`].
    pub fn part(&self) -> Part {
        self.part
    }

    pub(crate) fn narrowed<U>(&self, index: usize) -> Node<U> {
        Node {
            task: self.task.clone(),
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
            task: self.task.clone(),
            part: self.part,
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Node<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.task.key())
    }
}
