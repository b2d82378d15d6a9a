//! Numbers whose distribution has an inverse in simple functions of a waiting time or of a normal
//! number: each is that draw and a few operations element by element, which run in the same task.

use super::generator::{Generator, Kind};
use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::ArrayError;
use taskloom_kernels::make::Distribution;

impl Generator {
    /// Waiting times of mean 1 that become numbers of another distribution, whose scale or form is
    /// given.
    #[track_caller]
    fn by_waiting(
        &self,
        (name, kind): (&'static str, Kind),
        parameter: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
        become_them: impl FnOnce(&Array) -> Array,
    ) -> Array {
        if !(parameter > 0.0 && parameter.is_finite()) {
            let reason = format!("the scale or form is {parameter}, and must be above 0");
            return self.given(Err(ArrayError::value(name, reason)));
        }
        let waiting = Distribution::Exponential { scale: 1.0 };
        become_them(&self.floats(name, kind, waiting, shape, chunks))
    }

    /// Numbers whose logarithm is normal, of a mean and a standard deviation.
    ///
    /// ```
    /// use taskloom_array::Generator;
    ///
    /// let sizes = Generator::new(7).lognormal(0.0, 0.5, [1000], [100]);
    /// assert!(sizes.min().to_local_here::<f64>()?[[]] > 0.0);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn lognormal(
        &self,
        mean: f64,
        deviation: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let draw = ("lognormal", Kind::LogNormal);
        self.normals(draw, mean, deviation, shape, chunks).exp()
    }

    /// Numbers of the Weibull distribution of a form, of scale 1.
    #[track_caller]
    pub fn weibull(
        &self,
        form: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let draw = ("weibull", Kind::Weibull);
        self.by_waiting(draw, form, shape, chunks, |x| x.power(1.0 / form))
    }

    /// Numbers of the Pareto distribution of the second kind (Lomax) of a form, as numpy's: they begin
    /// at 0.
    #[track_caller]
    pub fn pareto(
        &self,
        form: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let draw = ("pareto", Kind::Pareto);
        self.by_waiting(draw, form, shape, chunks, |x| (x / form).expm1())
    }

    /// Lengths of vectors of two normal numbers, of a mode.
    #[track_caller]
    pub fn rayleigh(
        &self,
        scale: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let draw = ("rayleigh", Kind::Rayleigh);
        self.by_waiting(draw, scale, shape, chunks, |x| (x * 2.0).sqrt() * scale)
    }

    /// Largest ones of many: the Gumbel distribution of a mode and a scale.
    #[track_caller]
    pub fn gumbel(
        &self,
        mode: f64,
        scale: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let draw = ("gumbel", Kind::Gumbel);
        self.by_waiting(draw, scale, shape, chunks, |x| x.log() * -scale + mode)
    }

    /// Numbers of the logistic distribution of a mean and a scale.
    #[track_caller]
    pub fn logistic(
        &self,
        mean: f64,
        scale: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let draw = ("logistic", Kind::Logistic);
        self.by_waiting(draw, scale, shape, chunks, |x| {
            x.expm1().log() * scale + mean
        })
    }

    /// Numbers of the Laplace distribution of a mean and a scale: waiting times to both sides.
    #[track_caller]
    pub fn laplace(
        &self,
        mean: f64,
        scale: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let half = std::f64::consts::LN_2;
        let draw = ("laplace", Kind::Laplace);
        self.by_waiting(draw, scale, shape, chunks, |x| {
            // With 1 - exp(-x) the place in the distribution: ln(2 p) below its middle, above it
            // -ln(2 (1 - p)).
            let below = ((-x).expm1() * -2.0).log();
            x.lt(half).where_(below, x - half) * scale + mean
        })
    }

    /// Ratios of two normal numbers of mean 0: the Cauchy distribution around 0.
    #[track_caller]
    pub fn standard_cauchy(
        &self,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let around = Distribution::Uniform {
            low: -0.5,
            high: 0.5,
        };
        let share = self.floats("standard_cauchy", Kind::Cauchy, around, shape, chunks);
        (share * std::f64::consts::PI).tan()
    }

    /// Numbers from `left` to `right` that are most likely at `mode`, and less so the farther from it.
    #[track_caller]
    pub fn triangular(
        &self,
        left: f64,
        mode: f64,
        right: f64,
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        const NAME: &str = "triangular";
        let width = right - left;
        if !(left <= mode && mode <= right && width > 0.0 && width.is_finite()) {
            let reason = format!("{left}, {mode} and {right} are no triangle");
            return self.given(Err(ArrayError::value(NAME, reason)));
        }
        let unit = Distribution::Uniform {
            low: 0.0,
            high: 1.0,
        };
        let x = self.floats(NAME, Kind::Triangular, unit, shape, chunks);
        let below = (&x * (width * (mode - left))).sqrt() + left;
        let above = ((&x * -1.0 + 1.0) * (width * (right - mode))).sqrt() * -1.0 + right;
        x.lt((mode - left) / width).where_(below, above)
    }
}
