//! Quantiles and shares, interpolated between the centres of centroids.

use super::{TDigest, TDigestError};

impl TDigest {
    /// The number below which the share `q` of all numbers lies. Zero and less is the least number,
    /// one and more the greatest; NaN if there are no numbers.
    ///
    /// # Errors
    /// If `q` is not finite.
    pub fn quantile(&self, q: f64) -> Result<f64, TDigestError> {
        if !q.is_finite() {
            return Err(TDigestError::Quantile(q));
        }
        Ok(self.flushed().quantile_of_flushed(q))
    }

    /// Several quantiles at once.
    ///
    /// # Errors
    /// If one of them is not finite.
    pub fn quantiles(&self, qs: &[f64]) -> Result<Vec<f64>, TDigestError> {
        let flushed = self.flushed();
        qs.iter().map(|q| flushed.quantile(*q)).collect()
    }

    fn quantile_of_flushed(&self, q: f64) -> f64 {
        let (Some(first), Some(last)) = (self.centroids.first(), self.centroids.last()) else {
            return f64::NAN;
        };
        if q <= 0.0 {
            return self.min;
        }
        if q >= 1.0 {
            return self.max;
        }
        if self.centroids.len() == 1 {
            return first.mean;
        }
        let sought = q * self.total;
        let mut before = first.weight / 2.0;
        if sought < before {
            return between(self.min, first.mean, sought / before);
        }
        for (left, right) in self.centroids.iter().zip(self.centroids.iter().skip(1)) {
            let step = (left.weight + right.weight) / 2.0;
            if before + step > sought {
                return between(left.mean, right.mean, (sought - before) / step);
            }
            before += step;
        }
        between(last.mean, self.max, (sought - before) / (last.weight / 2.0))
    }

    /// The share of the numbers that are at most `x`, where those exactly at a centroid count half.
    /// NaN if there are no numbers or `x` is NaN.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        self.flushed().cdf_of_flushed(x)
    }

    fn cdf_of_flushed(&self, x: f64) -> f64 {
        let (Some(first), Some(last)) = (self.centroids.first(), self.centroids.last()) else {
            return f64::NAN;
        };
        if x.is_nan() {
            return f64::NAN;
        }
        if self.min == self.max {
            return match x.total_cmp(&self.min) {
                _ if x == self.min => 0.5,
                std::cmp::Ordering::Less => 0.0,
                _ => 1.0,
            };
        }
        if x <= self.min {
            return 0.0;
        }
        if x >= self.max {
            return 1.0;
        }
        if x < first.mean {
            return share(self.min, first.mean, x) * first.weight / 2.0 / self.total;
        }
        if x > last.mean {
            return 1.0 - share(self.max, last.mean, x) * last.weight / 2.0 / self.total;
        }
        // The centroids from `low` to `high` have this mean; if none has, both are the same place.
        let low = self.centroids.partition_point(|c| c.mean < x);
        let high = self.centroids.partition_point(|c| c.mean <= x);
        let below: f64 = self.centroids.iter().take(low).map(|c| c.weight).sum();
        let at: f64 = self.centroids[low..high].iter().map(|c| c.weight).sum();
        if low < high {
            return (below + at / 2.0) / self.total;
        }
        // `x` is above the first mean and below the last, so there is one on either side.
        let (left, right) = (self.centroids[low - 1], self.centroids[low]);
        let step = (left.weight + right.weight) / 2.0;
        let centre = below - left.weight / 2.0;
        (centre + step * share(left.mean, right.mean, x)) / self.total
    }
}

/// The number at this share of the way from `a` to `b`.
fn between(a: f64, b: f64, share: f64) -> f64 {
    // Held between the two, so that rounding never gives a number that was never there.
    (a + (b - a) * share).clamp(a.min(b), a.max(b))
}

/// How far from `a` to `b` the number lies, from 0 to 1.
fn share(a: f64, b: f64, x: f64) -> f64 {
    ((x - a) / (b - a)).clamp(0.0, 1.0)
}
