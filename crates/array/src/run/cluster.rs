//! Running an expression on a cluster.

use crate::array::Array;
use crate::error::{ArrayError, Result};
use crate::layer::{Leaf, UserCall};
use crate::lower::{Input, Plan, Target};
use crate::operation;
use crate::source::assemble;
use ndarray::ArrayD;
use taskloom_client::{Client, Graph};
use taskloom_core::ClientId;
use taskloom_kernels::{Block, Element, Program};
use taskloom_task::{Arguments, Bytes, IntoArg, Node, TaskCall, TaskFuture};

/// What stands for a block while a graph is made.
#[derive(Clone)]
enum Handle {
    /// It is on the cluster already.
    Future(TaskFuture<Block>),
    /// A task that makes one block.
    One(Node<Block>),
    /// A task that makes several.
    Several(Node<Vec<Block>>),
}

/// Makes tasks of a client's graph.
struct Tasks {
    graph: Graph,
    client: ClientId,
    /// Where programs are encoded.
    encoded: Vec<u8>,
}

fn add(input: &Input<Handle>, arguments: &mut Arguments) -> Result<()> {
    match (&input.handle, input.output) {
        (Handle::Future(future), None) => future.into_arg(arguments),
        (Handle::One(node), None) => node.into_arg(arguments),
        (Handle::Several(node), Some(output)) => {
            node.element(output as usize).into_arg(arguments);
        }
        _ => return Err(no_output()),
    }
    Ok(())
}

fn no_output() -> ArrayError {
    ArrayError::value(
        "a graph",
        "a task has another number of outputs than was planned",
    )
}

impl Target for Tasks {
    type Handle = Handle;

    fn leaf(&mut self, leaf: &Leaf, block: usize) -> Result<Handle> {
        let future = match leaf {
            Leaf::Futures(futures) => futures.get(block).cloned(),
            Leaf::Local(blocks) => blocks.sent(self.client, block),
        };
        let lost = || ArrayError::value("a graph", "a block was not sent");
        Ok(Handle::Future(future.ok_or_else(lost)?))
    }

    fn program(
        &mut self,
        program: &Program,
        inputs: &[Input<Handle>],
        outputs: u32,
    ) -> Result<Handle> {
        let mut arguments = Arguments::default();
        program.encode_into(&mut self.encoded)?;
        arguments.value(Bytes::copy_from_slice(&self.encoded));
        for input in inputs {
            add(input, &mut arguments)?;
        }
        let definition = operation::of(program);
        Ok(match outputs {
            1 => Handle::One(self.graph.add(TaskCall::new(definition, arguments))),
            _ => Handle::Several(self.graph.add(TaskCall::new(definition, arguments))),
        })
    }

    fn user(&mut self, call: &UserCall, inputs: &[Input<Handle>]) -> Result<Handle> {
        let mut nodes = Vec::with_capacity(inputs.len());
        for input in inputs {
            nodes.push(match (&input.handle, input.output) {
                (Handle::One(node), None) => node.clone(),
                (Handle::Several(node), Some(output)) => node.element(output as usize),
                // A user's call takes nodes; a block that is there goes through a task without steps.
                (Handle::Future(_), None) => {
                    match self.program(&Program::default(), std::slice::from_ref(input), 1)? {
                        Handle::One(node) => node,
                        _ => return Err(no_output()),
                    }
                }
                _ => return Err(no_output()),
            });
        }
        Ok(match call {
            UserCall::One(call) => Handle::One(self.graph.add(call(&nodes))),
            UserCall::Several(call) => Handle::Several(self.graph.add(call(&nodes))),
        })
    }
}

impl Array {
    fn client_or_error(&self) -> Result<&Client> {
        self.good()?
            .client()
            .ok_or_else(|| ArrayError::NoClient { array: self.name() })
    }

    /// Submits the tasks of all blocks, and gives their futures in the order of their places.
    ///
    /// # Errors
    /// If the array is in the failed state, belongs to no client, or the client cannot submit.
    pub async fn futures(&self) -> Result<Vec<TaskFuture<Block>>> {
        let client = self.client_or_error()?;
        let plan = Plan::new(&[self.node()])?;
        send(client, &plan).await?;
        let mut tasks = Tasks {
            graph: Graph::with_capacity(plan.tasks()),
            client: client.id(),
            encoded: Vec::new(),
        };
        let handles = plan.emit(&mut tasks)?;
        let mut nodes = Vec::new();
        for handle in &handles {
            match handle {
                Handle::One(node) => nodes.push(node.clone()),
                Handle::Future(_) => {}
                Handle::Several(_) => return Err(no_output()),
            }
        }
        let submitted = match nodes.is_empty() {
            true => Vec::new(),
            false => client.submit_graph(tasks.graph, nodes).await?,
        };
        let mut submitted = submitted.into_iter();
        let futures = handles.into_iter().map(|handle| match handle {
            Handle::Future(future) => Ok(future),
            _ => submitted.next().ok_or_else(no_output),
        });
        futures.collect()
    }

    /// Has all blocks computed on the cluster and kept there: the result is an array of them, which
    /// further operations start from. It returns when the tasks are submitted, and does not wait for
    /// them; the blocks stay in the workers' memory while the result, or an array made of it, lives.
    ///
    /// # Errors
    /// As [`Array::futures`]. A task that fails is told by whatever uses its block.
    pub async fn persist(&self) -> Result<Self> {
        let client = self.client_or_error()?.clone();
        let futures = self.futures().await?;
        let axes = self.axes().iter().cloned().collect();
        Ok(Self::on_cluster(
            "persisted",
            &client,
            futures,
            self.dtype(),
            axes,
        ))
    }

    /// Waits until all blocks of a persisted array are there.
    ///
    /// # Errors
    /// As [`Array::futures`], and the first task that failed.
    pub async fn wait(&self) -> Result<()> {
        let client = self.client_or_error()?;
        let futures = self.futures().await?;
        client.wait(&futures).await?;
        for future in &futures {
            if let Some(error) = future.exception() {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Computes the array on the cluster and brings it here as one block of its dtype.
    ///
    /// # Errors
    /// As [`Array::futures`], and the first task that failed.
    pub async fn compute(&self) -> Result<Block> {
        let blocks = self.compute_blocks().await?;
        assemble(
            self.node().layer().name(),
            blocks,
            &self.numblocks(),
            self.dtype(),
        )
    }

    /// Computes the array on the cluster and brings its blocks here, in the order of their places.
    ///
    /// # Errors
    /// As [`Array::compute`].
    pub async fn compute_blocks(&self) -> Result<Vec<Block>> {
        let client = self.client_or_error()?;
        let futures = self.futures().await?;
        let blocks = client.gather(&futures).await?;
        self.check_blocks(&blocks)?;
        Ok(blocks)
    }

    /// Computes the array on the cluster and brings it here as an `ndarray`.
    ///
    /// # Errors
    /// As [`Array::compute`], and if `T` is not the Rust type of the dtype.
    pub async fn to_local<T: Element>(&self) -> Result<ArrayD<T>> {
        self.is_of::<T>("to_local")?;
        Ok(self.compute().await?.into_array()?)
    }

    /// Computes an array of one element and brings that here.
    ///
    /// # Errors
    /// As [`Array::to_local`], and if there is not exactly one element.
    pub async fn item<T: Element>(&self) -> Result<T> {
        self.is_of::<T>("item")?;
        if let Some(size) = self.size().filter(|&size| size != 1) {
            let reason = format!("{} has {size} elements, not one", self.name());
            return Err(ArrayError::value("item", reason));
        }
        Ok(self.compute().await?.item()?)
    }

    /// That the elements are of this Rust type.
    pub(crate) fn is_of<T: Element>(&self, operation: &str) -> Result<()> {
        if self.good()?.dtype() == T::DTYPE {
            return Ok(());
        }
        Err(ArrayError::DType {
            operation: format!("{operation}::<{}>", std::any::type_name::<T>()),
            dtype: self.dtype(),
            reason: format!(
                ": the array {} is of it; `astype` changes that",
                self.name()
            ),
        })
    }
}

/// Sends the blocks that are here and that tasks need.
async fn send(client: &Client, plan: &Plan) -> Result<()> {
    let local = plan.local_blocks();
    let missing = local
        .iter()
        .filter(|(blocks, at)| blocks.sent(client.id(), *at).is_none());
    let missing: Vec<_> = missing.collect();
    let values = missing
        .iter()
        .filter_map(|(blocks, at)| blocks.block(*at).cloned());
    let values: Vec<Block> = values.collect();
    if values.len() != missing.len() {
        return Err(ArrayError::value(
            "a graph",
            "a block that is to be sent is missing",
        ));
    }
    if values.is_empty() {
        return Ok(());
    }
    let futures = client.scatter_all(values).await?;
    for ((blocks, at), future) in missing.into_iter().zip(futures) {
        blocks.keep(client.id(), *at, future);
    }
    Ok(())
}
