//! Histograms from digests.

use super::{TDigest, TDigestError};

/// The most bins of a histogram.
const MOST_BINS: usize = 1_000_000;

/// How many numbers lie in each bin.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The numbers per bin, as estimated, so fractions are usual.
    pub counts: Vec<f64>,
    /// The edges of the bins, one more than there are bins.
    pub edges: Vec<f64>,
}

impl TDigest {
    /// A histogram with this many bins of one width, from the least to the greatest number or over
    /// the given range. Equal ends are widened by a half to either side.
    ///
    /// # Errors
    /// If there are no bins or too many, or the range does not rise or is not finite.
    ///
    /// ```
    /// use taskloom_telemetry::TDigest;
    ///
    /// let mut digest = TDigest::default();
    /// digest.update([1.0, 2.0]);
    /// assert_eq!(digest.histogram(2, None)?.counts, [1.0, 1.0]);
    /// # Ok::<(), taskloom_telemetry::TDigestError>(())
    /// ```
    pub fn histogram(
        &self,
        bins: usize,
        range: Option<(f64, f64)>,
    ) -> Result<Histogram, TDigestError> {
        if bins == 0 || bins > MOST_BINS {
            return Err(TDigestError::Edges);
        }
        let (mut low, mut high) = match range {
            Some(range) => range,
            None if self.size() == 0.0 => (0.0, 0.0),
            None => (self.min, self.max),
        };
        if low == high {
            (low, high) = (low - 0.5, high + 0.5);
        }
        let width = (high - low) / bins as f64;
        let mut edges: Vec<f64> = (0..bins).map(|i| low + width * i as f64).collect();
        edges.push(high);
        self.histogram_at(&edges)
    }

    /// A histogram with bins between these edges.
    ///
    /// # Errors
    /// If there are fewer than two edges or too many, or they do not rise, or are not finite.
    pub fn histogram_at(&self, edges: &[f64]) -> Result<Histogram, TDigestError> {
        let rise = edges.iter().zip(edges.iter().skip(1)).all(|(a, b)| a <= b);
        let count = (2..=MOST_BINS + 1).contains(&edges.len());
        if !count || !rise || !edges.iter().all(|edge| edge.is_finite()) {
            return Err(TDigestError::Edges);
        }
        let flushed = self.flushed();
        let size = flushed.size();
        let below = |x: f64| if size > 0.0 { flushed.cdf(x) } else { 0.0 };
        let shares: Vec<f64> = edges.iter().map(|edge| below(*edge)).collect();
        let counts = shares
            .iter()
            .zip(shares.iter().skip(1))
            .map(|(a, b)| (b - a) * size)
            .collect();
        let edges = edges.to_vec();
        Ok(Histogram { counts, edges })
    }
}
