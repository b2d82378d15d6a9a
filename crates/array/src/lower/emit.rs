//! Making the tasks of a plan.

use super::plan::{Plan, Planned};
use crate::error::{ArrayError, Result};
use crate::layer::{BlockTask, Leaf, UserCall, Work};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use taskloom_kernels::{Program, Source, Step};

/// What a task takes: the result of an earlier one, whole or one of its outputs.
#[derive(Clone)]
pub(crate) struct Input<H> {
    pub(crate) handle: H,
    /// Which output, if the task makes several.
    pub(crate) output: Option<u32>,
}

/// Where tasks are made.
pub(crate) trait Target {
    /// What stands for the result of a task.
    type Handle: Clone;

    /// A block that is there.
    fn leaf(&mut self, leaf: &Leaf, block: usize) -> Result<Self::Handle>;

    /// A task that runs a program and makes so many blocks. Without steps, the one input is the
    /// result.
    fn program(
        &mut self,
        program: &Program,
        inputs: &[Input<Self::Handle>],
        outputs: u32,
    ) -> Result<Self::Handle>;

    /// A task of the user.
    fn user(&mut self, call: &UserCall, inputs: &[Input<Self::Handle>]) -> Result<Self::Handle>;
}

/// A block: its node, and its number there.
type Place = (u32, u32);

/// The handles of what was made so far.
struct Made<H> {
    handles: Vec<Vec<Option<H>>>,
}

impl<H: Clone> Made<H> {
    fn get(&self, (node, block): Place) -> Option<H> {
        self.handles[node as usize].get(block as usize)?.clone()
    }

    fn put(&mut self, (node, block): Place, blocks: usize, handle: H) {
        let handles = &mut self.handles[node as usize];
        if handles.is_empty() {
            handles.resize_with(blocks, || None);
        }
        handles[block as usize] = Some(handle);
    }
}

impl Plan {
    /// Makes the tasks, each after what it uses, and gives the handles of what is wanted.
    ///
    /// # Errors
    /// If the target refuses a task.
    pub(crate) fn emit<T: Target>(&self, target: &mut T) -> Result<Vec<T::Handle>> {
        let mut made = Made {
            handles: std::iter::repeat_with(Vec::new)
                .take(self.nodes.len())
                .collect(),
        };
        let mut builder = Builder::default();
        for at in 0..self.nodes.len() as u32 {
            let blocks = self.nodes[at as usize].blocks();
            for block in 0..blocks as u32 {
                let planned = &self.nodes[at as usize];
                let handle = if let Some(leaf) = planned.node.layer().leaf() {
                    if !planned.is_used(block) {
                        continue;
                    }
                    target.leaf(leaf, block as usize)?
                } else if planned.is_own(block) {
                    self.task((at, block), &mut builder, &made, target)?
                } else {
                    continue;
                };
                made.put((at, block), blocks, handle);
            }
        }
        self.wanted
            .iter()
            .map(|&place| {
                let (place, output) = self.resolve(place, 0)?;
                let handle = made.get(place).ok_or_else(|| lost(&self.nodes, place))?;
                match self.output_of(place, output) {
                    None => Ok(handle),
                    output => target.program(&Program::default(), &[Input { handle, output }], 1),
                }
            })
            .collect()
    }

    /// Which output is meant, if the task of this block makes several.
    fn output_of(&self, (node, _): Place, output: u32) -> Option<u32> {
        let layer = self.nodes[node as usize].node.layer();
        (layer.outputs() > 1).then_some(output)
    }

    /// The block that a block is, through aliases.
    fn resolve(&self, mut place: Place, mut output: u32) -> Result<(Place, u32)> {
        loop {
            let planned = &self.nodes[place.0 as usize];
            if planned.is_leaf() {
                return Ok((place, output));
            }
            let Some(alias) = planned.alias(place.1) else {
                return Ok((place, output));
            };
            let node = planned.inputs.get(alias.input);
            let node = node.ok_or_else(|| lost(&self.nodes, place))?;
            (place, output) = ((*node, alias.block as u32), alias.output);
        }
    }

    /// Makes the task of a block that has one of its own.
    fn task<T: Target>(
        &self,
        root: Place,
        builder: &mut Builder,
        made: &Made<T::Handle>,
        target: &mut T,
    ) -> Result<T::Handle> {
        let outputs = self.nodes[root.0 as usize].node.layer().outputs();
        let task = self.nodes[root.0 as usize].work(root.1);
        if let Work::User(call) = &task.work {
            let mut wanted: SmallVec<[Wanted; 4]> = SmallVec::new();
            for input in &task.inputs {
                let node = self.nodes[root.0 as usize].inputs[input.input];
                let (place, output) = self.resolve((node, input.block as u32), input.output)?;
                wanted.push((place, self.output_of(place, output)));
            }
            let inputs = self.inputs(&wanted, made)?;
            return target.user(call, &inputs);
        }
        builder.clear();
        self.build(root, task, builder)?;
        let inputs = self.inputs(&builder.inputs.blocks, made)?;
        target.program(&builder.program, &inputs, outputs)
    }

    fn inputs<H: Clone>(
        &self,
        wanted: &[Wanted],
        made: &Made<H>,
    ) -> Result<SmallVec<[Input<H>; 4]>> {
        let inputs = wanted.iter().map(|&(place, output)| {
            let handle = made.get(place).ok_or_else(|| lost(&self.nodes, place))?;
            Ok(Input { handle, output })
        });
        inputs.collect()
    }

    /// Puts the steps of a task into the builder: those of all blocks that are computed within it,
    /// each after what it uses.
    fn build(&self, root: Place, task: BlockTask, builder: &mut Builder) -> Result<()> {
        let mut open = std::mem::take(&mut builder.open);
        open.push(Open::new(root, task));
        while let Some(top) = open.last_mut() {
            let Some(input) = top.task.inputs.get(top.sources.len()) else {
                if let Some(done) = open.pop() {
                    builder.push(done)?;
                }
                continue;
            };
            let node = self.nodes[top.place.0 as usize].inputs[input.input];
            let (place, output) = self.resolve((node, input.block as u32), input.output)?;
            let planned = &self.nodes[place.0 as usize];
            if planned.is_leaf() || planned.is_own(place.1) {
                let output = self.output_of(place, output);
                top.sources.push(builder.input(place, output));
            } else if let Some(step) = builder.step(place) {
                top.sources.push(Source::Step(step, output));
            } else {
                open.push(Open::new(place, planned.work(place.1)));
            }
        }
        builder.open = open;
        Ok(())
    }
}

/// A block whose inputs are being looked at.
struct Open {
    place: Place,
    task: BlockTask,
    sources: SmallVec<[Source; 3]>,
}

impl Open {
    fn new(place: Place, task: BlockTask) -> Self {
        Self {
            place,
            task,
            sources: SmallVec::new(),
        }
    }
}

/// A block, and which output of its task, if that makes several.
type Wanted = (Place, Option<u32>);

/// Blocks in the order in which they came, each once.
#[derive(Default)]
struct Row {
    blocks: Vec<Wanted>,
    /// Their numbers, once there are too many to look through.
    numbers: FxHashMap<Wanted, u32>,
}

/// Up to this many blocks are looked through; above it a table is kept.
const LOOKED_THROUGH: usize = 32;

impl Row {
    fn clear(&mut self) {
        self.blocks.clear();
        self.numbers.clear();
    }

    fn find(&self, block: Wanted) -> Option<u32> {
        if self.numbers.is_empty() {
            let known = self.blocks.iter().position(|&known| known == block);
            return known.map(|at| at as u32);
        }
        self.numbers.get(&block).copied()
    }

    /// Adds a block that is not there yet.
    fn push(&mut self, block: Wanted) -> u32 {
        let at = self.blocks.len() as u32;
        self.blocks.push(block);
        if !self.numbers.is_empty() {
            self.numbers.insert(block, at);
        } else if self.blocks.len() > LOOKED_THROUGH {
            self.numbers.extend(self.blocks.iter().copied().zip(0..));
        }
        at
    }
}

/// A task that is being made; used again for each.
#[derive(Default)]
struct Builder {
    program: Program,
    inputs: Row,
    /// Which block each step makes.
    steps: Row,
    /// Blocks whose inputs are being looked at; empty between tasks.
    open: Vec<Open>,
}

impl Builder {
    fn clear(&mut self) {
        self.program.steps.clear();
        self.inputs.clear();
        self.steps.clear();
    }

    /// The place of an input among those of the task.
    fn input(&mut self, place: Place, output: Option<u32>) -> Source {
        let input = (place, output);
        let known = self.inputs.find(input);
        Source::Input(known.unwrap_or_else(|| self.inputs.push(input)))
    }

    fn step(&self, place: Place) -> Option<u32> {
        self.steps.find((place, None))
    }

    fn push(&mut self, done: Open) -> Result<()> {
        let Work::Kernel(kernel) = done.task.work else {
            return Err(ArrayError::value(
                "a graph",
                "a task of a user is within another",
            ));
        };
        self.steps.push((done.place, None));
        self.program.steps.push(Step {
            kernel,
            inputs: done.sources,
            align: done.task.align,
        });
        Ok(())
    }
}

/// A block that a layer used without naming it.
fn lost(nodes: &[Planned], (node, block): Place) -> ArrayError {
    let name = nodes.get(node as usize).map(|planned| planned.node.name());
    ArrayError::value(
        name.unwrap_or_default(),
        format!("block {block} was not planned; this is a defect of the library"),
    )
}
