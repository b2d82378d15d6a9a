//! How long simulated tasks take and how large their results are.

use anyhow::{Context as _, Result, bail};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What the tail of a heavy distribution looks like: the exponent of a Pareto distribution whose
/// mean exists and whose variance does not.
const EXPONENT: f64 = 1.5;

/// Nothing is more than this many times the mean.
const LONGEST: f64 = 1_000.0;

/// The mean of `heavy` without a number.
const HEAVY_MS: f64 = 10.0;

/// The mean size of `heavy` without a number.
const HEAVY_BYTES: f64 = 1024.0;

/// How long tasks take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Durations {
    /// They end as soon as they arrive.
    None,
    /// Each takes this long.
    Fixed(Duration),
    /// Drawn from a heavy-tailed distribution with this mean.
    Heavy(Duration),
}

/// How large results are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sizes {
    /// Each has so many bytes.
    Fixed(u64),
    /// Drawn from a heavy-tailed distribution with this mean.
    Heavy(u64),
}

/// What the tasks of a run are like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// How long they take.
    pub durations: Durations,
    /// How large their results are.
    pub sizes: Sizes,
}

impl Load {
    /// How long the task with this number takes.
    pub fn duration(&self, task: u64) -> Duration {
        match self.durations {
            Durations::None => Duration::ZERO,
            Durations::Fixed(each) => each,
            Durations::Heavy(mean) => mean.mul_f64(heavy(task)),
        }
    }

    /// How large the result of the task with this number is.
    pub fn nbytes(&self, task: u64) -> u64 {
        match self.sizes {
            Sizes::Fixed(each) => each,
            // Another number than the duration's, so that long tasks are not the large ones.
            Sizes::Heavy(mean) => (mean as f64 * heavy(!task)) as u64,
        }
    }
}

/// A number with mean 1 and a heavy tail, always the same for the same seed.
fn heavy(seed: u64) -> f64 {
    let uniform = (mixed(seed) >> 11) as f64 / (1_u64 << 53) as f64;
    let least = (EXPONENT - 1.0) / EXPONENT;
    (least * (1.0 - uniform).powf(-1.0 / EXPONENT)).min(LONGEST)
}

/// The seed with its bits spread (the finaliser of SplitMix64).
pub(super) fn mixed(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl FromStr for Durations {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (kind, number) = split(text)?;
        let millis = |number: f64| Duration::try_from_secs_f64(number / 1e3);
        Ok(match (kind, number) {
            ("none", None) => Self::None,
            ("fixed", Some(number)) => Self::Fixed(millis(number)?),
            ("heavy", number) => Self::Heavy(millis(number.unwrap_or(HEAVY_MS))?),
            _ => bail!("say none, fixed:MILLISECONDS, heavy or heavy:MILLISECONDS"),
        })
    }
}

impl FromStr for Sizes {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (kind, number) = split(text)?;
        Ok(match (kind, number) {
            ("fixed", Some(number)) => Self::Fixed(number as u64),
            ("heavy", number) => Self::Heavy(number.unwrap_or(HEAVY_BYTES) as u64),
            _ => bail!("say fixed:BYTES, heavy or heavy:BYTES"),
        })
    }
}

/// The word and the number after its colon.
fn split(text: &str) -> Result<(&str, Option<f64>)> {
    let Some((kind, number)) = text.split_once(':') else {
        return Ok((text, None));
    };
    let parsed: f64 = number
        .parse()
        .with_context(|| format!("{number} is not a number"))?;
    if !(0.0..=1e15).contains(&parsed) {
        bail!("{number} is out of range");
    }
    Ok((kind, Some(parsed)))
}

impl fmt::Display for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Fixed(each) => write!(f, "fixed:{}", each.as_secs_f64() * 1e3),
            Self::Heavy(mean) => write!(f, "heavy:{}", mean.as_secs_f64() * 1e3),
        }
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(each) => write!(f, "fixed:{each}"),
            Self::Heavy(mean) => write!(f, "heavy:{mean}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn what_is_said_is_what_is_shown() {
        for text in ["none", "fixed:0.5", "heavy:10"] {
            assert_eq!(text.parse::<Durations>().unwrap().to_string(), text);
        }
        for text in ["fixed:4096", "heavy:1024"] {
            assert_eq!(text.parse::<Sizes>().unwrap().to_string(), text);
        }
        assert_eq!(
            "heavy".parse::<Durations>().unwrap().to_string(),
            "heavy:10"
        );
        for text in ["", "fixed", "fixed:", "fixed:-1", "heavy:x", "none:1"] {
            assert!(text.parse::<Durations>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_tail_is_heavy_and_the_mean_is_right() {
        let draws: Vec<f64> = (0..200_000).map(heavy).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        assert!((0.85..1.1).contains(&mean), "{mean}");
        let long = draws.iter().filter(|&&draw| draw > 10.0).count();
        assert!((500..2_500).contains(&long), "{long}");
        assert_eq!(heavy(7), heavy(7));
    }
}
