//! What random words become.

use super::counts::Law;
use super::gamma::{FORM_MAX, FORM_MIN, gammas};
use super::logarithm::logarithms;
use super::normal::normals;
use super::place::TILE;
use crate::element::Element;
use multiversion::multiversion;
use serde::{Deserialize, Serialize};

/// How random numbers are spread. Each number is a function of one word of the stream, of two for
/// integers from a wide range; there are no loops that reject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Distribution {
    /// Evenly from `low` up to `high`, which does not come. Float dtypes.
    Uniform {
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
    },
    /// Integers evenly from `low`, `span` different ones. Integer dtypes.
    Integers {
        /// The smallest integer that comes.
        low: i128,
        /// How many integers there are, from 1 to 2^64.
        span: u128,
    },
    /// The bell curve. Float dtypes.
    Normal {
        /// The middle.
        mean: f64,
        /// The standard deviation.
        deviation: f64,
    },
    /// Waiting times. Float dtypes.
    Exponential {
        /// Their mean.
        scale: f64,
    },
    /// True with a probability. For `bool`.
    Bernoulli {
        /// The probability.
        p: f64,
    },
    /// Counts, for `int64`.
    Counts(Law),
    /// Gamma numbers of scale 1. Float dtypes.
    Gamma {
        /// Their form: from [`Distribution::GAMMA_FORMS`].
        form: f64,
    },
}

/// Integers from more different ones take two words, so that none comes more often by more than one
/// part in 2^64 (of fewer, one part in 2^32).
const WIDE: u128 = 1 << 32;

impl Distribution {
    /// The forms of gamma numbers that can be drawn: of smaller ones the least numbers would be 0, and
    /// of larger ones each would take too long.
    pub const GAMMA_FORMS: std::ops::RangeInclusive<f64> = FORM_MIN..=FORM_MAX;

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Uniform { .. } => "uniform",
            Self::Integers { .. } => "integers",
            Self::Normal { .. } => "normal",
            Self::Exponential { .. } => "exponential",
            Self::Bernoulli { .. } => "bernoulli",
            Self::Counts(law) => law.name(),
            Self::Gamma { .. } => "gamma",
        }
    }

    /// How many words of the stream each number takes.
    pub(super) fn words(&self) -> usize {
        match self {
            Self::Integers { span, .. } if *span > WIDE => 2,
            _ => 1,
        }
    }

    pub(super) fn is_cheap(&self) -> bool {
        !matches!(
            self,
            Self::Normal { .. } | Self::Exponential { .. } | Self::Counts(_) | Self::Gamma { .. }
        )
    }
}

/// Numbers of `float64`; false if the distribution is of others.
pub(super) fn floats(distribution: &Distribution, words: &[u64], out: &mut [f64]) -> bool {
    match *distribution {
        Distribution::Uniform { low, high } => uniforms(words, low, high - low, out),
        Distribution::Normal { mean, deviation } => {
            normals(words, out);
            stretch(mean, deviation, out);
        }
        Distribution::Exponential { scale } => {
            inner(words, out);
            logarithms(out);
            stretch(0.0, -scale, out);
        }
        // Other forms are not drawn: each number would take too long.
        Distribution::Gamma { form } if Distribution::GAMMA_FORMS.contains(&form) => {
            gammas(form, words, out);
        }
        Distribution::Gamma { .. }
        | Distribution::Integers { .. }
        | Distribution::Bernoulli { .. }
        | Distribution::Counts(_) => return false,
    }
    true
}

/// Numbers of `float32`, rounded from `float64` except for uniform ones.
pub(super) fn small_floats(distribution: &Distribution, words: &[u64], out: &mut [f32]) -> bool {
    if let Distribution::Uniform { low, high } = *distribution {
        small_uniforms(words, low as f32, (high - low) as f32, out);
        return true;
    }
    let mut wide = [0.0; TILE];
    let Some(wide) = wide.get_mut(..out.len()) else {
        return false;
    };
    let fits = floats(distribution, words, wide);
    for (out, wide) in out.iter_mut().zip(wide) {
        *out = *wide as f32;
    }
    fits
}

/// Truth values.
pub(super) fn truths(distribution: &Distribution, words: &[u64], out: &mut [bool]) -> bool {
    match *distribution {
        Distribution::Bernoulli { p } => {
            for (out, &word) in out.iter_mut().zip(words) {
                *out = unit(word) < p;
            }
            true
        }
        Distribution::Integers { low, span } => {
            let mut numbers = [0_u8; TILE];
            let Some(numbers) = numbers.get_mut(..out.len()) else {
                return false;
            };
            let fits = integers(&Distribution::Integers { low, span }, words, numbers);
            for (out, number) in out.iter_mut().zip(numbers) {
                *out = *number != 0;
            }
            fits
        }
        _ => false,
    }
}

/// The lowest bits of an integer as an integer of a dtype.
pub(super) trait Low: Element {
    /// What the lowest bits are in the dtype.
    fn low(bits: u64) -> Self;
}

macro_rules! low {
    ($($rust:ty),+) => {
        $(impl Low for $rust {
            fn low(bits: u64) -> Self {
                bits as Self
            }
        })+
    };
}
low!(i8, i16, i32, i64, u8, u16, u32, u64);

/// Integers by a wide multiplication: the word is a fraction, of which `span` times is taken.
pub(super) fn integers<T: Low>(distribution: &Distribution, words: &[u64], out: &mut [T]) -> bool {
    let Distribution::Integers { low, span } = *distribution else {
        return false;
    };
    let low = low as u64;
    if span <= WIDE {
        let mut numbers = [0; TILE];
        for (words, out) in words.chunks(TILE).zip(out.chunks_mut(TILE)) {
            narrow(words, low, span as u64, &mut numbers);
            for (out, &number) in out.iter_mut().zip(&numbers) {
                *out = T::low(number);
            }
        }
    } else {
        for (pair, out) in words.as_chunks::<2>().0.iter().zip(out) {
            let (high, rest) = (u128::from(pair[0]), u128::from(pair[1]));
            let number = match u64::try_from(span).map(u128::from) {
                Ok(span) => ((high * span + ((rest * span) >> 64)) >> 64) as u64,
                Err(_) => pair[0],
            };
            *out = T::low(low.wrapping_add(number));
        }
    }
    true
}

#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
fn narrow(words: &[u64], low: u64, span: u64, out: &mut [u64]) {
    for (out, &word) in out.iter_mut().zip(words) {
        let rest = ((word & 0xffff_ffff) * span) >> 32;
        // Neither the product nor the sum passes 64 bits: `span` is at most 2^32.
        let number = ((word >> 32) * span + rest) >> 32;
        *out = low.wrapping_add(number);
    }
}

/// The 53 highest bits of a word as a fraction: 0 comes, 1 does not.
#[inline(always)]
pub(super) fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// The 52 highest bits of a word as a fraction in the middle of its step: neither 0 nor 1 comes.
#[inline(always)]
pub(super) fn inside(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
}

#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
fn uniforms(words: &[u64], low: f64, width: f64, out: &mut [f64]) {
    for (out, &word) in out.iter_mut().zip(words) {
        *out = low + width * unit(word);
    }
}

#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
fn small_uniforms(words: &[u64], low: f32, width: f32, out: &mut [f32]) {
    for (out, &word) in out.iter_mut().zip(words) {
        let unit = (word >> 40) as u32 as f32 * (1.0 / (1_u32 << 24) as f32);
        *out = low + width * unit;
    }
}

#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
fn inner(words: &[u64], out: &mut [f64]) {
    for (out, &word) in out.iter_mut().zip(words) {
        *out = inside(word);
    }
}

#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
fn stretch(middle: f64, factor: f64, out: &mut [f64]) {
    for out in out {
        *out = middle + factor * *out;
    }
}
