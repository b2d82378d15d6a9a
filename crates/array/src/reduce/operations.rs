//! What the table says about reductions.

use crate::registry::{OnUnknown, Operation};

const GROUP: &str = "Reductions";

/// Which axes are unknown after a reduction.
const WORKS: OnUnknown = OnUnknown::Works("reduced axes are gone; the others keep their cut");

const PAIRS: OnUnknown = OnUnknown::Works("both axes of the result are cut as the variables are");

const fn reduction(
    name: &'static str,
    dtype: &'static str,
    empty: &'static str,
    summary: &'static str,
) -> Operation {
    Operation {
        name,
        group: GROUP,
        numpy: name,
        dask: name,
        dtype,
        unknown: WORKS,
        empty,
        summary,
    }
}

const SUMS: &str = "int64, uint64 for integers; otherwise the same";
const MEANS: &str = "float64 for integers; otherwise the same";
const REAL: &str = "float64 for integers; otherwise the real part's";
const ERROR: &str = "an error \"zero-size array\" when computed";

/// The operations of this module.
pub(crate) const OPERATIONS: &[Operation] = &[
    reduction("sum", SUMS, "0", "the sum"),
    reduction("prod", SUMS, "1", "the product"),
    reduction("mean", MEANS, "NaN", "the mean"),
    reduction("var", REAL, "NaN", "the variance, with ddof"),
    reduction("std", REAL, "NaN", "the standard deviation, with ddof"),
    reduction("min", "the same", ERROR, "the least; NaN wins"),
    reduction("max", "the same", ERROR, "the greatest; NaN wins"),
    reduction("any", "bool", "false", "whether any is not zero"),
    reduction("all", "bool", "true", "whether none is zero"),
    reduction("count_nonzero", "int64", "0", "how many are not zero"),
    reduction(
        "argmin",
        "int64",
        ERROR,
        "the place of the least, first of equal ones; NaN wins",
    ),
    reduction(
        "argmax",
        "int64",
        ERROR,
        "the place of the greatest, first of equal ones; NaN wins",
    ),
    reduction("nansum", SUMS, "0", "the sum, NaN left out"),
    reduction("nanprod", SUMS, "1", "the product, NaN left out"),
    reduction("nanmean", MEANS, "NaN", "the mean, NaN left out"),
    reduction(
        "nanvar",
        REAL,
        "NaN",
        "the variance, with ddof, NaN left out",
    ),
    reduction(
        "nanstd",
        REAL,
        "NaN",
        "the standard deviation, with ddof, NaN left out",
    ),
    reduction("nanmin", "the same", ERROR, "the least, NaN left out"),
    reduction("nanmax", "the same", ERROR, "the greatest, NaN left out"),
    reduction(
        "nanargmin",
        "int64",
        ERROR,
        "the place of the least, first of equal ones, NaN left out",
    ),
    reduction(
        "nanargmax",
        "int64",
        ERROR,
        "the place of the greatest, first of equal ones, NaN left out",
    ),
    reduction(
        "ptp",
        "the same",
        ERROR,
        "the distance from the least to the greatest; integers wrap",
    ),
    Operation {
        unknown: OnUnknown::NeedsOthers("weights must be cut as the array is"),
        ..reduction(
            "average",
            "that of both promoted, float64 for integers",
            "NaN",
            "the mean with weights, one per element or per place along an axis",
        )
    },
    Operation {
        unknown: OnUnknown::Works("arrays that meet must come from the same cut"),
        ..reduction(
            "allclose",
            "bool",
            "true",
            "whether all elements are close to those of another array",
        )
    },
    Operation {
        unknown: PAIRS,
        ..reduction(
            "cov",
            "float64 or complex128",
            "NaN without observations; without variables nothing",
            "the covariances of the variables in rows or columns, with ddof",
        )
    },
    Operation {
        unknown: PAIRS,
        ..reduction(
            "corrcoef",
            "float64 or complex128",
            "NaN without observations; without variables nothing",
            "the correlations of the variables in rows or columns",
        )
    },
    Operation {
        numpy: "",
        ..reduction(
            "moment",
            MEANS,
            "NaN",
            "a central moment of any order, with ddof",
        )
    },
];
