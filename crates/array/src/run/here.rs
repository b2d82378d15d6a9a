//! Running an expression in this thread.

use crate::array::Array;
use crate::error::{ArrayError, Result};
use crate::layer::{Leaf, UserCall};
use crate::lower::{Input, Plan, Target};
use crate::source::assemble;
use ndarray::ArrayD;
use taskloom_core::{Key, RunId};
use taskloom_kernels::{Block, Element, Program};
use taskloom_task::{Dependency, Node, TaskContext, Value, WorkerScope, assemble as arguments_of};

/// Runs each task as it is made.
struct Here {
    results: Vec<Vec<Block>>,
}

impl Here {
    fn block(&self, input: &Input<u32>) -> Result<Block> {
        let blocks = self.results.get(input.handle as usize);
        let output = input.output.unwrap_or(0) as usize;
        let block = blocks.and_then(|blocks| blocks.get(output));
        block.cloned().ok_or_else(|| {
            ArrayError::value("compute_here", format!("a task has no output {output}"))
        })
    }

    fn keep(&mut self, blocks: Vec<Block>) -> u32 {
        self.results.push(blocks);
        (self.results.len() - 1) as u32
    }
}

impl Target for Here {
    type Handle = u32;

    fn leaf(&mut self, leaf: &Leaf, block: usize) -> Result<u32> {
        let Leaf::Local(blocks) = leaf else {
            return Err(ArrayError::value(
                "compute_here",
                "some blocks lie on a cluster: use `compute()` there",
            ));
        };
        let block = blocks.block(block).cloned();
        let block = block.ok_or_else(|| ArrayError::value("compute_here", "a block is missing"))?;
        Ok(self.keep(vec![block]))
    }

    fn program(&mut self, program: &Program, inputs: &[Input<u32>], _outputs: u32) -> Result<u32> {
        let blocks = inputs.iter().map(|input| self.block(input));
        let blocks = blocks.collect::<Result<Vec<Block>>>()?;
        // What runs on a worker is what was encoded; the same here, so that both fail alike.
        let mut encoded = Vec::new();
        program.encode_into(&mut encoded)?;
        let program = Program::decode(&encoded)?;
        Ok(self.keep(program.run(blocks)?.into_vec()))
    }

    fn user(&mut self, call: &UserCall, inputs: &[Input<u32>]) -> Result<u32> {
        let graph = u64::MAX;
        let key = |place: u32| Key::new(format!("input-{place}"));
        let mut nodes = Vec::with_capacity(inputs.len());
        for place in 0..inputs.len() as u32 {
            let key =
                key(place).map_err(|error| ArrayError::value("compute_here", error.to_string()))?;
            nodes.push(Node::new(graph, place, key));
        }
        let parts = match call {
            UserCall::One(call) => call(&nodes).into_parts()?,
            UserCall::Several(call) => call(&nodes).into_parts()?,
        };
        let mut values = Vec::with_capacity(parts.dependencies.len());
        for dependency in &parts.dependencies {
            let input = match dependency {
                Dependency::Node(node) if node.graph() == graph => {
                    inputs.get(node.index() as usize)
                }
                _ => None,
            };
            let Some(input) = input else {
                return Err(ArrayError::value(
                    "compute_here",
                    format!("{} takes a future, which lies on a cluster", parts.key),
                ));
            };
            values.push(Value::live(self.block(input)?));
        }
        let arguments = arguments_of(parts.nodes.into_vec(), |dependency, part| {
            let value = values.get(dependency as usize)?;
            match part.index() {
                None => Some(value.clone()),
                Some(index) => value.part(index).ok(),
            }
        });
        let failed = |failure| ArrayError::Cluster(taskloom_task::Error::from(failure));
        let arguments = arguments.map_err(failed)?;
        let scope = WorkerScope::new("here", std::env::temp_dir());
        let context = TaskContext::new(parts.key, RunId::default(), scope);
        let value = parts
            .definition
            .run_thread(&context, arguments)
            .map_err(failed)?;
        let unreadable = taskloom_task::Error::from;
        Ok(self.keep(match call {
            UserCall::One(_) => {
                let block = value.get::<Block>().map_err(unreadable)?;
                vec![Block::clone(&block)]
            }
            UserCall::Several(_) => {
                let blocks = value.get::<Vec<Block>>().map_err(unreadable)?;
                blocks.to_vec()
            }
        }))
    }
}

impl Array {
    /// Computes the array in this thread, without a cluster: for tests, for small arrays, and to
    /// find out what is wrong. All results are kept until the end, so it is not for what is large.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1.0, 2.0, 3.0], Chunks::of([2]))?;
    /// assert_eq!(x.compute_here()?.view::<f64>()?.sum(), 6.0);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the array is in the failed state, a kernel fails, or blocks lie on a cluster.
    pub fn compute_here(&self) -> Result<Block> {
        let blocks = self.blocks_here()?;
        assemble(
            self.node().layer().name(),
            blocks,
            &self.numblocks(),
            self.dtype(),
        )
    }

    /// As [`Array::compute_here`], as an `ndarray` of the Rust type of the dtype.
    ///
    /// # Errors
    /// As [`Array::compute_here`], and if the dtype is another.
    pub fn to_local_here<T: Element>(&self) -> Result<ArrayD<T>> {
        Ok(self.compute_here()?.into_array()?)
    }

    /// The blocks in the order of their places, computed in this thread.
    ///
    /// # Errors
    /// As [`Array::compute_here`].
    pub fn blocks_here(&self) -> Result<Vec<Block>> {
        let plan = Plan::new(&[self.good()?.node()])?;
        let mut here = Here {
            results: Vec::new(),
        };
        let handles = plan.emit(&mut here)?;
        let blocks = handles.into_iter().map(|handle| {
            here.block(&Input {
                handle,
                output: None,
            })
        });
        let blocks = blocks.collect::<Result<Vec<Block>>>()?;
        self.check_blocks(&blocks)?;
        Ok(blocks)
    }

    /// That computed blocks have the dtype and the lengths that the axes say.
    pub(crate) fn check_blocks(&self, blocks: &[Block]) -> Result<()> {
        let mut at = smallvec::SmallVec::new();
        for (number, block) in blocks.iter().enumerate() {
            crate::node::place(self.axes(), number, &mut at);
            let fits = block.ndim() == self.ndim()
                && block.dtype() == self.dtype()
                && self
                    .axes()
                    .iter()
                    .zip(&at)
                    .zip(block.shape())
                    .all(|((axis, &at), &len)| axis.length(at).is_none_or(|known| known == len));
            if !fits {
                let declared: Vec<Option<usize>> = self
                    .axes()
                    .iter()
                    .zip(&at)
                    .map(|(axis, &at)| axis.length(at))
                    .collect();
                return Err(ArrayError::value(
                    self.name(),
                    format!(
                        "block {at:?} was declared as {} of the lengths {declared:?}, and is {} of \
                         {:?}",
                        self.dtype(),
                        block.dtype(),
                        block.shape()
                    ),
                ));
            }
        }
        Ok(())
    }
}
