//! A run with all that it needs, on its way to a thread.

use super::handle::RunHandle;
use std::sync::Arc;
use taskloom_core::arguments::Part;
use taskloom_core::message::Compute;
use taskloom_core::{ArgumentNode, ErrorCode, Key, TaskFailure};
use taskloom_task::{Argument, Definition, TaskContext, Value, assemble};
use taskloom_worker_core::Slot;

/// A run with all that it needs.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) slot: Slot,
    pub(crate) handle: Arc<RunHandle>,
    pub(crate) definition: &'static Definition,
    pub(crate) compute: Box<Compute>,
    /// Values of the store by the index of the input and what of it this is, sorted by both.
    pub(crate) values: Vec<(u32, Part, Value)>,
    /// The news of runs before it may wait for it.
    pub(crate) tiny: bool,
    /// Which of its inputs is the value of the run before it on the same thread.
    pub(crate) follows: Option<u32>,
    /// The runs that follow it on the same thread, in their order.
    pub(crate) chain: Vec<Item>,
}

/// An input of a task that is about to run.
struct Input {
    index: u32,
    part: Part,
    value: Option<Value>,
    /// How many references have not been served.
    uses: usize,
}

impl Item {
    /// The context of the task, known to the control thread from now on.
    pub(crate) fn context(&self) -> Result<TaskContext, TaskFailure> {
        let key = Key::from_bytes(self.compute.key.clone())
            .map_err(|error| self.failure(ErrorCode::Protocol, error.to_string()))?;
        let (handle, scope) = (self.handle.clone(), self.handle.home().scope.clone());
        let context = TaskContext::with_scope(key, self.handle.run, scope, handle);
        self.handle.introduce(&context);
        Ok(context)
    }

    /// Decodes the arguments and puts the inputs in their places.
    pub(crate) fn arguments(&mut self) -> Result<Vec<Argument>, TaskFailure> {
        let nodes = taskloom_wire::arguments::decode(&self.compute.arguments).map_err(|error| {
            self.failure(
                ErrorCode::Decode,
                format!("the arguments cannot be read: {error}"),
            )
        })?;
        let mut inputs = self.inputs();
        count_uses(&nodes, &mut inputs);
        assemble(nodes, |dependency, part| {
            take(&mut inputs, dependency, part)
        })
        .map_err(|mut failure| {
            self.name(&mut failure);
            failure
        })
    }

    /// The run with everything that it needs in the message itself, for another process. Each
    /// reference gets an input of its own.
    pub(crate) fn self_contained(&mut self) -> Result<Box<Compute>, TaskFailure> {
        let nodes = taskloom_wire::arguments::decode(&self.compute.arguments).map_err(|error| {
            let text = format!("the arguments cannot be read: {error}");
            self.failure(ErrorCode::Decode, text)
        })?;
        let mut inputs = self.inputs();
        count_uses(&nodes, &mut inputs);
        let mut carried = Vec::new();
        let mut own = Vec::with_capacity(nodes.len());
        for node in nodes {
            own.push(match node {
                ArgumentNode::Reference { dependency, part } => {
                    let value = take(&mut inputs, dependency, part).ok_or_else(|| {
                        let text = format!("input {dependency} is missing");
                        self.failure(ErrorCode::Internal, text)
                    })?;
                    let encoded = value.encode().map_err(|error| {
                        let text = format!("an input cannot be encoded: {error}");
                        self.failure(ErrorCode::Encode, text)
                    })?;
                    carried.push(taskloom_core::message::Input {
                        task: self.compute.task,
                        nbytes: encoded.nbytes(),
                        holders: Vec::new(),
                        value: Some(encoded),
                    });
                    ArgumentNode::Reference {
                        dependency: (carried.len() - 1) as u32,
                        part: Part::WHOLE,
                    }
                }
                node => node,
            });
        }
        Ok(Box::new(Compute {
            arguments: taskloom_wire::arguments::encode(&own),
            inputs: carried,
            ..(*self.compute).clone()
        }))
    }

    fn inputs(&mut self) -> Vec<Input> {
        if self.compute.inputs.is_empty() {
            return Vec::new();
        }
        let input = |(index, part, value)| Input {
            index,
            part,
            value: Some(value),
            uses: 0,
        };
        let mut inputs: Vec<Input> = self.values.drain(..).map(input).collect();
        for (index, carried) in self.compute.inputs.iter_mut().enumerate() {
            if let Some(value) = carried.value.take().map(Value::from_encoded) {
                inputs.push(input((index as u32, Part::WHOLE, value)));
            }
        }
        inputs.sort_by_key(|input| (input.index, input.part));
        inputs
    }

    /// A failure of this run that is not the task's own.
    pub(crate) fn failure(&self, code: ErrorCode, message: String) -> TaskFailure {
        let mut failure = TaskFailure::new(code, message);
        self.name(&mut failure);
        failure
    }

    pub(crate) fn name(&self, failure: &mut TaskFailure) {
        failure.key = String::from_utf8_lossy(&self.compute.key).into_owned();
        failure.operation = self.definition.operation().to_string();
        failure.worker = self.handle.home().name.clone();
        failure.runs = failure.runs.max(1);
    }
}

fn find(inputs: &[Input], dependency: u32, part: Part) -> Option<usize> {
    let exact = |part| {
        inputs
            .binary_search_by_key(&(dependency, part), |i| (i.index, i.part))
            .ok()
    };
    exact(part).or_else(|| exact(Part::WHOLE))
}

fn count_uses(nodes: &[ArgumentNode], inputs: &mut [Input]) {
    if inputs.is_empty() {
        return;
    }
    for node in nodes {
        if let ArgumentNode::Reference { dependency, part } = node
            && let Some(at) = find(inputs, *dependency, *part)
        {
            inputs[at].uses += 1;
        }
    }
}

/// The value of a reference. The last one takes the value itself, so that a task can have it for its
/// own if nobody else does.
fn take(inputs: &mut [Input], dependency: u32, part: Part) -> Option<Value> {
    let at = find(inputs, dependency, part)?;
    let input = inputs.get_mut(at)?;
    input.uses = input.uses.saturating_sub(1);
    let value = if input.uses == 0 {
        input.value.take()?
    } else {
        input.value.clone()?
    };
    match part.index() {
        Some(index) if input.part != part => value.part(index).ok(),
        _ => Some(value),
    }
}
