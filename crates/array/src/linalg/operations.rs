//! What the table says about products and linear algebra.

use crate::registry::{OnUnknown, Operation};

const PRODUCTS: OnUnknown =
    OnUnknown::Works("summed axes must be known to be cut alike; the others keep their cut");
const TALL: OnUnknown = OnUnknown::NeedsOthers(
    "rows may be unknown if there are at least as many as columns; columns only in one chunk",
);
const NORM: OnUnknown = OnUnknown::Works("reduced axes are gone; the others keep their cut");

const PROMOTED: &str = "that of both promoted; integers wrap, bool is or of ands";
const FLOAT: &str = "float64 for integers; float32 is computed in float64 and rounded";
const REAL: &str = "as the matrix, real";
const ZEROS: &str = "sums of nothing are 0";
const FACTORS: &str = "blocks may be empty; of an empty matrix the factors are empty";

const fn product(name: &'static str, dask: &'static str, summary: &'static str) -> Operation {
    Operation {
        name,
        group: "Products",
        numpy: name,
        dask,
        dtype: PROMOTED,
        unknown: PRODUCTS,
        empty: ZEROS,
        summary,
    }
}

const fn matrix(
    name: &'static str,
    [numpy, dask]: [&'static str; 2],
    dtype: &'static str,
    unknown: OnUnknown,
    summary: &'static str,
) -> Operation {
    Operation {
        name,
        group: "Linear algebra",
        numpy,
        dask,
        dtype,
        unknown,
        empty: FACTORS,
        summary,
    }
}

/// The operations of this module.
pub(crate) const OPERATIONS: &[Operation] = &[
    product(
        "dot",
        "dot",
        "sums of products along the last axis and the last but one",
    ),
    product(
        "matmul",
        "matmul",
        "products of the matrices in the last two axes",
    ),
    product(
        "tensordot",
        "tensordot",
        "sums of products over pairs of axes",
    ),
    product("einsum", "einsum", "sums of products, written with letters"),
    product("inner", "", "sums of products along the last axes"),
    product(
        "outer",
        "outer",
        "products of all pairs of two vectors' elements",
    ),
    Operation {
        dtype: "that of both promoted; integers wrap, bool is and",
        unknown: OnUnknown::NeedsSizes,
        empty: "nothing times anything is nothing",
        ..product(
            "kron",
            "",
            "each element of the one array times the whole other",
        )
    },
    product(
        "vdot",
        "vdot",
        "the sum of the products of all elements, the left ones conjugated",
    ),
    matrix(
        "qr",
        ["linalg.qr", "linalg.qr"],
        FLOAT,
        TALL,
        "Q and R, the diagonal of R real and not negative",
    ),
    matrix(
        "svd",
        ["linalg.svd", "linalg.svd"],
        FLOAT,
        TALL,
        "singular values and vectors, as many as the shorter side",
    ),
    matrix(
        "svdvals",
        ["linalg.svdvals", ""],
        REAL,
        TALL,
        "singular values alone",
    ),
    matrix(
        "svd_compressed",
        ["", "linalg.svd_compressed"],
        FLOAT,
        OnUnknown::NeedsOthers("rows may be unknown, columns must be known"),
        "the largest singular values and their vectors, approximately",
    ),
    matrix(
        "eigh",
        ["linalg.eigh", ""],
        FLOAT,
        OnUnknown::NeedsSizes,
        "eigenvalues and eigenvectors of a Hermitian matrix, in one task",
    ),
    matrix(
        "cholesky",
        ["linalg.cholesky", "linalg.cholesky"],
        FLOAT,
        OnUnknown::NeedsSizes,
        "the lower triangular factor of a positive definite matrix",
    ),
    matrix(
        "lu",
        ["", "linalg.lu"],
        FLOAT,
        OnUnknown::NeedsSizes,
        "L and U with partial pivoting over all rows, and the order of the rows",
    ),
    matrix(
        "solve",
        ["linalg.solve", "linalg.solve"],
        FLOAT,
        OnUnknown::NeedsSizes,
        "the solution of a system of equations",
    ),
    matrix(
        "solve_triangular",
        ["", "linalg.solve_triangular"],
        FLOAT,
        OnUnknown::NeedsSizes,
        "the solution of a triangular system",
    ),
    matrix(
        "lstsq",
        ["linalg.lstsq", "linalg.lstsq"],
        FLOAT,
        TALL,
        "least squares with the smallest norm, rank and singular values",
    ),
    matrix(
        "inv",
        ["linalg.inv", "linalg.inv"],
        FLOAT,
        OnUnknown::NeedsSizes,
        "the inverse",
    ),
    matrix(
        "det",
        ["linalg.det", ""],
        FLOAT,
        OnUnknown::NeedsSizes,
        "the determinant",
    ),
    matrix(
        "slogdet",
        ["linalg.slogdet", ""],
        FLOAT,
        OnUnknown::NeedsSizes,
        "sign and logarithm of the determinant",
    ),
    matrix(
        "norm",
        ["linalg.norm", "linalg.norm"],
        REAL,
        NORM,
        "the square root of the sum of squares",
    ),
    matrix(
        "vector_norm",
        ["linalg.vector_norm", ""],
        REAL,
        NORM,
        "norms of any order over some axes",
    ),
    Operation {
        name: "trace",
        group: "Linear algebra",
        numpy: "trace",
        dask: "trace",
        dtype: "int64, uint64 for integers; otherwise the same",
        unknown: OnUnknown::NeedsOthers("the first two axes must be known"),
        empty: ZEROS,
        summary: "the sum along a diagonal",
    },
    matrix(
        "matrix_norm",
        ["linalg.matrix_norm", ""],
        REAL,
        TALL,
        "norms by rows, columns or singular values",
    ),
];
