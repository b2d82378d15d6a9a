//! How points become centroids.

use super::{Centroid, TDigest};
use std::borrow::Cow;
use std::f64::consts::{FRAC_PI_2, PI};

impl TDigest {
    /// Merges what waits in the buffer. Nothing that can be read changes by it.
    pub fn flush(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.sort_by(|a, b| a.mean.total_cmp(&b.mean));
        self.join(&buffer);
        buffer.clear();
        self.buffer = buffer;
    }

    /// This digest with nothing in its buffer.
    pub(super) fn flushed(&self) -> Cow<'_, Self> {
        if self.buffer.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut flushed = self.clone();
        flushed.flush();
        Cow::Owned(flushed)
    }

    /// Takes in all that another digest holds, which stays as it is.
    pub fn merge(&mut self, other: &Self) {
        let other = other.flushed();
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.flush();
        self.join(&other.centroids);
    }

    /// Adds many numbers at once, which is cheaper than one at a time. They are left sorted.
    ///
    /// All have to be finite.
    pub(crate) fn add_block(&mut self, numbers: &mut [f64]) {
        numbers.sort_unstable_by(f64::total_cmp);
        if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
            self.min = self.min.min(*first);
            self.max = self.max.max(*last);
        }
        let points: Vec<Centroid> = numbers
            .iter()
            .map(|&mean| Centroid { mean, weight: 1.0 })
            .collect();
        self.flush();
        self.join(&points);
    }

    /// Merges points that are in order with the centroids.
    fn join(&mut self, points: &[Centroid]) {
        if points.is_empty() {
            return;
        }
        let total = self.total + points.iter().map(|c| c.weight).sum::<f64>();
        let room = self.centroids.len() + points.len();
        let mut joined = Joined {
            compression: self.compression,
            total,
            before: 0.0,
            limit: f64::NEG_INFINITY,
            centroids: Vec::with_capacity(room.min(2 * self.compression.ceil() as usize + 1)),
        };
        let (mut old, mut new) = (self.centroids.iter().peekable(), points.iter().peekable());
        loop {
            let next = match (old.peek(), new.peek()) {
                (Some(a), Some(b)) if a.mean <= b.mean => old.next(),
                (_, Some(_)) => new.next(),
                (Some(_), None) => old.next(),
                (None, None) => break,
            };
            if let Some(centroid) = next {
                joined.push(*centroid);
            }
        }
        self.centroids = joined.centroids;
        self.total = total;
    }
}

/// Centroids while they are made.
struct Joined {
    compression: f64,
    total: f64,
    /// The weight of all that was pushed.
    before: f64,
    /// Up to what weight of all the last centroid takes more in.
    limit: f64,
    centroids: Vec<Centroid>,
}

impl Joined {
    fn push(&mut self, point: Centroid) {
        let after = self.before + point.weight;
        match self.centroids.last_mut() {
            Some(last) if after <= self.limit => {
                last.weight += point.weight;
                last.mean += (point.mean - last.mean) * point.weight / last.weight;
            }
            _ => {
                self.limit = self.limit_from(self.before);
                self.centroids.push(point);
            }
        }
        self.before = after;
    }

    /// How far a centroid reaches that begins after this weight: one unit of the scale function
    /// `k(q) = C (asin(2q - 1) + pi/2) / pi`.
    fn limit_from(&self, weight: f64) -> f64 {
        let q = (weight / self.total).clamp(0.0, 1.0);
        let k = self.compression * ((2.0 * q - 1.0).asin() + FRAC_PI_2) / PI + 1.0;
        if k >= self.compression {
            return f64::INFINITY;
        }
        let q = ((k * PI / self.compression - FRAC_PI_2).sin() + 1.0) / 2.0;
        q * self.total
    }
}
