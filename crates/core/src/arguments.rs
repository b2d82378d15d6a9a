//! Arguments of a task: a flat list of nodes in pre-order.
//!
//! Vectors and nested structures of futures need no special case: a sequence node says how many
//! nodes (with all that is below them) follow as its elements.

use crate::limits::ARGUMENT_NODES_MAX;
use crate::value::Encoded;

/// Which part of a value: the whole, or one element of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Part(u32);

impl Part {
    /// The value itself.
    pub const WHOLE: Self = Self(0);

    /// The element at `index` of a value that is a sequence.
    pub const fn element(index: u32) -> Self {
        Self(index.saturating_add(1))
    }

    /// The index of the element, `None` for the whole.
    pub const fn index(self) -> Option<u32> {
        self.0.checked_sub(1)
    }

    /// The number that travels: 0 for the whole, else the index plus one.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The part of a number that arrived.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// One node of the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentNode {
    /// A value in place.
    Value(Encoded),
    /// The result of another task, or a part of it.
    Reference {
        /// Index into the task's own list of dependencies.
        dependency: u32,
        /// Which part.
        part: Part,
    },
    /// A sequence whose elements are the next `n` nodes with what is below them.
    Sequence(u32),
    /// A map whose keys and values are the next `2 n` nodes with what is below them.
    Map(u32),
}

/// Why a list of nodes is not a row of arguments.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentsError {
    /// More nodes than [`ARGUMENT_NODES_MAX`].
    #[error("{0} argument nodes are more than {ARGUMENT_NODES_MAX}")]
    TooMany(usize),
    /// A sequence or map announces more nodes than follow.
    #[error("argument node {at} announces more elements than follow it")]
    Truncated {
        /// The place of the node that the list ended under.
        at: usize,
    },
    /// A reference to a dependency that the task does not list.
    #[error("argument node {at} refers to dependency {dependency} of {dependencies}")]
    NoSuchDependency {
        /// The place of the node.
        at: usize,
        /// What it refers to.
        dependency: u32,
        /// How many there are.
        dependencies: usize,
    },
}

/// Checks a list of nodes and returns how many top-level arguments it holds.
///
/// # Errors
/// If a container announces more than follows, a reference has no dependency, or there are too many.
pub fn validate(nodes: &[ArgumentNode], dependencies: usize) -> Result<usize, ArgumentsError> {
    if nodes.len() > ARGUMENT_NODES_MAX {
        return Err(ArgumentsError::TooMany(nodes.len()));
    }
    // The open containers: how many children each still expects, and where it began.
    let mut open: Vec<(u64, usize)> = Vec::new();
    let mut top_level = 0;
    for (at, node) in nodes.iter().enumerate() {
        match open.last_mut() {
            Some((left, _)) => *left -= 1,
            None => top_level += 1,
        }
        match *node {
            ArgumentNode::Sequence(n) if n > 0 => open.push((u64::from(n), at)),
            ArgumentNode::Map(n) if n > 0 => open.push((2 * u64::from(n), at)),
            ArgumentNode::Reference { dependency, .. } if dependency as usize >= dependencies => {
                return Err(ArgumentsError::NoSuchDependency {
                    at,
                    dependency,
                    dependencies,
                });
            }
            _ => {}
        }
        while open.last().is_some_and(|&(left, _)| left == 0) {
            open.pop();
        }
    }
    match open.last() {
        Some(&(_, at)) => Err(ArgumentsError::Truncated { at }),
        None => Ok(top_level),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn value() -> ArgumentNode {
        ArgumentNode::Value(Encoded::bytes(Bytes::new()))
    }

    #[test]
    fn nested_sequences_count_as_one_argument() {
        let nodes = [
            ArgumentNode::Sequence(2),
            ArgumentNode::Sequence(0),
            ArgumentNode::Map(1),
            value(),
            ArgumentNode::Reference {
                dependency: 0,
                part: Part::element(3),
            },
            value(),
        ];
        assert_eq!(validate(&nodes, 1), Ok(2));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let nodes = [value(), ArgumentNode::Sequence(2), value()];
        assert_eq!(
            validate(&nodes, 0),
            Err(ArgumentsError::Truncated { at: 1 })
        );
        let nodes = [ArgumentNode::Reference {
            dependency: 1,
            part: Part::WHOLE,
        }];
        let error = ArgumentsError::NoSuchDependency {
            at: 0,
            dependency: 1,
            dependencies: 1,
        };
        assert_eq!(validate(&nodes, 1), Err(error));
    }
}
