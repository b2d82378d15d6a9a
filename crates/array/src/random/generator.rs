//! The generator, and numbers that are independent of each other.

use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use crate::make::{Made, Pattern};
use std::sync::atomic::{AtomicU64, Ordering};
use taskloom_client::Client;
use taskloom_kernels::DType;
use taskloom_kernels::make::{Distribution, Stream};

/// Makes random arrays from a seed.
///
/// Each draw has a stream of random words of its own (Philox4x32-10, by counter), of which the
/// element at place `i` in C order takes word `i` (two words, for integers from more than 2^32). So
/// the same seed, shape and order of draws give the same values, however the array is cut and
/// wherever it is computed. The values do not change between versions of the library without a word
/// in the list of changes.
///
/// ```
/// use taskloom_array::Generator;
///
/// let random = Generator::new(7);
/// let x = random.random([1000, 10], [100, 5]);
/// let noise = random.normal(0.0, 0.1, [1000, 10], [100, 5]);
/// let same = Generator::new(7).random([1000, 10], [1000, 10]);
/// assert_eq!(x.compute_here()?, same.compute_here()?);
/// # let _ = noise;
/// # Ok::<(), taskloom_array::ArrayError>(())
/// ```
#[derive(Debug)]
pub struct Generator {
    seed: u64,
    draws: AtomicU64,
    dtype: DType,
    client: Option<Client>,
}

/// Streams of different kinds of draws are different, also of generators with the same seed: a new
/// generator per draw does not give normal numbers that follow from the uniform ones.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Uniform = 1,
    Normal,
    Exponential,
    Bernoulli,
    Integers,
    Permutation,
    Choice,
    Race,
    LogNormal,
    Weibull,
    Pareto,
    Rayleigh,
    Gumbel,
    Logistic,
    Laplace,
    Cauchy,
    Triangular,
    Geometric,
    Poisson,
    Binomial,
    NegativeBinomial,
    Hypergeometric,
    Logarithmic,
    Gamma,
    ChiSquare,
    BetaOne,
    BetaOther,
    Student,
    StudentSquares,
    FisherAbove,
    FisherBelow,
}

impl Generator {
    /// A generator of a seed, whose arrays belong to no client.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            draws: AtomicU64::new(0),
            dtype: DType::F64,
            client: None,
        }
    }

    /// The same generator, whose arrays belong to this client.
    #[must_use]
    pub fn on(self, client: &Client) -> Self {
        Self {
            client: Some(client.clone()),
            ..self
        }
    }

    /// The same generator with floating point numbers of this dtype: `float32` or `float64`. For
    /// others, arrays of such numbers are in the failed state.
    #[must_use]
    pub fn with_dtype(self, dtype: DType) -> Self {
        Self { dtype, ..self }
    }

    /// The stream of the next draw.
    pub(super) fn stream(&self, kind: Kind) -> Stream {
        let draw = self.draws.fetch_add(1, Ordering::Relaxed);
        Stream {
            seed: self.seed,
            draw: ((kind as u64) << 32) | (draw & 0xffff_ffff),
        }
    }

    /// The array, as one of the generator's client.
    #[track_caller]
    pub(super) fn given(&self, array: Result<Array>) -> Array {
        let array = Array::or_failed(array, None);
        match &self.client {
            Some(client) => array.on(client),
            None => array,
        }
    }

    #[track_caller]
    pub(super) fn floats(
        &self,
        name: &'static str,
        kind: Kind,
        distribution: Distribution,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        match self.float_dtype(name) {
            Ok(dtype) => self.drawn((name, kind), distribution, dtype, shape, chunks),
            Err(error) => self.given(Err(error)),
        }
    }

    /// The dtype of the floating point numbers that are drawn.
    ///
    /// # Errors
    /// If it is another one.
    pub(super) fn float_dtype(&self, name: &str) -> Result<DType> {
        match self.dtype {
            DType::F32 | DType::F64 => Ok(self.dtype),
            dtype => Err(ArrayError::DType {
                operation: name.to_owned(),
                dtype,
                reason: ": it draws float32 or float64".to_owned(),
            }),
        }
    }

    /// The next draw, of a dtype that the distribution is for.
    #[track_caller]
    pub(super) fn drawn(
        &self,
        (name, kind): (&'static str, Kind),
        distribution: Distribution,
        dtype: DType,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let pattern = Pattern::Random {
            stream: self.stream(kind),
            distribution,
        };
        self.given(Made::cut(name, pattern, dtype, shape, chunks))
    }

    /// Normal numbers of a mean and a standard deviation, or what others are made of.
    #[track_caller]
    pub(super) fn normals(
        &self,
        (name, kind): (&'static str, Kind),
        mean: f64,
        deviation: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        if deviation.is_nan() || deviation < 0.0 {
            let reason = format!("the deviation is {deviation}");
            return self.given(Err(ArrayError::value(name, reason)));
        }
        let distribution = Distribution::Normal { mean, deviation };
        self.floats(name, kind, distribution, shape, chunks)
    }

    /// Numbers from 0 to below 1, evenly spread, in steps of 2^-53 (2^-24 for `float32`).
    #[track_caller]
    pub fn random(
        &self,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let distribution = Distribution::Uniform {
            low: 0.0,
            high: 1.0,
        };
        self.floats("random", Kind::Uniform, distribution, shape, chunks)
    }

    /// Numbers from `low` up to `high`, evenly spread. Rounding can make the greatest ones `high`
    /// itself.
    #[track_caller]
    pub fn uniform(
        &self,
        low: f64,
        high: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        if !(high - low).is_finite() {
            let reason = format!("{low} to {high} is no range");
            return self.given(Err(ArrayError::value("uniform", reason)));
        }
        let distribution = Distribution::Uniform { low, high };
        self.floats("uniform", Kind::Uniform, distribution, shape, chunks)
    }

    /// Normal numbers of a mean and a standard deviation, by the inverse of their distribution.
    #[track_caller]
    pub fn normal(
        &self,
        mean: f64,
        deviation: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        self.normals(("normal", Kind::Normal), mean, deviation, shape, chunks)
    }

    /// Waiting times of a mean, by the inverse of their distribution.
    #[track_caller]
    pub fn exponential(
        &self,
        scale: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        if scale.is_nan() || scale < 0.0 {
            let reason = format!("the mean is {scale}");
            return self.given(Err(ArrayError::value("exponential", reason)));
        }
        let distribution = Distribution::Exponential { scale };
        self.floats(
            "exponential",
            Kind::Exponential,
            distribution,
            shape,
            chunks,
        )
    }

    /// Truth values that are true with a probability.
    #[track_caller]
    pub fn bernoulli(
        &self,
        p: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        if !(0.0..=1.0).contains(&p) {
            let reason = format!("{p} is no probability");
            return self.given(Err(ArrayError::value("bernoulli", reason)));
        }
        let draw = ("bernoulli", Kind::Bernoulli);
        let distribution = Distribution::Bernoulli { p };
        self.drawn(draw, distribution, DType::Bool, shape, chunks)
    }

    /// Integers from `low` to below `high`, each as likely as the others, of any integer dtype or as
    /// truth values.
    ///
    /// ```
    /// use taskloom_array::{DType, Generator};
    ///
    /// let dice = Generator::new(1).integers(1, 7, DType::U8, [100], [30]).compute_here()?;
    /// assert!(dice.into_vec::<u8>()?.iter().all(|eyes| (1..=6).contains(eyes)));
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn integers(
        &self,
        low: impl Into<i128>,
        high: impl Into<i128>,
        dtype: DType,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        match range(low.into(), high.into(), dtype) {
            Ok(distribution) => {
                let draw = ("integers", Kind::Integers);
                self.drawn(draw, distribution, dtype, shape, chunks)
            }
            Err(error) => self.given(Err(error)),
        }
    }
}

/// The integers of a range that a dtype holds.
fn range(low: i128, high: i128, dtype: DType) -> Result<Distribution> {
    let bits = 8 * dtype.itemsize() as u32;
    let (least, most) = match dtype.kind() {
        taskloom_kernels::Kind::Bool => (0, 2),
        taskloom_kernels::Kind::Unsigned => (0, 1_i128 << bits),
        taskloom_kernels::Kind::Signed => (-(1_i128 << (bits - 1)), 1_i128 << (bits - 1)),
        _ => {
            return Err(ArrayError::DType {
                operation: "integers".to_owned(),
                dtype,
                reason: String::new(),
            });
        }
    };
    if low >= high || low < least || high > most {
        let reason = format!("{low} to below {high} is no range of {dtype}");
        return Err(ArrayError::value("integers", reason));
    }
    Ok(Distribution::Integers {
        low,
        span: low.abs_diff(high),
    })
}
