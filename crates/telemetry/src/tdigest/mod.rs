//! A digest of many numbers in little memory, from which quantiles are read: most exact at both
//! ends, where latencies are interesting.
//!
//! This is the *merging* t-digest of T. Dunning and O. Ertl ("Computing Extremely Accurate
//! Quantiles Using t-Digests", 2019), with the behaviour of `crick`, the implementation that Dask
//! uses: its buffer, its scale function and the way it interpolates. One thing is arranged otherwise:
//! how much may join a centroid is worked out once per centroid and not once per point.

mod bytes;
mod histogram;
mod merge;
mod read;

pub use histogram::Histogram;

/// The least and the greatest compression.
const COMPRESSIONS: (f64, f64) = (20.0, 1000.0);

/// Some numbers that lie together: their mean, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centroid {
    /// The mean of the numbers.
    pub mean: f64,
    /// How many there are, which decay and weights can make a fraction.
    pub weight: f64,
}

/// Why a digest refused something.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TDigestError {
    /// The compression is not a finite number.
    #[error("the compression of a digest has to be a finite number, not {0}")]
    Compression(f64),
    /// A weight is not above zero and finite.
    #[error("a weight has to be above zero and finite, not {0}")]
    Weight(f64),
    /// A factor is not above zero and finite.
    #[error("a digest is scaled by a finite number above zero, not by {0}")]
    Scale(f64),
    /// A quantile is not a finite number.
    #[error("a quantile has to be a finite number, not {0}")]
    Quantile(f64),
    /// Edges of bins do not rise, or there are fewer than two.
    #[error("a histogram needs at least two finite edges that rise, and at most 1,000,000")]
    Edges,
    /// Bytes are not a digest.
    #[error("these bytes are not a digest: {0}")]
    Bytes(&'static str),
}

/// A digest of many numbers, from which quantiles are read.
///
/// ```
/// use taskloom_telemetry::TDigest;
///
/// let mut digest = TDigest::default();
/// digest.update((1..=1000).map(f64::from));
/// let p99 = digest.quantile(0.99)?;
/// assert!((p99 - 990.0).abs() < 1.0, "{p99}");
/// # Ok::<(), taskloom_telemetry::TDigestError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TDigest {
    compression: f64,
    /// In the order of their means.
    centroids: Vec<Centroid>,
    /// The weight of the centroids.
    total: f64,
    /// What came since the last merge, in the order in which it came.
    buffer: Vec<Centroid>,
    min: f64,
    max: f64,
}

impl Default for TDigest {
    fn default() -> Self {
        Self::with_valid_compression(100.0)
    }
}

impl TDigest {
    /// A digest that keeps at most twice `compression` centroids. What is outside 20 to 1,000 is
    /// taken as the nearer of these.
    ///
    /// # Errors
    /// If the compression is not finite.
    pub fn new(compression: f64) -> Result<Self, TDigestError> {
        if !compression.is_finite() {
            return Err(TDigestError::Compression(compression));
        }
        Ok(Self::with_valid_compression(
            compression.clamp(COMPRESSIONS.0, COMPRESSIONS.1),
        ))
    }

    fn with_valid_compression(compression: f64) -> Self {
        Self {
            compression,
            centroids: Vec::new(),
            total: 0.0,
            buffer: Vec::new(),
            min: f64::NAN,
            max: f64::NAN,
        }
    }

    /// How many points wait before they are merged.
    fn buffer_limit(&self) -> usize {
        let c = self.compression;
        // Between 14 and 178.
        (7.5 + 0.37 * c - 2e-4 * c * c) as usize
    }

    /// Adds a number. What is not finite is left out.
    pub fn add(&mut self, x: f64) {
        self.push(x, 1.0);
    }

    /// Adds a number as if it came `weight` times. A number that is not finite is left out, and so
    /// is one whose weight is too little to matter.
    ///
    /// # Errors
    /// If the weight is not above zero and finite.
    pub fn add_weighted(&mut self, x: f64, weight: f64) -> Result<(), TDigestError> {
        if !(weight.is_finite() && weight > 0.0) {
            return Err(TDigestError::Weight(weight));
        }
        if weight > f64::EPSILON {
            self.push(x, weight);
        }
        Ok(())
    }

    /// Adds many numbers. Those that are not finite are left out.
    pub fn update(&mut self, numbers: impl IntoIterator<Item = f64>) {
        for x in numbers {
            self.push(x, 1.0);
        }
    }

    fn push(&mut self, x: f64, weight: f64) {
        if !x.is_finite() {
            return;
        }
        // `min` and `max` of NaN and a number are the number.
        self.min = self.min.min(x);
        self.max = self.max.max(x);
        self.buffer.push(Centroid { mean: x, weight });
        if self.buffer.len() >= self.buffer_limit() {
            self.flush();
        }
    }

    /// The weight of all numbers: how many they are, if none was weighted or scaled.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.total + self.buffer.iter().map(|c| c.weight).sum::<f64>()
    }

    /// The least number, NaN if there was none.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.min
    }

    /// The greatest number, NaN if there was none.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.max
    }

    /// The compression that this digest has.
    #[must_use]
    pub fn compression(&self) -> f64 {
        self.compression
    }

    /// The centroids, in the order of their means.
    #[must_use]
    pub fn centroids(&self) -> Vec<Centroid> {
        self.flushed().centroids.clone()
    }

    /// A new digest with all weights times `factor`. Centroids that become too light to matter
    /// vanish; the least and the greatest number stay.
    ///
    /// # Errors
    /// If the factor is not above zero and finite.
    pub fn scale(&self, factor: f64) -> Result<Self, TDigestError> {
        if !(factor.is_finite() && factor > 0.0) {
            return Err(TDigestError::Scale(factor));
        }
        let flushed = self.flushed();
        let mut scaled = Self {
            compression: self.compression,
            centroids: Vec::with_capacity(flushed.centroids.len()),
            total: 0.0,
            buffer: Vec::new(),
            min: self.min,
            max: self.max,
        };
        for centroid in &flushed.centroids {
            let weight = centroid.weight * factor;
            if weight > f64::EPSILON {
                scaled.total += weight;
                scaled.centroids.push(Centroid {
                    weight,
                    ..*centroid
                });
            }
        }
        Ok(scaled)
    }
}

#[cfg(test)]
mod tests;
