//! Arrays of nothing: constants, ramps, identities, and blocks that tasks of the user make.

mod constant;
mod grid;
mod pattern;
mod ramp;
mod square;
mod tasks;

pub use grid::Indexing;
pub use tasks::BlockPlace;

pub(crate) use pattern::{Made, Pattern};

use crate::registry::{OnUnknown, Operation};

const GROUP: &str = "Making arrays";

const fn new(
    name: &'static str,
    numpy: &'static str,
    dask: &'static str,
    dtype: &'static str,
    summary: &'static str,
) -> Operation {
    Operation {
        name,
        group: GROUP,
        numpy,
        dask,
        dtype,
        unknown: OnUnknown::MakesNew,
        empty: "lengths of 0 are lengths as others",
        summary,
    }
}

const fn like(name: &'static str, summary: &'static str) -> Operation {
    Operation {
        unknown: OnUnknown::Works("the axes of the array"),
        ..new(name, name, name, "that of the array", summary)
    }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    new("zeros", "zeros", "zeros", "as said", "zeros of a shape"),
    new("ones", "ones", "ones", "as said", "ones of a shape"),
    new("full", "full", "full", "as said", "one value in a shape"),
    like("zeros_like", "zeros in the shape and cut of an array"),
    like("ones_like", "ones in the shape and cut of an array"),
    like("full_like", "one value in the shape and cut of an array"),
    new(
        "arange",
        "arange",
        "arange",
        "int64 of integers, else float64",
        "values from a start to below a stop in steps",
    ),
    new(
        "linspace",
        "linspace",
        "linspace",
        "float64",
        "so many evenly spaced values between two ends",
    ),
    new(
        "eye",
        "eye",
        "eye",
        "as said",
        "ones on a diagonal of a matrix, zeros elsewhere",
    ),
    new(
        "identity",
        "identity",
        "",
        "as said",
        "ones on the diagonal of a square matrix, zeros elsewhere",
    ),
    new(
        "tri",
        "tri",
        "tri",
        "as said",
        "ones on and below a diagonal of a matrix, zeros above",
    ),
    new(
        "indices",
        "indices",
        "indices",
        "int64",
        "the index of each element along each axis",
    ),
    Operation {
        unknown: OnUnknown::Works("the axes of the arrays, one each"),
        ..new(
            "meshgrid",
            "meshgrid",
            "meshgrid",
            "that of each array",
            "a grid of coordinates of arrays of one axis",
        )
    },
    new(
        "from_block_tasks",
        "",
        "map_blocks",
        "as said",
        "blocks that tasks of the user make",
    ),
];

#[cfg(test)]
mod tests;
