//! What the table says about order and counting.

use crate::registry::{OnUnknown, Operation};

const GROUP: &str = "Order and counting";
const ROWS: OnUnknown = OnUnknown::Works("the other axes keep their cut");
const ONE: OnUnknown = OnUnknown::Works("the result is one block of unknown length");
const KNOWN: OnUnknown = OnUnknown::Works("the result is one block of known length");
const SAME: OnUnknown = OnUnknown::Works("the result is cut as the elements are");
const FLOAT: &str = "float64; float32 of float32 if one is asked for";

const fn operation(
    name: &'static str,
    dtype: &'static str,
    unknown: OnUnknown,
    empty: &'static str,
    summary: &'static str,
) -> Operation {
    Operation {
        name,
        group: GROUP,
        numpy: name,
        dask: name,
        dtype,
        unknown,
        empty,
        summary,
    }
}

/// The operations of this module.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        dask: "",
        ..operation(
            "sort",
            "the same",
            SAME,
            "stay empty",
            "sorted along an axis, NaN at the end",
        )
    },
    operation(
        "median",
        FLOAT,
        ROWS,
        "NaN",
        "the exact median along an axis",
    ),
    operation(
        "nanmedian",
        FLOAT,
        ROWS,
        "NaN",
        "the exact median, NaN left out",
    ),
    operation(
        "quantile",
        FLOAT,
        ROWS,
        "NaN (numpy: an error)",
        "exact quantiles along an axis",
    ),
    operation(
        "nanquantile",
        FLOAT,
        ROWS,
        "NaN",
        "exact quantiles, NaN left out",
    ),
    operation(
        "percentile",
        FLOAT,
        ROWS,
        "NaN (numpy: an error)",
        "exact quantiles in parts of a hundred",
    ),
    operation(
        "nanpercentile",
        FLOAT,
        ROWS,
        "NaN",
        "as percentile, NaN left out",
    ),
    Operation {
        numpy: "",
        dask: "percentile",
        ..operation(
            "approximate_quantile",
            "float64",
            KNOWN,
            "NaN",
            "quantiles of all elements by t-digests",
        )
    },
    Operation {
        numpy: "",
        ..operation(
            "topk",
            "the same",
            OnUnknown::Works("the axis becomes one block of unknown length"),
            "contribute nothing",
            "the greatest or least few along an axis, in order",
        )
    },
    Operation {
        numpy: "",
        ..operation(
            "argtopk",
            "int64",
            OnUnknown::Works("the axis becomes one block of unknown length"),
            "contribute nothing",
            "where the greatest or least few are",
        )
    },
    operation(
        "unique",
        "the same",
        ONE,
        "contribute nothing",
        "the different elements in order",
    ),
    Operation {
        dask: "unique",
        ..operation(
            "unique_counts",
            "int64 counts",
            ONE,
            "contribute nothing",
            "the different elements, and how often each occurs",
        )
    },
    Operation {
        dask: "unique",
        ..operation(
            "unique_inverse",
            "int64 places",
            SAME,
            "contribute nothing",
            "the different elements, and where each element is among them",
        )
    },
    operation(
        "isin",
        "bool",
        SAME,
        "contribute nothing",
        "whether each element is one of some values",
    ),
    operation(
        "bincount",
        "int64; float64 with weights",
        OnUnknown::NeedsOthers("weights must be cut as the array is"),
        "contribute nothing",
        "how many elements have each value",
    ),
    operation(
        "histogram",
        "int64; float64 with weights or density",
        KNOWN,
        "contribute nothing; without a range an error",
        "how many elements lie in each bin",
    ),
    operation(
        "digitize",
        "int64",
        SAME,
        "stay empty",
        "in which bin each element lies",
    ),
    operation(
        "searchsorted",
        "int64",
        SAME,
        "contribute nothing",
        "places in a sorted array",
    ),
];
