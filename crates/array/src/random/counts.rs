//! Counts: whole numbers, `int64`.

use super::generator::{Generator, Kind};
use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::ArrayError;
use taskloom_kernels::DType;
use taskloom_kernels::make::{Distribution, Law};

/// The smallest probability of success of [`Generator::geometric`]: with less, numbers would come that
/// a float does not hold.
const SUCCESS_MIN: f64 = 1e-14;

impl Generator {
    #[track_caller]
    fn counts(
        &self,
        (name, kind): (&'static str, Kind),
        law: Law,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        if let Err(reason) = law.check() {
            return self.given(Err(ArrayError::value(name, reason)));
        }
        let distribution = Distribution::Counts(law);
        self.drawn((name, kind), distribution, DType::I64, shape, chunks)
    }

    /// How many events there are where `mean` are expected: the Poisson distribution, by its inverse.
    /// The mean is at most 4e8; beyond that, rounded normal numbers are as good.
    ///
    /// ```
    /// use taskloom_array::Generator;
    ///
    /// let calls = Generator::new(7).poisson(3.5, [10_000], [2_500]);
    /// let mean = calls.mean().to_local_here::<f64>()?[[]];
    /// assert!((mean - 3.5).abs() < 0.1);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn poisson(
        &self,
        mean: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let law = Law::Poisson { mean };
        self.counts(("poisson", Kind::Poisson), law, shape, chunks)
    }

    /// How many of `trials` succeed, each with probability `p`, by the inverse of the distribution.
    /// At most 10^9 trials, and a standard deviation of at most 20,000.
    #[track_caller]
    pub fn binomial(
        &self,
        trials: u64,
        p: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let law = Law::Binomial { trials, p };
        self.counts(("binomial", Kind::Binomial), law, shape, chunks)
    }

    /// How many trials fail before `successes` have succeeded, each with probability `p`, by the
    /// inverse of the distribution. `successes` need not be whole; `p` is at least 10^-4, and the
    /// standard deviation at most 20,000.
    #[track_caller]
    pub fn negative_binomial(
        &self,
        successes: f64,
        p: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let law = Law::NegativeBinomial { successes, p };
        let draw = ("negative_binomial", Kind::NegativeBinomial);
        self.counts(draw, law, shape, chunks)
    }

    /// How many good ones are among `drawn` of `good` good and `bad` others, without putting back, by
    /// the inverse of the distribution. At most 10^9 things, of which the standard deviation with
    /// putting back is at most 20,000.
    #[track_caller]
    pub fn hypergeometric(
        &self,
        good: u64,
        bad: u64,
        drawn: u64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let law = Law::Hypergeometric { good, bad, drawn };
        let draw = ("hypergeometric", Kind::Hypergeometric);
        self.counts(draw, law, shape, chunks)
    }

    /// Numbers from 1 on whose probabilities are as `p^k / k`: the logarithmic series, by the inverse
    /// of its distribution. `p` is at most 0.9999.
    #[track_caller]
    pub fn logseries(
        &self,
        p: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let law = Law::Logarithmic { p };
        self.counts(("logseries", Kind::Logarithmic), law, shape, chunks)
    }

    /// The number of the first trial that succeeds, each with probability `p`, of at least 10^-14.
    #[track_caller]
    pub fn geometric(
        &self,
        p: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        const NAME: &str = "geometric";
        if !(SUCCESS_MIN..=1.0).contains(&p) {
            let reason = format!("{p} is no probability from {SUCCESS_MIN} to 1");
            return self.given(Err(ArrayError::value(NAME, reason)));
        }
        // A waiting time is longer than `k` steps with the probability that `k` trials fail.
        let scale = -1.0 / (-p).ln_1p();
        let waiting = Distribution::Exponential { scale };
        let draw = (NAME, Kind::Geometric);
        let times = self.drawn(draw, waiting, DType::F64, shape, chunks);
        times.floor().astype(DType::I64) + 1
    }
}
