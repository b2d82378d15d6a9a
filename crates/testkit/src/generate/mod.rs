//! Rules that build the shapes of well-known jobs in any size.
//!
//! Each rule was checked against the level widths and degrees of the fixtures, and against the
//! published counts of the sizes that are too large to keep as files.

mod array;
mod bag;
mod groupby;
mod join;
mod mixed;
mod named;
mod numpy;
mod plain;

pub use array::{overlap, two_pass};
pub use bag::bag;
pub use groupby::groupby;
pub use join::join;
pub use mixed::{layered, shuffle};
pub use named::by_name;
pub use numpy::numpy;
pub use plain::{chain, independent, merge, tree};

use crate::shape::GraphShape;

/// Adds a task whose dependencies the rule has just added itself.
fn push(shape: &mut GraphShape, kind: u32, dependencies: &[u32]) -> u32 {
    #[allow(clippy::expect_used)]
    // Every rule names its kinds and pushes inputs before their users.
    shape
        .try_push(kind, dependencies)
        .expect("a rule adds tasks in order")
}

/// Reduces `parts` in groups of at most `fan_in`, level by level, until one is left: the last task
/// is of kind `last`, the others of kind `inner`. A part that would be alone in its group goes up a
/// level as it is; if there is only one in all, it still gets a last task.
fn reduce(
    shape: &mut GraphShape,
    mut parts: Vec<u32>,
    fan_in: usize,
    inner: u32,
    last: u32,
) -> Option<u32> {
    while parts.len() > fan_in {
        let groups = parts.chunks(fan_in).map(|group| match group {
            [alone] => *alone,
            group => push(shape, inner, group),
        });
        parts = groups.collect();
    }
    (!parts.is_empty()).then(|| push(shape, last, &parts))
}
