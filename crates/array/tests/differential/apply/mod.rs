//! What each operation of an expression is as a call of this library.

mod arrangement;
mod elementwise;
mod indexing;
mod linear;
mod making;
mod reductions;

use crate::expression::{Argument, Parameters, Step};
use taskloom_array::{Array, ArrayError, Chunks, Result, Scalar};

/// Operations of the registry that numpy has no counterpart of, or whose results are nobody's promise,
/// and where they are tested.
pub const COMPARED_ELSEWHERE: &[&str] = &[
    // Random numbers: by their distributions and by known answers, with the generator.
    "random",
    "uniform",
    "normal",
    "exponential",
    "lognormal",
    "weibull",
    "pareto",
    "rayleigh",
    "gumbel",
    "logistic",
    "laplace",
    "standard_cauchy",
    "triangular",
    "gamma",
    "chisquare",
    "beta",
    "standard_t",
    "f",
    "poisson",
    "binomial",
    "negative_binomial",
    "hypergeometric",
    "geometric",
    "logseries",
    "bernoulli",
    "integers",
    "permutation",
    "sample",
    "choice",
    "choice_weighted",
    "sample_weighted",
    "shuffle",
    // Files: with what reads and writes them.
    "from_npy",
    "to_npy",
    "from_npy_stack",
    "to_npy_stack",
    "from_zarr",
    "to_zarr",
    // Tasks of users: with the operations.
    "from_block_tasks",
    "map_blocks",
    "map_overlap",
    "blockwise",
    "apply_gufunc",
    "apply_along_axis",
    "coarsen",
    "reduction",
    // An approximation, with a bound of its own.
    "approximate_quantile",
];

/// The arguments of a step.
pub struct Call<'a> {
    step: &'a Step,
    arrays: &'a [Option<Array>],
}

impl Call<'_> {
    fn count(&self) -> usize {
        self.arrays.len()
    }

    /// The array at a place.
    fn x(&self, at: usize) -> &Array {
        self.arrays[at].as_ref().expect("an array")
    }

    fn is_array(&self, at: usize) -> bool {
        self.arrays[at].is_some()
    }

    fn arrays(&self) -> Vec<&Array> {
        self.arrays.iter().flatten().collect()
    }

    /// The number at a place.
    fn scalar(&self, at: usize) -> Scalar {
        self.step.args[at].scalar().expect("a number")
    }

    fn argument(&self, at: usize) -> &Argument {
        &self.step.args[at]
    }

    /// The float at a place.
    fn float(&self, at: usize) -> f64 {
        match self.argument(at) {
            Argument::Float(value) => crate::numbers::float(value),
            other => panic!("{other:?} is no float"),
        }
    }

    fn p(&self) -> &Parameters {
        &self.step.parameters
    }

    fn axis(&self) -> isize {
        self.p().int("axis") as isize
    }

    fn chunks(&self) -> Chunks {
        Chunks::exact(self.p().chunks())
    }
}

/// Makes the results of a step.
pub fn apply(step: &Step, arrays: &[Option<Array>]) -> Result<Vec<Array>> {
    let call = Call { step, arrays };
    let families = [
        elementwise::apply,
        reductions::apply,
        indexing::apply,
        arrangement::apply,
        linear::apply,
        making::apply,
    ];
    let made = families.iter().find_map(|family| family(&step.op, &call));
    let unknown = || ArrayError::value(&step.op, "no call is known for this operation");
    made.ok_or_else(unknown)?
}

/// The name in the registry of an operation of expressions.
pub fn registered_name(operation: &str) -> &str {
    match operation {
        "set_mask" | "set_slice" => "set",
        "mask_sum" => "mask_unordered",
        "blocks_first" => "blocks",
        same => same,
    }
}

/// One result.
fn one(array: Array) -> Option<Result<Vec<Array>>> {
    Some(Ok(vec![array]))
}

/// One result, or an error.
fn tried(array: Result<Array>) -> Option<Result<Vec<Array>>> {
    Some(array.map(|array| vec![array]))
}
