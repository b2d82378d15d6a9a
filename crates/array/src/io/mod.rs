//! Arrays in files and stores: `.npy` and Zarr.
//!
//! Reading and writing happen in tasks, next to the blocks. What is wrong with a file is found when
//! the array is made, as far as its header tells.

mod location;
mod npy;
#[cfg(feature = "cloud")]
mod remote;
mod zarr;

pub use zarr::{Compression, ZarrOptions, ZarrVersion};

use crate::registry::{OnUnknown, Operation};

const fn reads(
    name: &'static str,
    numpy: &'static str,
    dask: &'static str,
    summary: &'static str,
) -> Operation {
    Operation {
        name,
        group: "Files",
        numpy,
        dask,
        dtype: "that of the file",
        unknown: OnUnknown::MakesNew,
        empty: "lengths of 0 are lengths as others",
        summary,
    }
}

const fn writes(
    name: &'static str,
    numpy: &'static str,
    dask: &'static str,
    unknown: OnUnknown,
    summary: &'static str,
) -> Operation {
    Operation {
        name,
        group: "Files",
        numpy,
        dask,
        dtype: "int64: the bytes written",
        unknown,
        empty: "lengths of 0 are lengths as others",
        summary,
    }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    reads(
        "from_npy",
        "load",
        "",
        "an array in one `.npy` file, of which each task reads its part",
    ),
    writes(
        "to_npy",
        "save",
        "",
        OnUnknown::Works("the file has the lengths that the blocks turn out to have"),
        "one `.npy` file, written by one task",
    ),
    reads(
        "from_npy_stack",
        "",
        "from_npy_stack",
        "an array in a folder of `.npy` files, one per block",
    ),
    writes(
        "to_npy_stack",
        "",
        "to_npy_stack",
        OnUnknown::Works("the lengths are read from the files"),
        "a folder of `.npy` files, one per block",
    ),
    reads(
        "from_zarr",
        "",
        "from_zarr",
        "an array in a Zarr store of version 2 or 3",
    ),
    writes(
        "to_zarr",
        "",
        "to_zarr",
        OnUnknown::NeedsSizes,
        "a Zarr store of version 2 or 3, each chunk written by one task",
    ),
];

#[cfg(test)]
mod tests;
