//! Delays counted by the minute: exact medians that can be merged.

use serde::{Deserialize, Serialize};

/// How many departures were late (or early, below zero) by each minute. Two of these can be merged
/// without loss, so the median over a year is exact and not an estimate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelayCounts(Vec<(i16, u32)>);

impl DelayCounts {
    /// Counts delays in any order. The slice is sorted on the way.
    pub fn of(delays: &mut [i16]) -> Self {
        delays.sort_unstable();
        let runs = delays.chunk_by(|a, b| a == b);
        Self(
            runs.map(|run| (run[0], u32::try_from(run.len()).unwrap_or(u32::MAX)))
                .collect(),
        )
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Self) {
        let mut all = std::mem::take(&mut self.0);
        all.extend_from_slice(&other.0);
        all.sort_unstable_by_key(|&(minute, _)| minute);
        all.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        self.0 = all;
    }

    /// How many departures were counted.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|&(_, count)| u64::from(count)).sum()
    }

    /// The sum of all delays in minutes.
    pub fn sum(&self) -> i64 {
        self.0
            .iter()
            .map(|&(minute, count)| i64::from(minute) * i64::from(count))
            .sum()
    }

    /// How many were later than `minutes`.
    pub fn later_than(&self, minutes: i16) -> u64 {
        let from = self.0.partition_point(|&(minute, _)| minute <= minutes);
        self.0[from..]
            .iter()
            .map(|&(_, count)| u64::from(count))
            .sum()
    }

    /// The delay in the middle, halfway between the two middle ones if their number is even;
    /// `None` if there are none.
    pub fn median(&self) -> Option<f64> {
        let total = self.total();
        let low = self.nth(total.checked_sub(1)? / 2)?;
        let high = self.nth(total / 2)?;
        Some(f64::from(i32::from(low) + i32::from(high)) / 2.0)
    }

    /// The delay at this place of the sorted delays.
    fn nth(&self, place: u64) -> Option<i16> {
        let mut before = 0;
        self.0.iter().find_map(|&(minute, count)| {
            before += u64::from(count);
            (before > place).then_some(minute)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_median_is_exact_after_a_merge() {
        let mut counts = DelayCounts::of(&mut [20, -3, 0]);
        counts.merge(&DelayCounts::of(&mut [5, -3, 16, 1]));
        // -3 -3 0 1 5 16 20
        assert_eq!(counts.median(), Some(1.0));
        assert_eq!(
            (counts.total(), counts.sum(), counts.later_than(15)),
            (7, 36, 2)
        );
        counts.merge(&DelayCounts::of(&mut [2]));
        assert_eq!(counts.median(), Some(1.5));
        assert_eq!(DelayCounts::default().median(), None);
    }
}
