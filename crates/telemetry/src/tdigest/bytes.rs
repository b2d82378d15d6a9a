//! Digests as bytes, to be stored or sent.

use super::{COMPRESSIONS, Centroid, TDigest, TDigestError};

/// The first byte, for the day when the form changes.
const VERSION: u8 = 1;

impl TDigest {
    /// This digest as bytes: a byte for the version, then numbers of 8 bytes each, the least byte
    /// first: compression, least, greatest, then mean and weight of each centroid.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let flushed = self.flushed();
        let mut bytes = Vec::with_capacity(25 + 16 * flushed.centroids.len());
        bytes.push(VERSION);
        for number in [flushed.compression, flushed.min, flushed.max] {
            bytes.extend(number.to_le_bytes());
        }
        for centroid in &flushed.centroids {
            bytes.extend(centroid.mean.to_le_bytes());
            bytes.extend(centroid.weight.to_le_bytes());
        }
        bytes
    }

    /// The digest that these bytes are.
    ///
    /// # Errors
    /// If they are no digest: everything is checked, so they may come from anywhere.
    ///
    /// ```
    /// use taskloom_telemetry::TDigest;
    ///
    /// let mut digest = TDigest::default();
    /// digest.update([1.0, 2.0, 3.0]);
    /// let copy = TDigest::from_bytes(&digest.to_bytes())?;
    /// assert_eq!(copy.centroids(), digest.centroids());
    /// # Ok::<(), taskloom_telemetry::TDigestError>(())
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TDigestError> {
        let wrong = TDigestError::Bytes;
        let Some((&VERSION, rest)) = bytes.split_first() else {
            return Err(wrong("they are of an unknown version"));
        };
        let (numbers, odd) = rest.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|eight| f64::from_le_bytes(*eight));
        let mut next = || numbers.next().ok_or(wrong("they are cut off"));
        let (compression, min, max) = (next()?, next()?, next()?);
        if !(COMPRESSIONS.0..=COMPRESSIONS.1).contains(&compression) {
            return Err(wrong("the compression is out of bounds"));
        }
        let mut digest = Self::with_valid_compression(compression);
        (digest.min, digest.max) = (min, max);
        let mut least = min;
        while let Some(mean) = numbers.next() {
            let weight = numbers.next().ok_or(wrong("they are cut off"))?;
            // Written so that NaN fails too. Rounding may have put a mean just outside its bounds.
            if !(mean.is_finite() && least.is_finite() && weight.is_finite() && weight > 0.0) {
                return Err(wrong("a centroid is not made of finite numbers"));
            }
            if !digest.centroids.is_empty() && mean < least {
                return Err(wrong("the centroids are not in order"));
            }
            if digest.centroids.len() > 2 * compression.ceil() as usize {
                return Err(wrong(
                    "there are more centroids than the compression allows",
                ));
            }
            least = mean;
            digest.total += weight;
            digest.centroids.push(Centroid { mean, weight });
        }
        let none = min.is_nan() && max.is_nan() && digest.centroids.is_empty();
        if !odd.is_empty() || !(none || (min.is_finite() && max.is_finite() && min <= max)) {
            return Err(wrong("the least and greatest number do not fit"));
        }
        Ok(digest)
    }
}
