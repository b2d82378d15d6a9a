//! Counts: whole numbers by the inverse of their distribution.
//!
//! A table holds the running sums of the probabilities, and a word of the stream says at which of
//! them to look. The probabilities follow from that of the most likely number by the ratio of
//! neighbours, so no function of the system's library takes part: the numbers are the same on all
//! machines. What is less likely than a word can show is left out.

use super::distribution::unit;
use crate::error::KernelError;
use serde::{Deserialize, Serialize};

/// How counts are spread. The results are `int64`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Law {
    /// How many events there are where so many are expected.
    Poisson {
        /// The mean.
        mean: f64,
    },
    /// How many trials succeed.
    Binomial {
        /// How many there are.
        trials: u64,
        /// The probability of each.
        p: f64,
    },
    /// How many trials fail before so many have succeeded.
    NegativeBinomial {
        /// How many; not only whole numbers.
        successes: f64,
        /// The probability of success.
        p: f64,
    },
    /// How many good ones are among those that are drawn without putting back.
    Hypergeometric {
        /// How many good ones there are.
        good: u64,
        /// How many others.
        bad: u64,
        /// How many are drawn.
        drawn: u64,
    },
    /// The logarithmic series: `p^k / k`, from 1 on.
    Logarithmic {
        /// The ratio, from 0 to below 1.
        p: f64,
    },
}

/// The largest standard deviation: with it a table has less than a million entries.
const DEVIATION_MAX: f64 = 2e4;

/// The smallest probability of success, and distance from 1, of laws that fall off slowly.
const SLOPE_MIN: f64 = 1e-4;

/// Most trials, and most things to draw from.
const TRIALS_MAX: u64 = 1_000_000_000;

/// More entries would come of parameters out of range alone.
const ENTRIES_MAX: usize = 1 << 21;

/// What is less likely than the most likely number by this factor, 2^-80, comes never: all of it
/// together is less than a step of a word.
const LEAST: f64 = 8.271_806_125_530_277e-25;

/// So many places say where in the table to begin.
const GUIDES: usize = 1024;

impl Law {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Poisson { .. } => "poisson",
            Self::Binomial { .. } => "binomial",
            Self::NegativeBinomial { .. } => "negative_binomial",
            Self::Hypergeometric { .. } => "hypergeometric",
            Self::Logarithmic { .. } => "logseries",
        }
    }

    /// That the parameters are those of a law, and the table of it is not too long.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), String> {
        let is_share = |p: f64| (0.0..=1.0).contains(&p);
        match *self {
            Self::Poisson { mean } => match mean >= 0.0 {
                true => wide(mean),
                false => Err(format!("the mean is {mean}")),
            },
            Self::Binomial { trials, .. } if trials > TRIALS_MAX => {
                Err(format!("{trials} trials; {TRIALS_MAX} is the most"))
            }
            Self::Binomial { trials, p } => match is_share(p) {
                true => wide(trials as f64 * p * (1.0 - p)),
                false => Err(format!("{p} is no probability")),
            },
            Self::NegativeBinomial { successes, p } => match successes > 0.0 && is_share(p) {
                true if p < SLOPE_MIN => Err(format!("{p} is below {SLOPE_MIN}, the least")),
                true => wide(successes * (1.0 - p) / (p * p)),
                false => Err(format!("{successes} successes of probability {p}")),
            },
            Self::Hypergeometric { good, bad, drawn } => {
                let all = good.checked_add(bad).filter(|&all| all <= TRIALS_MAX);
                match all {
                    None => Err(format!("{good} and {bad} things; {TRIALS_MAX} is the most")),
                    Some(all) if drawn > all => {
                        Err(format!("{drawn} cannot be drawn of {all} things"))
                    }
                    Some(all) => {
                        let share = good as f64 / (all.max(1)) as f64;
                        wide(drawn as f64 * share * (1.0 - share))
                    }
                }
            }
            Self::Logarithmic { p } => match (0.0..=1.0 - SLOPE_MIN).contains(&p) {
                true => Ok(()),
                false => Err(format!("{p} is not from 0 to {}", 1.0 - SLOPE_MIN)),
            },
        }
    }

    /// The smallest and the largest number that can come.
    fn range(&self) -> (u64, u64) {
        match *self {
            Self::Poisson { .. } | Self::NegativeBinomial { .. } => (0, u64::MAX),
            Self::Binomial { trials, .. } => (0, trials),
            Self::Hypergeometric { good, bad, drawn } => {
                (drawn.saturating_sub(bad), drawn.min(good))
            }
            Self::Logarithmic { .. } => (1, u64::MAX),
        }
    }

    /// A number that is about the most likely one.
    fn middle(&self) -> u64 {
        let middle = match *self {
            Self::Poisson { mean } => mean,
            Self::Binomial { trials, p } => (trials as f64 + 1.0) * p,
            Self::NegativeBinomial { successes, p } => (successes - 1.0).max(0.0) * (1.0 - p) / p,
            Self::Hypergeometric { good, bad, drawn } => {
                (drawn as f64 + 1.0) * (good as f64 + 1.0) / ((good + bad) as f64 + 2.0)
            }
            Self::Logarithmic { .. } => 1.0,
        };
        let (least, most) = self.range();
        (middle as u64).clamp(least, most)
    }

    /// How much more likely `k + 1` is than `k`, for `k` in the range and below its end.
    fn growth(&self, k: u64) -> f64 {
        let at = k as f64;
        match *self {
            Self::Poisson { mean } => mean / (at + 1.0),
            Self::Binomial { trials, p } => (trials - k) as f64 / (at + 1.0) * (p / (1.0 - p)),
            Self::NegativeBinomial { successes, p } => (at + successes) / (at + 1.0) * (1.0 - p),
            Self::Hypergeometric { good, bad, drawn } => {
                let good = (good - k) as f64 * ((drawn - k) as f64 / (at + 1.0));
                good / (bad + k + 1 - drawn) as f64
            }
            Self::Logarithmic { p } => p * (at / (at + 1.0)),
        }
    }

    /// The table.
    ///
    /// # Errors
    /// If the parameters are out of range.
    pub(super) fn table(&self) -> Result<Table, KernelError> {
        let error = |reason| KernelError::value(self.name(), reason);
        self.check().map_err(error)?;
        let too_long = || error(format!("the table would be longer than {ENTRIES_MAX}"));
        let ((least, most), middle) = (self.range(), self.middle());
        // The most likely number has the weight 1; the weights below it, then those above it.
        let mut weights = Vec::new();
        let (mut first, mut weight) = (middle, 1.0);
        while first > least {
            weight /= self.growth(first - 1);
            if weight.is_nan() || weight < LEAST {
                break;
            }
            first -= 1;
            weights.push(weight);
            if weights.len() > ENTRIES_MAX {
                return Err(too_long());
            }
        }
        weights.reverse();
        weights.push(1.0);
        let (mut last, mut weight) = (middle, 1.0);
        while last < most {
            weight *= self.growth(last);
            if weight.is_nan() || weight < LEAST {
                break;
            }
            last += 1;
            weights.push(weight);
            if weights.len() > ENTRIES_MAX {
                return Err(too_long());
            }
        }
        Ok(Table::new(first, weights))
    }
}

/// That a variance is small enough.
fn wide(variance: f64) -> Result<(), String> {
    match variance <= DEVIATION_MAX * DEVIATION_MAX {
        true => Ok(()),
        false => Err(format!(
            "the standard deviation would be {:.0}, and {DEVIATION_MAX} is the most: round normal \
             numbers, which are as good there",
            variance.sqrt()
        )),
    }
}

/// Numbers and the running sums of their probabilities.
pub(super) struct Table {
    first: u64,
    /// Of the numbers from `first` on; the last one is 1.
    sums: Vec<f64>,
    /// For each step of the first bits of a word, the first number that can be meant.
    guides: Vec<usize>,
}

impl Table {
    fn new(first: u64, weights: Vec<f64>) -> Self {
        let mut sums = weights;
        // Summed with what rounding leaves over (Kahan).
        let (mut sum, mut over) = (0.0, 0.0);
        for weight in &mut sums {
            let term = *weight - over;
            let next = sum + term;
            over = (next - sum) - term;
            sum = next;
            *weight = sum;
        }
        for weight in &mut sums {
            *weight /= sum;
        }
        if let Some(last) = sums.last_mut() {
            *last = 1.0;
        }
        let mut at = 0;
        let guides = (0..=GUIDES).map(|guide| {
            let share = guide as f64 / GUIDES as f64;
            while sums.get(at).is_some_and(|&sum| sum <= share) {
                at += 1;
            }
            at
        });
        let guides = guides.collect();
        Self {
            first,
            sums,
            guides,
        }
    }

    /// The number that a word means.
    fn number(&self, word: u64) -> i64 {
        let share = unit(word);
        let guide = (share * GUIDES as f64) as usize;
        let from = self.guides.get(guide).copied().unwrap_or(0);
        let to = self
            .guides
            .get(guide + 1)
            .map_or(self.sums.len(), |to| to + 1);
        let some = self.sums.get(from..to.min(self.sums.len()));
        let place = some.map_or(0, |some| some.partition_point(|&sum| sum <= share));
        // Tables are far shorter than the integers are wide.
        (self.first + (from + place) as u64) as i64
    }

    /// The numbers that words mean.
    pub(super) fn numbers(&self, words: &[u64], out: &mut [i64]) {
        for (out, &word) in out.iter_mut().zip(words) {
            *out = self.number(word);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Law, Table};

    fn shares(table: &Table) -> Vec<(u64, f64)> {
        let before = std::iter::once(0.0).chain(table.sums.iter().copied());
        let shares = table
            .sums
            .iter()
            .zip(before)
            .map(|(sum, before)| sum - before);
        (table.first..).zip(shares).collect()
    }

    /// The probabilities of some numbers, from Python's `math.comb`, `math.lgamma` and fractions.
    #[test]
    fn tables_hold_the_probabilities() {
        let cases: [(Law, &[(u64, f64)]); 9] = [
            (
                Law::Poisson { mean: 3.0 },
                &[
                    (0, 0.049_787_068_367_863_944),
                    (3, 0.224_041_807_655_387_75),
                    (20, 7.135_378_768_777_135e-11),
                ],
            ),
            (Law::Poisson { mean: 0.0 }, &[(0, 1.0)]),
            (
                Law::Poisson { mean: 1e6 },
                &[(1_000_000, 0.000_398_942_247_156_244_03)],
            ),
            (
                Law::Binomial { trials: 10, p: 0.3 },
                &[(0, 0.028_247_524_9), (3, 0.266_827_932), (10, 5.904_9e-6)],
            ),
            (Law::Binomial { trials: 7, p: 1.0 }, &[(7, 1.0)]),
            (Law::Binomial { trials: 7, p: 0.0 }, &[(0, 1.0)]),
            (
                Law::NegativeBinomial {
                    successes: 2.5,
                    p: 0.4,
                },
                &[(0, 0.101_192_885_125_388_15), (4, 0.118_338_754_598_820_84)],
            ),
            (
                Law::Hypergeometric {
                    good: 5,
                    bad: 7,
                    drawn: 9,
                },
                &[(2, 10.0 / 220.0), (4, 105.0 / 220.0), (5, 35.0 / 220.0)],
            ),
            (
                Law::Logarithmic { p: 0.6 },
                &[(1, 0.654_814_000_762_375), (3, 0.078_577_680_091_484_98)],
            ),
        ];
        for (law, expected) in cases {
            let table = law.table().unwrap();
            let shares = shares(&table);
            let sum: f64 = shares.iter().map(|(_, share)| share).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{law:?}: {sum}");
            for &(number, share) in expected {
                let found = shares.iter().find(|(at, _)| *at == number).unwrap().1;
                assert!(
                    (found - share).abs() < 1e-14 + share * 1e-10,
                    "{law:?} {number}: {found}"
                );
            }
        }
    }

    #[test]
    fn words_mean_the_numbers_of_their_share() {
        let table = Law::Binomial { trials: 2, p: 0.5 }.table().unwrap();
        let quarter = 1_u64 << 62;
        let words = [
            0,
            quarter - 1,
            quarter,
            3 * quarter - 1,
            3 * quarter,
            u64::MAX,
        ];
        let mut numbers = [0; 6];
        table.numbers(&words, &mut numbers);
        assert_eq!(numbers, [0, 0, 1, 1, 2, 2]);
        // The guides do not show: every step of a coarse walk gives what a search of all gives.
        for law in [
            Law::Poisson { mean: 2e3 },
            Law::Logarithmic { p: 0.99 },
            Law::Poisson { mean: 1e-3 },
        ] {
            let table = law.table().unwrap();
            for step in 0..5000_u64 {
                let word = step * (u64::MAX / 5000);
                let share = super::unit(word);
                let place = table.sums.partition_point(|&sum| sum <= share) as u64;
                assert_eq!(
                    table.number(word),
                    (table.first + place) as i64,
                    "{law:?} {word}"
                );
            }
        }
    }

    #[test]
    fn the_widest_tables_stay_short_and_others_are_refused() {
        let nan = f64::NAN;
        for law in [
            Law::Poisson { mean: 4e8 },
            Law::Binomial {
                trials: 1_000_000_000,
                p: 0.5,
            },
            Law::NegativeBinomial {
                successes: 4.0,
                p: 1e-4,
            },
            Law::NegativeBinomial {
                successes: 1e-3,
                p: 1e-4,
            },
            Law::Logarithmic { p: 0.9999 },
            Law::Hypergeometric {
                good: 500_000_000,
                bad: 500_000_000,
                drawn: 500_000_000,
            },
        ] {
            let entries = law.table().unwrap().sums.len();
            assert!(entries < 1 << 20, "{law:?}: {entries}");
        }
        for law in [
            Law::Poisson { mean: 5e8 },
            Law::Poisson { mean: -1.0 },
            Law::Poisson { mean: nan },
            Law::Poisson {
                mean: f64::INFINITY,
            },
            Law::Binomial { trials: 5, p: 1.5 },
            Law::Binomial { trials: 5, p: nan },
            Law::Binomial {
                trials: u64::MAX,
                p: 0.5,
            },
            Law::NegativeBinomial {
                successes: 0.0,
                p: 0.5,
            },
            Law::NegativeBinomial {
                successes: f64::INFINITY,
                p: 0.5,
            },
            Law::NegativeBinomial {
                successes: 1.0,
                p: 0.0,
            },
            Law::Hypergeometric {
                good: 3,
                bad: 4,
                drawn: 8,
            },
            Law::Hypergeometric {
                good: u64::MAX,
                bad: 4,
                drawn: 8,
            },
            Law::Logarithmic { p: 1.0 },
            Law::Logarithmic { p: nan },
        ] {
            assert!(law.table().is_err(), "{law:?}");
        }
    }
}
