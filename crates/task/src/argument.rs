//! Arguments of a run: nodes and inputs, assembled to what the function takes.

use crate::value::{Container, TaskValue, Value, ValueError, join};
use taskloom_core::arguments::{Part, validate};
use taskloom_core::value::Encoded;
use taskloom_core::{ArgumentNode, ErrorCode, TaskFailure};

/// How deeply sequences of futures may nest.
const DEPTH_MAX: usize = 64;

/// One argument of a run.
#[derive(Clone, Debug)]
pub enum Argument {
    /// A value, given in place or made by another task.
    Value(Value),
    /// A sequence that was given with futures in it.
    Sequence(Vec<Self>),
    /// A map that was given with futures in it.
    Map(Vec<(Self, Self)>),
}

impl Argument {
    /// Takes the argument as a `T`: see [`Value::take`]. A sequence or map is encoded as a whole
    /// first; vectors and tuples that stand in the signature of a task do not come here.
    ///
    /// # Errors
    /// If it cannot be read as a `T`.
    pub fn take<T: TaskValue>(self) -> Result<T, ValueError> {
        match self {
            Self::Value(value) => value.take(),
            container => Value::from_encoded(container.encode()?).take(),
        }
    }

    /// The encoded form of the argument as one value.
    fn encode(&self) -> Result<Encoded, ValueError> {
        match self {
            Self::Value(value) => value.encode(),
            Self::Sequence(items) => {
                let items: Vec<_> = items.iter().map(Self::encode).collect::<Result<_, _>>()?;
                join(Container::Sequence, &items)
            }
            Self::Map(entries) => {
                let items = entries
                    .iter()
                    .flat_map(|(key, value)| [key, value])
                    .map(Self::encode);
                join(Container::Map, &items.collect::<Result<Vec<_>, _>>()?)
            }
        }
    }
}

/// A sequence or map that is not complete yet.
enum Open {
    Sequence(Vec<Argument>),
    Map(Vec<(Argument, Argument)>, Option<Argument>),
}

/// Makes the arguments of a run of their nodes. `input` gives the value of a dependency, by its
/// place in the task's own list, or a part of it.
///
/// # Errors
/// If the nodes are no row of arguments, an input is not there, or a value has no such part. The
/// code is [`ErrorCode::Decode`].
pub fn assemble(
    nodes: Vec<ArgumentNode>,
    mut input: impl FnMut(u32, Part) -> Option<Value>,
) -> Result<Vec<Argument>, TaskFailure> {
    // Whether a dependency exists is for `input` to say.
    let top_level = validate(&nodes, usize::MAX).map_err(|error| fault(error.to_string()))?;
    let mut arguments = Vec::with_capacity(top_level);
    let mut open: Vec<(u64, Open)> = Vec::new();
    for node in nodes {
        let mut complete = match node {
            ArgumentNode::Value(encoded) => Argument::Value(Value::from_encoded(encoded)),
            ArgumentNode::Reference { dependency, part } => {
                let value = input(dependency, part);
                Argument::Value(value.ok_or_else(|| missing(dependency, part))?)
            }
            ArgumentNode::Sequence(0) => Argument::Sequence(Vec::new()),
            ArgumentNode::Map(0) => Argument::Map(Vec::new()),
            ArgumentNode::Sequence(n) => {
                enter(&mut open, u64::from(n), Open::Sequence(Vec::new()))?;
                continue;
            }
            ArgumentNode::Map(n) => {
                enter(&mut open, 2 * u64::from(n), Open::Map(Vec::new(), None))?;
                continue;
            }
        };
        loop {
            let Some((left, container)) = open.last_mut() else {
                arguments.push(complete);
                break;
            };
            match container {
                Open::Sequence(items) => items.push(complete),
                Open::Map(entries, key) => match key.take() {
                    Some(key) => entries.push((key, complete)),
                    None => *key = Some(complete),
                },
            }
            *left -= 1;
            if *left > 0 {
                break;
            }
            complete = match open.pop() {
                Some((_, Open::Sequence(items))) => Argument::Sequence(items),
                Some((_, Open::Map(entries, _))) => Argument::Map(entries),
                None => break,
            };
        }
    }
    Ok(arguments)
}

fn enter(open: &mut Vec<(u64, Open)>, left: u64, container: Open) -> Result<(), TaskFailure> {
    if open.len() == DEPTH_MAX {
        return Err(fault(format!("the arguments nest deeper than {DEPTH_MAX}")));
    }
    open.push((left, container));
    Ok(())
}

fn missing(dependency: u32, part: Part) -> TaskFailure {
    fault(match part.index() {
        None => format!("input {dependency} is not there"),
        Some(index) => format!("element {index} of input {dependency} is not there"),
    })
}

fn fault(message: String) -> TaskFailure {
    TaskFailure::new(ErrorCode::Decode, message)
}
