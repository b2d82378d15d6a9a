//! Operations whose blocks are made by tasks of the user.

mod beside;
mod blockwise;
mod gufunc;
mod layer;
mod map_blocks;
mod map_overlap;
mod signature;
#[cfg(test)]
mod tests;

pub use blockwise::blockwise;
pub use gufunc::{Gufunc, apply_gufunc};
pub use layer::BlockInput;
pub use map_blocks::MapBlocks;
pub use map_overlap::{Boundary, MapOverlap};

use crate::registry::{OnUnknown, Operation};

const fn entry(
    name: &'static str,
    dask: &'static str,
    unknown: OnUnknown,
    empty: &'static str,
    summary: &'static str,
) -> Operation {
    Operation {
        name,
        group: "Tasks of yours",
        numpy: "",
        dask,
        dtype: "as given",
        unknown,
        empty,
        summary,
    }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    entry(
        "map_blocks",
        "map_blocks",
        OnUnknown::Works("kept with `same_lengths`, else a new cut"),
        "the task is given blocks without elements",
        "A task of yours for each block",
    ),
    entry(
        "map_overlap",
        "map_overlap",
        OnUnknown::Works("kept; what lies around a block is found when the blocks are there"),
        "the task is given what lies around the block",
        "A task of yours for each block with what lies around it: stencils",
    ),
    entry(
        "blockwise",
        "blockwise",
        OnUnknown::Works("axes of one letter must be cut alike"),
        "the task is given blocks without elements",
        "A task of yours for blocks of several arrays, in the notation of indices",
    ),
    entry(
        "apply_gufunc",
        "apply_gufunc",
        OnUnknown::Works(
            "loop dimensions must be cut alike; core dimensions of one name must be known to have one length",
        ),
        "the task is given blocks without elements",
        "A task of yours for blocks of several arrays, with a signature: `(i,j),(j)->(i)`",
    ),
    Operation {
        numpy: "apply_along_axis",
        ..entry(
            "apply_along_axis",
            "apply_along_axis",
            OnUnknown::Works("the others stay; the chunks along the axis are put together"),
            "the task is given blocks without elements",
            "A task of yours for the rows along an axis",
        )
    },
    entry(
        "coarsen",
        "coarsen",
        OnUnknown::NeedsOthers("the sizes along the axis are needed"),
        "no groups",
        "A reduction of each group of neighbours along an axis",
    ),
];
