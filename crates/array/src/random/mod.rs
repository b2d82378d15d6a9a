//! Random arrays.
//!
//! Numbers depend on the seed, the order of the draws of a generator and the place of the element,
//! and on nothing else: not on the chunks, and not on the cluster.

mod choice;
mod counts;
mod derived;
mod gamma;
mod generator;
mod shuffle;

pub use generator::Generator;

use crate::registry::{OnUnknown, Operation};

const fn new(
    name: &'static str,
    numpy: &'static str,
    dask: &'static str,
    dtype: &'static str,
    summary: &'static str,
) -> Operation {
    Operation {
        name,
        group: "Random arrays",
        numpy,
        dask,
        dtype,
        unknown: OnUnknown::MakesNew,
        empty: "lengths of 0 are lengths as others",
        summary,
    }
}

const FLOAT: &str = "float64, or the generator's float32";

pub(crate) const OPERATIONS: &[Operation] = &[
    new(
        "random",
        "random.Generator.random",
        "random.random",
        FLOAT,
        "numbers from 0 to below 1",
    ),
    new(
        "uniform",
        "random.Generator.uniform",
        "random.uniform",
        FLOAT,
        "numbers between two bounds",
    ),
    new(
        "normal",
        "random.Generator.normal",
        "random.normal",
        FLOAT,
        "normal numbers of a mean and a deviation",
    ),
    new(
        "exponential",
        "random.Generator.exponential",
        "random.exponential",
        FLOAT,
        "waiting times of a mean",
    ),
    new(
        "lognormal",
        "random.Generator.lognormal",
        "random.lognormal",
        FLOAT,
        "numbers whose logarithm is normal",
    ),
    new(
        "weibull",
        "random.Generator.weibull",
        "random.weibull",
        FLOAT,
        "the Weibull distribution of a form",
    ),
    new(
        "pareto",
        "random.Generator.pareto",
        "random.pareto",
        FLOAT,
        "the Pareto distribution of the second kind (Lomax)",
    ),
    new(
        "rayleigh",
        "random.Generator.rayleigh",
        "random.rayleigh",
        FLOAT,
        "lengths of vectors of two normal numbers",
    ),
    new(
        "gumbel",
        "random.Generator.gumbel",
        "random.gumbel",
        FLOAT,
        "largest ones of many",
    ),
    new(
        "logistic",
        "random.Generator.logistic",
        "random.logistic",
        FLOAT,
        "the logistic distribution of a mean and a scale",
    ),
    new(
        "laplace",
        "random.Generator.laplace",
        "random.laplace",
        FLOAT,
        "waiting times to both sides of a mean",
    ),
    new(
        "standard_cauchy",
        "random.Generator.standard_cauchy",
        "random.standard_cauchy",
        FLOAT,
        "ratios of two normal numbers",
    ),
    new(
        "triangular",
        "random.Generator.triangular",
        "random.triangular",
        FLOAT,
        "most likely at a mode, and less so the farther from it",
    ),
    new(
        "gamma",
        "random.Generator.gamma",
        "random.gamma",
        FLOAT,
        "the gamma distribution of a form and a scale",
    ),
    new(
        "chisquare",
        "random.Generator.chisquare",
        "random.chisquare",
        FLOAT,
        "sums of squares of normal numbers",
    ),
    new(
        "beta",
        "random.Generator.beta",
        "random.beta",
        FLOAT,
        "shares: numbers from 0 to 1 of two forms",
    ),
    new(
        "standard_t",
        "random.Generator.standard_t",
        "random.standard_t",
        FLOAT,
        "Student's t distribution",
    ),
    new(
        "f",
        "random.Generator.f",
        "random.f",
        FLOAT,
        "Fisher's F distribution",
    ),
    new(
        "bernoulli",
        "",
        "",
        "bool",
        "truth values that are true with a probability",
    ),
    new(
        "poisson",
        "random.Generator.poisson",
        "random.poisson",
        "int64",
        "how many events there are, of a mean",
    ),
    new(
        "binomial",
        "random.Generator.binomial",
        "random.binomial",
        "int64",
        "how many of some trials succeed",
    ),
    new(
        "negative_binomial",
        "random.Generator.negative_binomial",
        "random.negative_binomial",
        "int64",
        "how many trials fail before so many have succeeded",
    ),
    new(
        "hypergeometric",
        "random.Generator.hypergeometric",
        "random.hypergeometric",
        "int64",
        "how many good ones are among those drawn",
    ),
    new(
        "geometric",
        "random.Generator.geometric",
        "random.geometric",
        "int64",
        "the number of the first trial that succeeds",
    ),
    new(
        "logseries",
        "random.Generator.logseries",
        "random.logseries",
        "int64",
        "the logarithmic series",
    ),
    new(
        "integers",
        "random.Generator.integers",
        "random.randint",
        "as said",
        "integers from a range",
    ),
    new(
        "permutation",
        "random.Generator.permutation",
        "random.permutation",
        "int64",
        "the numbers from 0 in random order",
    ),
    Operation {
        unknown: OnUnknown::NeedsOthers("the axis that is shuffled is known"),
        ..new(
            "shuffle",
            "random.Generator.permutation",
            "random.permutation",
            "that of the array",
            "an array with an axis in random order",
        )
    },
    new(
        "sample",
        "random.Generator.choice (replace=False)",
        "",
        "int64",
        "different numbers below a bound, in random order",
    ),
    new(
        "choice",
        "random.Generator.choice",
        "random.choice",
        "that of the values",
        "values drawn evenly, each time from all",
    ),
    new(
        "choice_weighted",
        "random.Generator.choice (p=...)",
        "random.choice",
        "that of the values",
        "values drawn by weights, each time from all",
    ),
    new(
        "sample_weighted",
        "random.Generator.choice (p=..., replace=False)",
        "",
        "int64",
        "different places drawn by weights",
    ),
];

#[cfg(test)]
mod tests;
