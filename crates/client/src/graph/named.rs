//! Outputs of a graph that have names.

use super::outputs::{GraphOutputs, Output};
use crate::Error;
use std::any::type_name;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use taskloom_task::{FutureHandle, Node, TaskFuture, TaskValue};

/// Outputs of a graph, of whatever types, each with a name of its own. Submitting the graph with
/// them gives [`NamedFutures`]. For outputs of one type, a map from names to nodes does as well.
///
/// ```no_run
/// # use taskloom_client::{Client, Graph, NamedOutputs};
/// # use taskloom_task::TaskCall;
/// # async fn example(client: Client, load: TaskCall<Vec<f64>>, fit: TaskCall<f64>) -> taskloom_client::Result<()> {
/// let mut graph = Graph::new();
/// let table = graph.add(load);
/// let model = graph.add(fit);
/// let outputs = NamedOutputs::new().with("table", &table).with("model", &model);
/// let futures = client.submit_graph(graph, outputs).await?;
/// println!("{}", futures.get::<f64>("model")?.await?);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct NamedOutputs {
    outputs: BTreeMap<String, (Output, &'static str)>,
}

impl NamedOutputs {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an output under a name, or replaces the one that has it.
    pub fn with<T: TaskValue>(mut self, name: impl Into<String>, node: &Node<T>) -> Self {
        let output = Output::of(node);
        self.outputs.insert(name.into(), (output, type_name::<T>()));
        self
    }
}

/// The futures of a graph's outputs by name: what submitting [`NamedOutputs`] gives.
#[derive(Clone)]
pub struct NamedFutures {
    futures: BTreeMap<String, (Arc<dyn FutureHandle>, &'static str)>,
}

impl NamedFutures {
    /// The future of an output. The handles in here keep the results alive too.
    ///
    /// # Errors
    /// If no output has this name, or it is of another type.
    pub fn get<T: TaskValue>(&self, name: &str) -> Result<TaskFuture<T>, Error> {
        let Some((handle, kind)) = self.futures.get(name) else {
            let names: Vec<&str> = self.names().collect();
            return Err(Error::Graph(format!(
                "it has no output named {name:?}; there are: {}",
                names.join(", ")
            )));
        };
        if *kind != type_name::<T>() {
            return Err(Error::Graph(format!(
                "its output {name:?} is of the type {kind}, not {}",
                type_name::<T>()
            )));
        }
        Ok(TaskFuture::new(handle.clone()))
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.futures.keys().map(String::as_str)
    }
}

impl fmt::Debug for NamedFutures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let futures = self.futures.iter();
        f.debug_map()
            .entries(futures.map(|(name, (handle, _))| (name, handle.key())))
            .finish()
    }
}

impl GraphOutputs for NamedOutputs {
    type Futures = NamedFutures;

    fn outputs(&self, outputs: &mut Vec<Output>) {
        outputs.extend(self.outputs.values().map(|(output, _)| output.clone()));
    }

    fn futures(&self, handles: &mut dyn Iterator<Item = Arc<dyn FutureHandle>>) -> NamedFutures {
        let names = self.outputs.iter();
        let futures = names
            .zip(handles)
            .map(|((name, (_, kind)), handle)| (name.clone(), (handle, *kind)));
        NamedFutures {
            futures: futures.collect(),
        }
    }
}

impl<K: Ord + Clone + Send, O: GraphOutputs> GraphOutputs for BTreeMap<K, O> {
    type Futures = BTreeMap<K, O::Futures>;

    fn outputs(&self, outputs: &mut Vec<Output>) {
        self.values().for_each(|output| output.outputs(outputs));
    }

    fn futures(&self, handles: &mut dyn Iterator<Item = Arc<dyn FutureHandle>>) -> Self::Futures {
        let outputs = self.iter();
        outputs
            .map(|(name, output)| (name.clone(), output.futures(handles)))
            .collect()
    }
}

impl<K, O, S> GraphOutputs for HashMap<K, O, S>
where
    K: Eq + Hash + Clone + Send,
    O: GraphOutputs,
    S: BuildHasher + Clone + Send,
{
    type Futures = HashMap<K, O::Futures, S>;

    fn outputs(&self, outputs: &mut Vec<Output>) {
        self.values().for_each(|output| output.outputs(outputs));
    }

    fn futures(&self, handles: &mut dyn Iterator<Item = Arc<dyn FutureHandle>>) -> Self::Futures {
        // The map is not changed in between, so it walks in the order in which it named them.
        let mut futures = HashMap::with_capacity_and_hasher(self.len(), self.hasher().clone());
        for (name, output) in self {
            futures.insert(name.clone(), output.futures(handles));
        }
        futures
    }
}
