//! How many elements have each value (bincount), or lie in each bin (histogram).

use super::search::bin_of;
use crate::block::Block;
use crate::dtype::DType;
use crate::error::{KernelError, Shape};
use crate::kernel::{Outputs, single};
use crate::reduce::{as_float64, narrowed};
use crate::room::zeros;

/// Most values that are counted: a number far outside of what was meant would fill the memory.
const VALUES_MAX: usize = 1 << 28;

/// How many elements have each value, at least so many values; or the sum of the weights of each.
pub(super) fn bincount(inputs: &[Block], minlength: usize) -> Result<Outputs, KernelError> {
    const NAME: &str = "bincount";
    let (elements, weights) = with_weights(NAME, inputs)?;
    if minlength > VALUES_MAX {
        let reason = format!("a length of {minlength}; the most are {VALUES_MAX}");
        return Err(KernelError::value(NAME, reason));
    }
    let values = places(elements)?;
    let most = values.iter().max().map_or(0, |&most| most + 1);
    let len = most.max(minlength);
    let Some(weights) = weights else {
        let mut counts: Vec<i64> = zeros(NAME, &[len])?;
        values.into_iter().for_each(|value| counts[value] += 1);
        return Ok(single(Block::vector(counts)));
    };
    let mut sums: Vec<f64> = zeros(NAME, &[len])?;
    for (value, weight) in values.into_iter().zip(weights) {
        sums[value] += weight;
    }
    Ok(single(Block::vector(sums)))
}

/// The elements as places to count at.
fn places(block: &Block) -> Result<Vec<usize>, KernelError> {
    let place = |x: i128| match usize::try_from(x) {
        Ok(place) if place < VALUES_MAX => Ok(place),
        Ok(_) => Err(KernelError::value(
            "bincount",
            format!("the value {x} is too large to count up to; {VALUES_MAX} values are the most"),
        )),
        Err(_) => Err(KernelError::value(
            "bincount",
            format!("the value {x} is negative"),
        )),
    };
    macro_rules! of {
        ($($dtype:ident $rust:ty),+) => {
            match block.dtype() {
                $(DType::$dtype => block.view::<$rust>()?.iter().map(|&x| place(x.into())).collect(),)+
                dtype => Err(KernelError::DType { operation: "bincount".to_owned(), dtype }),
            }
        };
    }
    of!(Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64)
}

/// Counts as one; shorter ones have no more values.
pub(super) fn merge_counts(inputs: &[Block]) -> Result<Outputs, KernelError> {
    fn sum<T: crate::Element + std::ops::AddAssign>(
        inputs: &[Block],
    ) -> Result<Block, KernelError> {
        let mut sums = Vec::new();
        for block in inputs {
            let counts = block.clone().into_vec::<T>()?;
            if counts.len() > sums.len() {
                sums.resize(counts.len(), T::ZERO);
            }
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        Ok(Block::vector(sums))
    }
    match inputs.first().map(Block::dtype) {
        Some(DType::I64) => Ok(single(sum::<i64>(inputs)?)),
        Some(DType::F64) => Ok(single(sum::<f64>(inputs)?)),
        _ => Err(KernelError::Program("no counts to be summed".to_owned())),
    }
}

/// Elements, and weights as `float64` if there are any.
fn with_weights<'a>(
    name: &str,
    inputs: &'a [Block],
) -> Result<(&'a Block, Option<Vec<f64>>), KernelError> {
    match inputs {
        [elements] => Ok((elements, None)),
        [elements, weights] if elements.shape() == weights.shape() => {
            Ok((elements, Some(as_float64(weights)?.into_vec::<f64>()?)))
        }
        [elements, weights] => Err(KernelError::Shapes {
            operation: name.to_owned(),
            left: Shape(elements.shape().into()),
            right: Shape(weights.shape().into()),
        }),
        _ => Err(KernelError::Program(format!(
            "{name} of {} blocks",
            inputs.len()
        ))),
    }
}

/// How many elements lie in each bin, or the sums of their weights: edges, elements, weights. The
/// last bin includes its upper edge; what lies outside, and NaN, is left out.
pub(super) fn histogram(inputs: &[Block]) -> Result<Outputs, KernelError> {
    let Some((edges, inputs)) = inputs.split_first() else {
        return Err(KernelError::Program("a histogram without edges".to_owned()));
    };
    let (elements, weights) = with_weights("histogram", inputs)?;
    let edges = as_float64(edges)?.into_vec::<f64>()?;
    let bins = edges.len().saturating_sub(1);
    let elements = as_float64(elements)?.into_vec::<f64>()?;
    let places = elements.into_iter().map(|x| bin_of(&edges, x));
    let Some(weights) = weights else {
        let mut counts: Vec<i64> = zeros("histogram", &[bins])?;
        places.flatten().for_each(|bin| counts[bin] += 1);
        return Ok(single(Block::vector(counts)));
    };
    let mut sums: Vec<f64> = zeros("histogram", &[bins])?;
    for (bin, weight) in places.zip(weights) {
        if let Some(bin) = bin {
            sums[bin] += weight;
        }
    }
    Ok(single(Block::vector(sums)))
}

/// The edges of so many equal bins between the least and the greatest of what is counted.
pub(super) fn edges(least: &Block, greatest: &Block, bins: usize) -> Result<Block, KernelError> {
    let dtype = least.dtype();
    let (low, high) = (
        as_float64(least)?.item::<f64>()?,
        as_float64(greatest)?.item::<f64>()?,
    );
    narrowed(Block::vector(equal_bins(low, high, bins)?), dtype)
}

/// Most bins of a histogram.
const BINS_MAX: usize = 1 << 24;

/// The edges of so many equal bins. A range without width is widened by a half to both sides.
///
/// # Errors
/// If the range is not finite or falls, or there are no bins or too many.
pub fn equal_bins(low: f64, high: f64, bins: usize) -> Result<Vec<f64>, KernelError> {
    const NAME: &str = "histogram";
    if bins == 0 || bins > BINS_MAX {
        let reason = format!("{bins} bins; they are 1 to {BINS_MAX}");
        return Err(KernelError::value(NAME, reason));
    }
    if !low.is_finite() || !high.is_finite() {
        let reason = format!("the range from {low} to {high} is not finite");
        return Err(KernelError::value(NAME, reason));
    }
    if low > high {
        let reason = format!("the range from {low} to {high} falls");
        return Err(KernelError::value(NAME, reason));
    }
    let (low, high) = match low == high {
        true => (low - 0.5, high + 0.5),
        false => (low, high),
    };
    let step = (high - low) / bins as f64;
    let mut edges: Vec<f64> = (0..=bins).map(|at| low + at as f64 * step).collect();
    edges[bins] = high;
    Ok(edges)
}

/// Counts as a density: divided by the widths of the bins and by their sum.
pub(super) fn density(counts: &Block, edges: &Block) -> Result<Block, KernelError> {
    let counts = as_float64(counts)?.into_vec::<f64>()?;
    let edges = as_float64(edges)?.into_vec::<f64>()?;
    let all: f64 = counts.iter().sum();
    let widths = edges.windows(2).map(|edges| edges[1] - edges[0]);
    let densities = counts
        .iter()
        .zip(widths)
        .map(|(count, width)| count / width / all);
    Ok(Block::vector(densities.collect()))
}
