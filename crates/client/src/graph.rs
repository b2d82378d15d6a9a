//! Graphs: many tasks with names of their own, submitted as one.

mod content;
mod named;
mod outputs;
mod plan;
mod submit;

pub use named::{NamedFutures, NamedOutputs};
pub use outputs::{GraphOutputs, Output};
pub use submit::{SubmitGraph, Submitting};

use crate::Error;
use content::{Columns, Content, GraphNeed};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use taskloom_core::Key;
use taskloom_core::arguments::Part;
use taskloom_task::{CallParts, Dependency, FutureHandle, Node, NodeRef, TaskCall, TaskValue};

/// A graph of tasks that is submitted as one: `client.submit_graph(graph, outputs).await`.
///
/// [`Graph::add`] gives a [`Node`], which stands for the task's result in the arguments of further
/// tasks. Tasks may be added in any order: [`Graph::node`] is the node of a task that is added
/// later, under a key of its own. Only tasks that the outputs need are submitted, in an order that
/// keeps few results alive.
///
/// What is wrong with a graph (a key twice with different content, a task that was never added, a
/// cycle) is told when it is submitted.
#[derive(Default)]
pub struct Graph {
    number: Option<u64>,
    tasks: Vec<GraphTask>,
    columns: Columns,
    /// The places of the tasks, found by their keys.
    places: HashTable<u32>,
    futures: Futures,
    /// The first thing that is wrong.
    error: Option<Error>,
}

/// A task of the graph, or the place of one that is not added yet.
struct GraphTask {
    node: NodeRef,
    content: Option<Content>,
}

impl GraphTask {
    fn key(&self) -> &Key {
        self.node.key()
    }
}

/// Futures of the client that tasks need.
#[derive(Default)]
struct Futures {
    handles: Vec<Arc<dyn FutureHandle>>,
    places: FxHashMap<(u64, u64), u32>,
}

impl Futures {
    /// What a task of a graph needs, if its result can be had there.
    fn need(&mut self, graph: u64, key: &Key, need: &Dependency) -> Result<GraphNeed, Error> {
        match need {
            Dependency::Future(handle) => {
                let identity = (handle.session(), handle.ticket().0);
                let next = self.handles.len() as u32;
                let place = *self.places.entry(identity).or_insert(next);
                if place == next {
                    self.handles.push(handle.clone());
                }
                Ok(GraphNeed::Future(place))
            }
            Dependency::Node(node) if node.index() == NOWHERE => Err(Error::Graph(format!(
                "{key} needs a task that could not be added"
            ))),
            Dependency::Node(node) if node.graph() == graph => Ok(GraphNeed::Task(node.index())),
            other => Err(Error::Graph(format!(
                "{key} needs {}, which belongs to another graph: add both to one graph, or submit \
                 that one and give its future",
                other.key()
            ))),
        }
    }
}

fn hash(key: &Key) -> u64 {
    FxBuildHasher.hash_one(key.as_bytes())
}

/// The place that nodes of calls which are not valid have.
const NOWHERE: u32 = u32::MAX;

impl Graph {
    /// A graph without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// A graph without tasks, with room for so many.
    pub fn with_capacity(tasks: usize) -> Self {
        Self {
            tasks: Vec::with_capacity(tasks),
            places: HashTable::with_capacity(tasks),
            ..Self::default()
        }
    }

    /// How many tasks there are, counting those that are only named yet.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Adds a task and gives its node. The same call twice is one task.
    pub fn add<T: TaskValue>(&mut self, call: TaskCall<T>) -> Node<T> {
        let added = call.into_parts().and_then(|parts| self.add_parts(parts));
        self.node_at(added)
    }

    /// The node of a task that is added before or after, with `.key(key)`. Whoever names it answers
    /// for the type of its result.
    pub fn node<T: TaskValue>(&mut self, key: impl Into<String>) -> Node<T> {
        let key = Key::new(key).map_err(|error| Error::Graph(error.to_string()));
        let place = key.map(|key| self.place_of(key));
        self.node_at(place)
    }

    /// The node of a task at a place, or one that stands for what is wrong.
    fn node_at<T>(&mut self, place: Result<u32, Error>) -> Node<T> {
        match place {
            Ok(place) => Node::of(self.tasks[place as usize].node.clone()),
            Err(error) => {
                self.error.get_or_insert(error);
                Node::new(self.number(), NOWHERE, crate::futures::unnamed())
            }
        }
    }

    /// A number that no other graph of this process has.
    fn number(&mut self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        *self
            .number
            .get_or_insert_with(|| NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn place_of(&mut self, key: Key) -> u32 {
        let graph = self.number();
        let tasks = &mut self.tasks;
        let entry = self.places.entry(
            hash(&key),
            |&place| *tasks[place as usize].key() == key,
            |&place| hash(tasks[place as usize].key()),
        );
        match entry {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(vacant) => {
                let place = tasks.len() as u32;
                vacant.insert(place);
                tasks.push(GraphTask {
                    node: NodeRef::new(graph, place, key),
                    content: None,
                });
                place
            }
        }
    }

    fn add_parts(&mut self, mut parts: CallParts) -> Result<u32, Error> {
        crate::submit::warn_if_large(&parts);
        let graph = self.number();
        let options = parts.options.take();
        let futures = &mut self.futures;
        let need = |dependency: &Dependency| futures.need(graph, &parts.key, dependency);
        let content = self.columns.add(&parts, options, need)?;
        let place = self.place_of(parts.key);
        match &self.tasks[place as usize].content {
            None => self.tasks[place as usize].content = Some(content),
            Some(known) if self.is_same(known, &content) => self.columns.take_back(&content),
            Some(known) => {
                return Err(Error::Graph(format!(
                    "the key {} is given twice with different content: a call of {} and a call of {}",
                    self.tasks[place as usize].key(),
                    known.definition.operation(),
                    content.definition.operation(),
                )));
            }
        }
        Ok(place)
    }

    /// Whether two contents are the same. Equal values that were sent twice have two futures of one
    /// key, and either will do.
    fn is_same(&self, known: &Content, other: &Content) -> bool {
        let future = |place: u32| self.futures.handles.get(place as usize);
        let same_need = |(a, b): (&GraphNeed, &GraphNeed)| match (a, b) {
            (GraphNeed::Future(a), GraphNeed::Future(b)) if a != b => {
                let pair = future(*a).zip(future(*b));
                pair.is_some_and(|(a, b)| a.session() == b.session() && a.key() == b.key())
            }
            (a, b) => a == b,
        };
        let needs = (self.columns.needs(known), self.columns.needs(other));
        known.definition.operation() == other.definition.operation()
            && self.columns.arguments(known) == self.columns.arguments(other)
            && known.options == other.options
            && needs.0.len() == needs.1.len()
            && needs.0.iter().zip(needs.1).all(same_need)
    }

    /// The place of an output.
    fn output(&self, output: &Output) -> Result<u32, Error> {
        if output.part != Part::WHOLE {
            return Err(Error::Graph(format!(
                "an element of {} cannot be an output: take the task itself, and the element of its \
                 future",
                output.task.key()
            )));
        }
        let place = output.task.index();
        if Some(output.task.graph()) != self.number || place as usize >= self.tasks.len() {
            return Err(Error::Graph(format!(
                "the output {} belongs to another graph",
                output.task.key()
            )));
        }
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use std::task::{Context, Poll};
    use taskloom_core::Ticket;
    use taskloom_task::{Status, TaskFuture, Value, task};

    #[task(crate = taskloom_task)]
    fn successor(number: i64) -> i64 {
        number + 1
    }

    /// The future of a value that was sent: `ticket` is that of the sending.
    struct Sent {
        session: u64,
        ticket: u64,
        key: &'static str,
    }

    impl FutureHandle for Sent {
        fn session(&self) -> u64 {
            self.session
        }

        fn ticket(&self) -> Ticket {
            Ticket(self.ticket)
        }

        fn key(&self) -> Key {
            Key::new(self.key).unwrap()
        }

        fn status(&self) -> Status {
            Status::Finished
        }

        fn error(&self) -> Option<Error> {
            None
        }

        fn poll_value(&self, _: &mut Context<'_>) -> Poll<Result<Value, Error>> {
            Poll::Ready(Ok(Value::live(1_i64)))
        }

        fn poll_done(&self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }

        fn cancel(&self) {}
    }

    fn sent(session: u64, ticket: u64, key: &'static str) -> TaskFuture<i64> {
        TaskFuture::new(Arc::new(Sent {
            session,
            ticket,
            key,
        }))
    }

    /// A graph with the same call of each of these futures, under one key.
    fn graph_of(futures: &[TaskFuture<i64>]) -> Graph {
        let mut graph = Graph::new();
        for future in futures {
            graph.add(successor::task(future).key("next"));
        }
        graph
    }

    #[test]
    fn two_futures_of_one_key_are_one_need() {
        let graph = graph_of(&[sent(1, 1, "value-a"), sent(1, 2, "value-a")]);
        assert!(graph.error.is_none());
        assert_eq!(graph.len(), 1);
        // Without a name of its own, the call is named by what it is given, which is the same.
        let mut graph = Graph::new();
        for ticket in [1, 2] {
            graph.add(successor::task(sent(1, ticket, "value-a")));
        }
        assert!(graph.error.is_none());
        assert_eq!(graph.len(), 1);
    }

    #[test]
    fn futures_of_other_keys_or_sessions_are_other_needs() {
        for other in [sent(1, 2, "value-b"), sent(2, 2, "value-a")] {
            let graph = graph_of(&[sent(1, 1, "value-a"), other]);
            let error = graph.error.expect("an error").to_string();
            assert!(error.contains("twice with different content"), "{error}");
        }
    }
}
