//! Exact quantiles along an axis.

use super::lanes::{Lanes, joined};
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::error::KernelError;
use crate::reduce::{as_float64, narrowed};
use crate::room::filled;
use serde::{Deserialize, Serialize};

/// What a quantile between two elements is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Interpolation {
    /// On the line between them.
    #[default]
    Linear,
    /// The lower.
    Lower,
    /// The higher.
    Higher,
    /// The nearer; the one with an even place if both are as near.
    Nearest,
    /// The middle of both.
    Midpoint,
}

/// Which quantiles, along which axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// From 0 to 1; no numbers stand for the median.
    pub at: Vec<f64>,
    /// Whether there is an axis of quantiles, the first of the result; without it there is one.
    pub several: bool,
    /// What a quantile between two elements is.
    pub interpolation: Interpolation,
    /// Along which axis.
    pub axis: usize,
    /// Whether the axis stays, with length 1.
    pub keepdims: bool,
    /// Whether NaN is left out.
    pub skip_nan: bool,
}

impl Quantiles {
    /// The dtype of the result: `float32` of `float32` if one quantile is asked for, else `float64`,
    /// as in numpy.
    pub fn result_dtype(&self, dtype: DType) -> DType {
        match dtype {
            DType::F32 if !self.several => DType::F32,
            _ => DType::F64,
        }
    }

    /// The quantiles of blocks that lie behind each other along the axis.
    pub(super) fn run(&self, blocks: &[Block]) -> Result<Block, KernelError> {
        let whole = joined("quantile", blocks, self.axis)?;
        let dtype = whole.dtype();
        let mut lanes = Lanes::<f64>::of(&as_float64(&whole)?, self.axis)?;
        let (rows, count) = (lanes.count(), self.at.len().max(1));
        let mut results = filled("quantile", &[rows, count], f64::NAN)?;
        for (at, row) in lanes.rows().enumerate() {
            let row = match self.skip_nan {
                true => numbers_first(row),
                false if row.iter().any(|x| x.is_nan()) => continue,
                false => row,
            };
            if row.is_empty() {
                continue;
            }
            if self.at.len() > 2 {
                row.sort_unstable_by(f64::total_cmp);
            }
            match self.at.as_slice() {
                [] => results[at] = median(row),
                quantiles => {
                    for (which, &q) in quantiles.iter().enumerate() {
                        results[which * rows + at] = self.of(row, q);
                    }
                }
            }
        }
        let mut shape = Extent::new();
        if self.several {
            shape.push(count);
        }
        let mut others = lanes.others.clone();
        if self.keepdims {
            others.insert(self.axis, 1);
        }
        shape.extend_from_slice(&others);
        narrowed(Block::new(results, &shape)?, self.result_dtype(dtype))
    }

    /// One quantile of numbers of which none is NaN, by numpy's formulas.
    fn of(&self, row: &mut [f64], q: f64) -> f64 {
        let place = q.clamp(0.0, 1.0) * (row.len() - 1) as f64;
        let below = place.floor();
        let part = place - below;
        let lower = below as usize;
        let higher = if part > 0.0 { lower + 1 } else { lower };
        // On the line from a place to the next, also where the part is 0: an infinite distance
        // gives NaN, as in numpy.
        let beside = (lower + 1).min(row.len() - 1);
        match self.interpolation {
            Interpolation::Lower => nth(row, lower),
            Interpolation::Higher => nth(row, higher),
            Interpolation::Nearest => nth(row, place.round_ties_even() as usize),
            Interpolation::Midpoint => (nth(row, lower) + nth(row, higher)) / 2.0,
            Interpolation::Linear => {
                let (a, b) = (nth(row, lower), nth(row, beside));
                let distance = b - a;
                match part {
                    part if part >= 0.5 => b - distance * (1.0 - part),
                    part => a + distance * part,
                }
            }
        }
    }
}

/// What is not NaN, moved to the front.
fn numbers_first(row: &mut [f64]) -> &mut [f64] {
    let mut count = 0;
    for at in 0..row.len() {
        if !row[at].is_nan() {
            row.swap(at, count);
            count += 1;
        }
    }
    &mut row[..count]
}

fn nth(row: &mut [f64], at: usize) -> f64 {
    let at = at.min(row.len() - 1);
    *row.select_nth_unstable_by(at, f64::total_cmp).1
}

fn median(row: &mut [f64]) -> f64 {
    let middle = row.len() / 2;
    let upper = nth(row, middle);
    if row.len() % 2 == 1 {
        return upper;
    }
    let lower = row[..middle]
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    (lower + upper) / 2.0
}
