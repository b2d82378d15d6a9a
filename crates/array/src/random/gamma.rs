//! Gamma numbers, and what is made of them.

use super::generator::{Generator, Kind};
use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use taskloom_kernels::DType;
use taskloom_kernels::make::Distribution;

impl Generator {
    /// A draw of gamma numbers in `float64`, for which the dtype of the generator does not matter yet.
    fn gammas(
        &self,
        (name, kind): (&'static str, Kind),
        form: f64,
        shape: &[usize],
        chunks: &Chunks,
    ) -> Result<Array> {
        if !Distribution::GAMMA_FORMS.contains(&form) {
            let (least, most) = Distribution::GAMMA_FORMS.into_inner();
            let reason =
                format!("a form of {form} of gamma numbers; {least} to {most} are possible");
            return Err(ArrayError::value(name, reason));
        }
        let (shape, chunks) = (shape.iter().copied(), chunks.clone());
        let gamma = Distribution::Gamma { form };
        Ok(self.drawn((name, kind), gamma, DType::F64, shape, chunks))
    }

    /// What is made of draws, in the dtype of the generator.
    #[track_caller]
    fn made_of(&self, name: &'static str, made: Result<Array>) -> Array {
        match (made, self.float_dtype(name)) {
            (Ok(made), Ok(dtype)) => made.astype(dtype),
            (Err(error), _) | (_, Err(error)) => self.given(Err(error)),
        }
    }

    /// Numbers of the gamma distribution of a form and a scale, by the inverse of the distribution. The
    /// form is from 0.06 to 10,000; large ones take longer.
    ///
    /// ```
    /// use taskloom_array::Generator;
    ///
    /// let rain = Generator::new(7).gamma(2.0, 1.5, [10_000], [2_500]);
    /// let mean = rain.mean().to_local_here::<f64>()?[[]];
    /// assert!((mean - 3.0).abs() < 0.1);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn gamma(
        &self,
        form: f64,
        scale: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        const NAME: &str = "gamma";
        let made = above_zero(NAME, scale).and_then(|()| {
            let shape: Vec<usize> = shape.into_iter().collect();
            let draw = (NAME, Kind::Gamma);
            Ok(self.gammas(draw, form, &shape, &chunks.into())? * scale)
        });
        self.made_of(NAME, made)
    }

    /// Sums of squares of normal numbers, so many as there are degrees of `freedom`, which need not be
    /// whole: from 0.12 to 20,000.
    #[track_caller]
    pub fn chisquare(
        &self,
        freedom: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        const NAME: &str = "chisquare";
        let shape: Vec<usize> = shape.into_iter().collect();
        let draw = (NAME, Kind::ChiSquare);
        let halves = self.gammas(draw, freedom / 2.0, &shape, &chunks.into());
        self.made_of(NAME, halves.map(|halves| halves * 2.0))
    }

    /// Shares: numbers from 0 to 1 of the beta distribution of two forms, each from 0.06 to 10,000.
    #[track_caller]
    pub fn beta(
        &self,
        one: f64,
        other: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        const NAME: &str = "beta";
        let (shape, chunks): (Vec<usize>, _) = (shape.into_iter().collect(), chunks.into());
        let made = self
            .gammas((NAME, Kind::BetaOne), one, &shape, &chunks)
            .and_then(|one| {
                let draw = (NAME, Kind::BetaOther);
                let other = self.gammas(draw, other, &shape, &chunks)?;
                Ok(&one / (&one + &other))
            });
        self.made_of(NAME, made)
    }

    /// Numbers of Student's t distribution of so many degrees of `freedom`, from 0.12 to 20,000: a
    /// normal number divided by the root of the mean of so many squares of others.
    #[track_caller]
    pub fn standard_t(
        &self,
        freedom: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        const NAME: &str = "standard_t";
        let (shape, chunks): (Vec<usize>, _) = (shape.into_iter().collect(), chunks.into());
        let draw = (NAME, Kind::StudentSquares);
        let halves = self.gammas(draw, freedom / 2.0, &shape, &chunks);
        let made = halves.map(|halves| {
            let normal = Distribution::Normal {
                mean: 0.0,
                deviation: 1.0,
            };
            let draw = (NAME, Kind::Student);
            let normal = self.drawn(draw, normal, DType::F64, shape, chunks);
            normal / (halves * (2.0 / freedom)).sqrt()
        });
        self.made_of(NAME, made)
    }

    /// Numbers of Fisher's F distribution: the mean of `above` squares of normal numbers divided by
    /// that of `below` others. Both degrees of freedom are from 0.12 to 20,000.
    #[track_caller]
    pub fn f(
        &self,
        above: f64,
        below: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        const NAME: &str = "f";
        let (shape, chunks): (Vec<usize>, _) = (shape.into_iter().collect(), chunks.into());
        let made = self
            .gammas((NAME, Kind::FisherAbove), above / 2.0, &shape, &chunks)
            .and_then(|over| {
                let draw = (NAME, Kind::FisherBelow);
                let under = self.gammas(draw, below / 2.0, &shape, &chunks)?;
                Ok((over * (below / above)) / under)
            });
        self.made_of(NAME, made)
    }
}

/// That a scale is one.
fn above_zero(name: &str, scale: f64) -> Result<()> {
    match scale > 0.0 && scale.is_finite() {
        true => Ok(()),
        false => Err(ArrayError::value(name, format!("the scale is {scale}"))),
    }
}
